import type { z } from "zod";

/** What a route takes and gives, as the API description tells it. Every mounted route has one, in its Fastify config. */
export interface Operation {
  /** One sentence for a person. */
  readonly summary: string;
  /** The group it is listed under. */
  readonly tag: string;
  /** Fields of the query (GET) or of the JSON body (all other methods). */
  readonly input?: z.ZodObject;
  /** Fields of the query of a route whose body is no JSON. */
  readonly query?: z.ZodObject;
  /** What a good answer holds: a JSON object of this schema, a body of this media type, or the address of another page. */
  readonly output: z.ZodType | { readonly type: string } | { readonly redirect: true };
  /** The media type of a body that is no JSON. */
  readonly body?: { readonly type: string };
}

declare module "fastify" {
  interface FastifyContextConfig {
    operation?: Operation;
  }
}

import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import type { z } from "zod";
import { parseRequest } from "./validation.ts";

/** One row of the route table: a noun's file lists its rows, `mountEndpoints` puts them under their prefixes. */
export interface Endpoint {
  readonly methods: readonly HTTPMethods[];
  readonly path: string;
  /** What answers. It gets the raw request because a few routes stream; `endpoint` builds the usual kind. */
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
}

/**
 * An endpoint that reads its schema from the query (GET) or the JSON body, makes one domain call and answers an object.
 * Parameters of the path (`:model_id`) come as the second argument.
 */
export function endpoint<S extends z.ZodType>(
  methods: HTTPMethods | readonly HTTPMethods[],
  path: string,
  schema: S,
  run: (input: z.output<S>, params: Readonly<Record<string, string>>) => Promise<object>,
): Endpoint {
  return {
    methods: typeof methods === "string" ? [methods] : methods,
    path,
    handle: async (request) => {
      const source = request.method === "GET" ? listsOf(schema, request.query) : (request.body ?? {});
      return run(parseRequest(schema, source), request.params as Record<string, string>);
    },
  };
}

export function mountEndpoints(app: FastifyInstance, prefixes: readonly string[], endpoints: readonly Endpoint[]): void {
  for (const prefix of prefixes) {
    for (const { methods, path, handle } of endpoints) {
      app.route({ method: [...methods], url: prefix + path, handler: handle });
    }
  }
}

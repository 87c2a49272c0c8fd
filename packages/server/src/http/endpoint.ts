import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import type { z } from "zod";
import { isRepeated } from "./fields.ts";
import { joinRunId } from "./run-id.ts";
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
export function endpoint<S extends z.ZodObject>(
  methods: HTTPMethods | readonly HTTPMethods[],
  path: string,
  schema: S,
  run: (input: z.output<S>, params: Readonly<Record<string, string>>) => Promise<object>,
): Endpoint {
  const lists = Object.keys(schema.shape).filter((name) => isRepeated(schema.shape[name]));
  const takesRunUuid = "run_uuid" in schema.shape;
  return {
    methods: typeof methods === "string" ? [methods] : methods,
    path,
    handle: async (request) => {
      const source = request.method === "GET" ? queryInput(request.query, lists) : (request.body ?? {});
      return run(
        parseRequest(schema, takesRunUuid ? joinRunId(source) : source),
        request.params as Record<string, string>,
      );
    },
  };
}

/** A query has no types: one value of a repeated field becomes a list of one. */
function queryInput(query: unknown, lists: readonly string[]): Record<string, unknown> {
  const input = { ...(query as Record<string, unknown>) };
  for (const name of lists) {
    const value = input[name];
    if (typeof value === "string") input[name] = [value];
  }
  return input;
}

export function mountEndpoints(
  app: FastifyInstance,
  prefixes: readonly string[],
  endpoints: readonly Endpoint[],
): void {
  for (const prefix of prefixes) {
    for (const { methods, path, handle } of endpoints) {
      app.route({ method: [...methods], url: prefix + path, handler: handle });
    }
  }
}

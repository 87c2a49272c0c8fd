import type { FastifyInstance, FastifyReply, FastifyRequest, HTTPMethods } from "fastify";
import type { z } from "zod";
import type { Caller } from "../access/caller.ts";
import { permit } from "../access/guard.ts";
import type { Policy } from "../access/policy.ts";
import { isRepeated } from "./fields.ts";
import { JsonText } from "./json-text.ts";
import type { Operation } from "./operation.ts";
import { joinRunId } from "./run-id.ts";
import { parseRequest } from "./validation.ts";

/** One row of the route table: a noun's file lists its rows, `mountEndpoints` puts them under their prefixes. */
export interface Endpoint {
  readonly methods: readonly HTTPMethods[];
  readonly path: string;
  readonly operation: Operation;
  readonly policy: Policy;
  /** What answers. It gets the raw request because a few routes stream; `endpoint` builds the usual kind. */
  readonly handle: (request: FastifyRequest, reply: FastifyReply) => Promise<unknown>;
}

/** The request and answer as they are, for the few that read or set headers. */
interface Raw {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What a handler may answer where a client reads `T`. */
type Sent<T> = T extends readonly (infer Item)[]
  ? readonly Sent<Item>[]
  : T extends object
    ? { readonly [Key in keyof T]: Sent<T[Key]> }
    : T;

/**
 * An endpoint that reads its input from the query (GET) or the JSON body, makes one domain call and answers an object.
 * Parameters of the path (`:model_id`) come as the second argument. Both schemas are also its public description. The
 * policy is checked against the parsed input: what is permitted is what is done.
 */
export function endpoint<Input extends z.ZodObject, Output extends z.ZodType>(row: {
  readonly method: HTTPMethods | readonly HTTPMethods[];
  readonly path: string;
  readonly policy: Policy;
  readonly summary: string;
  readonly input: Input;
  readonly output: Output;
  readonly run: (
    input: z.output<Input>,
    params: Readonly<Record<string, string>>,
    caller: Caller,
    raw: Raw,
  ) => Promise<Sent<z.input<NoInfer<Output>>> | JsonText>;
}): Endpoint {
  const { method, path, policy, summary, input, output, run } = row;
  const lists = new Set(Object.keys(input.shape).filter((name) => isRepeated(input.shape[name])));
  const takesRunUuid = "run_uuid" in input.shape;
  return {
    methods: typeof method === "string" ? [method] : method,
    path,
    policy,
    operation: { summary, tag: path.split("/")[1] ?? "", input, output },
    handle: async (request, reply) => {
      const source = request.method === "GET" ? queryInput(request.query, lists) : (request.body ?? {});
      const parsed = parseRequest(input, takesRunUuid ? joinRunId(source) : source);
      await permit(request, parsed);
      const answer = await run(parsed, request.params as Record<string, string>, request.caller, { request, reply });
      return answer instanceof JsonText ? reply.type("application/json; charset=utf-8").send(answer.bytes) : answer;
    },
  };
}

/** A query has no types: one value of a repeated field becomes a list of one, and of several values one field takes the first. */
export function queryInput(query: unknown, lists: ReadonlySet<string>): Record<string, unknown> {
  const input: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(query as Record<string, string | string[]>)) {
    input[name] = lists.has(name) ? [value].flat() : Array.isArray(value) ? value[0] : value;
  }
  return input;
}

export function mountEndpoints(
  app: FastifyInstance,
  prefixes: readonly string[],
  endpoints: readonly Endpoint[],
): void {
  for (const prefix of prefixes) {
    for (const { methods, path, operation, policy, handle } of endpoints) {
      app.route({ method: [...methods], url: prefix + path, config: { operation, policy }, handler: handle });
    }
  }
}

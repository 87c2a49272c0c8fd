import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { OPEN } from "../access/policy.ts";
import type { Operation } from "../http/operation.ts";
import { describeApi } from "./describe-api.ts";

export const OPENAPI_PATH = "/api/esteira/v1/openapi.json";

const OPERATION: Operation = {
  summary: "This description",
  tag: "health",
  output: z.object({ openapi: z.string() }),
};

/** Serves the description of all routes. It is made when somebody asks first: most servers are never asked. */
export function mountOpenApi(app: FastifyInstance, version: string, prefix = ""): void {
  let text: string | undefined;
  app.get(OPENAPI_PATH, { config: { operation: OPERATION, policy: OPEN } }, async (_, reply) => {
    text ??= JSON.stringify(describeApi(app.mountedRoutes, version, prefix));
    return reply.type("application/json").send(text);
  });
}

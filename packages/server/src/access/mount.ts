import { accessInfoWire } from "@esteira/core/wire/access";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { endpoint, mountEndpoints } from "../http/endpoint.ts";
import type { Access } from "./access.ts";
import { OPEN } from "./policy.ts";

/** Without access control there are no users to ask for; pages then learn that they need not sign in. */
const OFF = endpoint({
  method: "GET",
  path: "/access",
  policy: OPEN,
  summary: "Say whether access is controlled, and who the caller is",
  input: z.object({}),
  output: accessInfoWire,
  run: async () => ({ enabled: false }),
});

/** The calls about users, permissions and tokens; with access control off, only the one that says so. */
export function mountAccess(
  app: FastifyInstance,
  access: Access | undefined,
  prefixes: { readonly two: readonly string[]; readonly three: readonly string[]; readonly esteira: readonly string[] },
): void {
  if (access === undefined) {
    mountEndpoints(app, prefixes.esteira, [OFF]);
    return;
  }
  mountEndpoints(app, prefixes.two, access.endpoints2);
  mountEndpoints(app, prefixes.three, access.endpoints3);
  mountEndpoints(app, prefixes.esteira, access.ownEndpoints);
}

import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { ANYBODY, type Caller } from "./caller.ts";
import { OPEN, type Policy } from "./policy.ts";

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller;
    /** The policy of the route was checked and met. */
    permitted: boolean;
  }
  interface FastifyInstance {
    /** All routes of this scope are open. */
    openToAll: boolean;
  }
  interface FastifyContextConfig {
    policy?: Policy;
  }
}

/** Finds out who sends a request; throws UNAUTHENTICATED when the route needs somebody and there is nobody. */
export type Authenticate = (request: FastifyRequest, reply: FastifyReply, policy: Policy) => Promise<Caller>;

/**
 * Every route that is mounted from now on must carry a policy, and every request gets its caller before anything of it
 * is read. Without `authenticate` access control is off.
 */
export function guardRoutes(app: FastifyInstance, authenticate?: Authenticate): void {
  app.decorateRequest("caller");
  app.decorateRequest("permitted", false);
  app.decorate("openToAll", false);
  app.addHook("onRoute", function (this: FastifyInstance, route) {
    if (this.openToAll) route.config = { ...route.config, policy: OPEN };
    if (route.config?.policy !== undefined) return;
    throw new Error(`The route ${String(route.method)} ${route.url} has no policy: say beside it what it needs.`);
  });
  if (authenticate === undefined) {
    app.addHook("onRequest", (request, _, done) => {
      request.caller = ANYBODY;
      done();
    });
  } else {
    app.addHook("onRequest", async (request, reply) => {
      request.caller = await authenticate(request, reply, policyOf(request));
    });
  }
  // A handler that forgets to ask must not answer.
  app.addHook("onSend", (request, reply, _, done) => {
    const { policy } = request.routeOptions.config;
    if (policy?.kind !== "guarded" || request.permitted || reply.statusCode >= 400) return done();
    done(new Error(`${request.method} ${request.routeOptions.url} answered without a check of its policy.`));
  });
}

/** A path without a route is nobody's: whether it exists is told to those who are signed in. */
const policyOf = (request: FastifyRequest): Policy => request.routeOptions.config.policy ?? OPEN;

/** For the scope of a plugin that knows no policies: static files, open to all. */
export function openRoutes(scope: FastifyInstance): void {
  scope.openToAll = true;
}

/** Checks the policy of the route against what the request asks for. Every guarded handler calls it before it acts. */
export async function permit(request: FastifyRequest, input: unknown): Promise<void> {
  const { policy } = request.routeOptions.config;
  if (policy?.kind !== "guarded") return;
  await request.caller.check(policy, { input, params: request.params as Record<string, unknown> });
  request.permitted = true;
}

/** A handler that reads its request in a way of its own: what it reads is what the policy is checked against. */
export const checked =
  <Input>(
    read: (request: FastifyRequest) => Input,
    run: (input: Input, request: FastifyRequest, reply: FastifyReply) => Promise<unknown>,
  ) =>
  async (request: FastifyRequest, reply: FastifyReply): Promise<unknown> => {
    const input = read(request);
    await permit(request, input);
    return run(input, request, reply);
  };

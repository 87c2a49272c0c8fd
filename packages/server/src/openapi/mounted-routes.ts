import type { FastifyInstance } from "fastify";
import type { Operation } from "../http/operation.ts";

export interface MountedRoute {
  readonly method: string;
  /** In Fastify's notation: `/logged-models/:model_id`, `/artifacts/*`. */
  readonly url: string;
  readonly operation?: Operation;
}

declare module "fastify" {
  interface FastifyInstance {
    /** What `recordRoutes` has seen. */
    readonly mountedRoutes: readonly MountedRoute[];
  }
}

/** Writes down every route that is mounted from now on. HEAD, which Fastify adds to each GET, is not listed. */
export function recordRoutes(app: FastifyInstance): void {
  const routes: MountedRoute[] = [];
  app.decorate("mountedRoutes", routes);
  app.addHook("onRoute", ({ method, url, config }) => {
    for (const one of [method].flat()) {
      if (one === "HEAD" || one === "OPTIONS") continue;
      routes.push({ method: one, url, ...(config?.operation === undefined ? {} : { operation: config.operation }) });
    }
  });
}

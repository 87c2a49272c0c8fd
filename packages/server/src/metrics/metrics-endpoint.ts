import { METRICS_TYPE } from "@esteira/core/metrics";
import type { WebhookStore } from "@esteira/core/webhook-store";
import type { FastifyInstance } from "fastify";
import { checked } from "../access/guard.ts";
import { reads } from "../access/policy.ts";
import type { Operation } from "../http/operation.ts";
import type { ServerMetrics } from "./server-metrics.ts";

const PATH = "/metrics";
/** Paths without a route share one name: there is no end of them. */
const NO_ROUTE = "none";

const OPERATION: Operation = {
  summary: "Say what the server has counted, for Prometheus",
  tag: "health",
  output: { type: "text/plain" },
};

/** Counts every request from now on. Comes before all that may refuse one. */
export function countRequests(app: FastifyInstance, metrics: ServerMetrics): void {
  app.addHook("onRequest", (request, reply, done) => {
    const begun = performance.now();
    metrics.requestBegun();
    // After the last byte, or when the client has gone away.
    reply.raw.once("close", () => {
      metrics.requestEnded({
        method: request.method,
        route: request.routeOptions.url ?? NO_ROUTE,
        status: reply.raw.writableFinished ? String(reply.raw.statusCode) : "aborted",
        seconds: (performance.now() - begun) / 1000,
      });
    });
    done();
  });
}

/** Whoever may read may see them; with access control a scraper has a service token with the scope `read`. */
export function mountMetrics(app: FastifyInstance, metrics: ServerMetrics, store: Pick<WebhookStore, "outbox">): void {
  metrics.watchOutbox(() => store.outbox());
  app.addHook("onClose", async () => metrics.close());
  app.get(
    PATH,
    { config: { operation: OPERATION, policy: reads() } },
    checked(
      () => ({}),
      async (_, __, reply) => reply.type(METRICS_TYPE).send(await metrics.render()),
    ),
  );
}

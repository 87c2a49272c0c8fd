/** What a router counts. */

import { createMetrics } from "@esteira/core/metrics";
import type { Routes } from "@esteira/core/wire/routes";
import type { ShadowSight } from "../serving/shadow.ts";
import type { Variant } from "../serving/traffic.ts";

export interface RoutingMetrics {
  /** One try of one variant; no status where there was no answer. */
  record(sight: { readonly variant: Variant; readonly status: number | undefined; readonly seconds: number }): void;
  recordShadow(sight: ShadowSight): void;
  text(): Promise<string>;
}

export interface RoutingState {
  readonly routes: () => Routes;
  readonly inFlight: () => number;
  readonly refused: () => number;
  readonly retries: () => number;
}

/** Upper bounds in seconds, of a model's server over the network. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10];

export function createRoutingMetrics(now: RoutingState): RoutingMetrics {
  const metrics = createMetrics();
  const requests = metrics.counter(
    "esteira_router_requests_total",
    "Requests forwarded, by variant and by the status that its server gave (none: no answer).",
    ["variant", "status"],
  );
  const durations = metrics.histogram(
    "esteira_router_duration_seconds",
    "Time from forwarding a request to its whole answer, by variant.",
    BOUNDS,
    ["variant"],
  );
  const shadowed = metrics.counter("esteira_router_shadow_requests_total", "Requests that the shadow was to see.", [
    "outcome",
  ]);
  metrics.gauge("esteira_router_in_flight", "Requests under way.", now.inFlight);
  metrics.total("esteira_router_refused_total", "Requests refused with 429 under load.", now.refused);
  metrics.total("esteira_router_retries_total", "Requests sent again because a connection broke.", now.retries);
  metrics.gauge(
    "esteira_router_generation",
    "Generation of the routes that are followed.",
    () => now.routes().generation,
  );
  metrics.gauge(
    "esteira_router_share",
    "Share of the requests that a model gets.",
    () => {
      const { primary, canary } = now.routes();
      const share = canary?.share ?? 0;
      return [
        { value: 1 - share, labels: ["primary", primary.model] },
        ...(canary === undefined ? [] : [{ value: share, labels: ["canary", canary.model] }]),
      ];
    },
    ["variant", "model"],
  );
  return {
    record({ variant, status, seconds }) {
      requests.add(1, variant, status === undefined ? "none" : String(status));
      durations.observe(seconds, variant);
    },
    recordShadow: ({ kind }) => shadowed.add(1, kind),
    text: () => metrics.render(),
  };
}

/** What a scoring server counts. */

import { createMetrics } from "@esteira/core/metrics";
import type { ScoredRequest } from "./answer.ts";
import type { ShadowSight } from "./shadow.ts";

export interface ServingMetrics {
  /** Records one answered scoring request. */
  record(request: Pick<ScoredRequest, "status" | "seconds" | "rows" | "scored">): void;
  recordShadow(sight: ShadowSight): void;
  /** All series, with the gauges as they are now. */
  text(): Promise<string>;
}

/** Upper bounds in seconds. A row takes some 0.3 ms over HTTP; a batch of thousands tens of milliseconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];
/** Of the difference between two models' answers, in the unit of the answer (a probability, mostly). */
const DIFFERENCES = [0, 1e-6, 1e-4, 1e-3, 1e-2, 0.05, 0.1, 0.25, 0.5, 1];

export interface ServingState {
  readonly inFlight: () => number;
  /** Refused because too many were under way. */
  readonly refused: () => number;
  readonly generation: () => number;
  /** Answered requests that the log missed because its disk was slower than they came. */
  readonly unlogged?: () => number;
  /** Decisions of which there is no record, and those that were on the disk late. */
  readonly unrecorded?: () => number;
  readonly recordedLate?: () => number;
}

export function createServingMetrics(now: ServingState): ServingMetrics {
  const metrics = createMetrics();
  const requests = metrics.counter("esteira_scoring_requests_total", "Invocations answered, by HTTP status.", [
    "status",
  ]);
  const errors = metrics.counter(
    "esteira_scoring_errors_total",
    "Invocations answered with an error: client (4xx) or server (5xx).",
    ["side"],
  );
  for (const side of ["client", "server"]) errors.add(0, side);
  const scored = metrics.counter("esteira_scoring_rows_total", "Rows scored.");
  const durations = metrics.histogram(
    "esteira_scoring_duration_seconds",
    "Time from the head of an invocation to its answer.",
    BOUNDS,
  );
  const byModel = metrics.counter("esteira_scoring_model_rows_total", "Rows scored, by the model that answered.", [
    "model",
    "version",
    "variant",
  ]);
  metrics.gauge("esteira_scoring_in_flight", "Invocations under way.", now.inFlight);
  metrics.total("esteira_scoring_refused_total", "Invocations refused with 429 under load.", now.refused);
  metrics.gauge("esteira_scoring_model_generation", "How often the served model was replaced.", now.generation);
  metrics.total(
    "esteira_scoring_unlogged_total",
    "Answered requests that the request log missed.",
    now.unlogged ?? (() => undefined),
  );
  metrics.total(
    "esteira_scoring_decisions_unrecorded_total",
    "Decisions of which there is no record: the disk was full, failed or too slow.",
    now.unrecorded ?? (() => undefined),
  );
  metrics.total(
    "esteira_scoring_decisions_late_total",
    "Decisions on the disk more than a second after the answer.",
    now.recordedLate ?? (() => undefined),
  );
  const shadowed = metrics.counter("esteira_scoring_shadow_requests_total", "Requests that the shadow model saw.", [
    "outcome",
  ]);
  const differences = metrics.histogram(
    "esteira_scoring_shadow_difference",
    "Difference between a row's answer and the shadow's.",
    DIFFERENCES,
  );
  return {
    record({ status, seconds, rows, scored: answered }) {
      requests.add(1, String(status));
      if (status >= 400) errors.add(1, status < 500 ? "client" : "server");
      durations.observe(seconds);
      scored.add(rows);
      if (answered !== undefined)
        byModel.add(rows, answered.identity.name, answered.identity.version, answered.variant);
    },
    recordShadow(sight) {
      shadowed.add(1, sight.kind);
      if (sight.kind === "compared") for (const difference of sight.differences) differences.observe(difference);
    },
    text: () => metrics.render(),
  };
}

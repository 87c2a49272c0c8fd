/** What a scoring server counts. */

import { createMetrics } from "@esteira/core/metrics";

export interface ServingMetrics {
  /** Records one answered invocation. */
  record(status: number, seconds: number, rows: number): void;
  /** All series, with the gauges as they are now. */
  text(): Promise<string>;
}

/** Upper bounds in seconds. A row takes some 0.3 ms over HTTP; a batch of thousands tens of milliseconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createServingMetrics(now: {
  readonly inFlight: () => number;
  readonly generation: () => number;
}): ServingMetrics {
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
  metrics.gauge("esteira_scoring_in_flight", "Invocations under way.", now.inFlight);
  metrics.gauge("esteira_scoring_model_generation", "How often the served model was replaced.", now.generation);
  return {
    record(status, seconds, rows) {
      requests.add(1, String(status));
      if (status >= 400) errors.add(1, status < 500 ? "client" : "server");
      durations.observe(seconds);
      scored.add(rows);
    },
    text: () => metrics.render(),
  };
}

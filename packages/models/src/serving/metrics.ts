/** Counters of a scoring server in Prometheus's text format. */

export interface ServingMetrics {
  /** Records one answered invocation. */
  record(status: number, seconds: number, rows: number): void;
  /** All series, with the gauges as they are now. */
  text(gauges: { readonly inFlight: number; readonly generation: number }): string;
}

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** Upper bounds in seconds. A row takes some 0.3 ms over HTTP; a batch of thousands tens of milliseconds. */
const BOUNDS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5];

export function createServingMetrics(): ServingMetrics {
  const byStatus = new Map<number, number>();
  const buckets = new Float64Array(BOUNDS.length);
  let sum = 0;
  let count = 0;
  let rowsScored = 0;
  return {
    record(status, seconds, rows) {
      byStatus.set(status, (byStatus.get(status) ?? 0) + 1);
      for (let i = 0; i < BOUNDS.length; i++) if (seconds <= BOUNDS[i]!) buckets[i]!++;
      sum += seconds;
      count++;
      rowsScored += rows;
    },
    text({ inFlight, generation }) {
      const statuses = [...byStatus].sort(([a], [b]) => a - b);
      const errors = statuses.filter(([status]) => status >= 400);
      const lines = [
        "# HELP esteira_scoring_requests_total Invocations answered, by HTTP status.",
        "# TYPE esteira_scoring_requests_total counter",
        ...statuses.map(([status, n]) => `esteira_scoring_requests_total{status="${status}"} ${n}`),
        "# HELP esteira_scoring_errors_total Invocations answered with an error: client (4xx) or server (5xx).",
        "# TYPE esteira_scoring_errors_total counter",
        ...(["client", "server"] as const).map((side) => {
          const n = errors
            .filter(([status]) => status < 500 === (side === "client"))
            .reduce((all, [, one]) => all + one, 0);
          return `esteira_scoring_errors_total{side="${side}"} ${n}`;
        }),
        "# HELP esteira_scoring_rows_total Rows scored.",
        "# TYPE esteira_scoring_rows_total counter",
        `esteira_scoring_rows_total ${rowsScored}`,
        "# HELP esteira_scoring_duration_seconds Time from the head of an invocation to its answer.",
        "# TYPE esteira_scoring_duration_seconds histogram",
        ...BOUNDS.map((bound, i) => `esteira_scoring_duration_seconds_bucket{le="${bound}"} ${buckets[i]}`),
        `esteira_scoring_duration_seconds_bucket{le="+Inf"} ${count}`,
        `esteira_scoring_duration_seconds_sum ${sum}`,
        `esteira_scoring_duration_seconds_count ${count}`,
        "# HELP esteira_scoring_in_flight Invocations under way.",
        "# TYPE esteira_scoring_in_flight gauge",
        `esteira_scoring_in_flight ${inFlight}`,
        "# HELP esteira_scoring_model_generation How often the served model was replaced.",
        "# TYPE esteira_scoring_model_generation gauge",
        `esteira_scoring_model_generation ${generation}`,
      ];
      return `${lines.join("\n")}\n`;
    },
  };
}

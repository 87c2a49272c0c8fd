import type { RunId } from "../ids.ts";
import type { Int64 } from "../int64.ts";
import type { Metric } from "./metric.ts";

/** Histories of one metric in some runs, each thinned to at most `maxPoints` points. */
export interface HistoryQuery {
  readonly runIds: readonly RunId[];
  readonly metricKey: string;
  /** From 4 to 5000. */
  readonly maxPoints: number;
  /** Only steps from here, and only those up to there. */
  readonly startStep?: Int64;
  readonly endStep?: Int64;
}

/**
 * One run's history for a chart. When it has more points than were asked for, it is cut into parts of about equally many
 * points, and of each part stay the least and the greatest value, as points that were logged: no peak is lost. The first
 * and the last point always stay. NaN is no extreme; a part with nothing but NaN keeps one.
 */
export interface SampledHistory {
  readonly runId: RunId;
  /** How many points were logged in the range, exactly. */
  readonly totalCount: number;
  /** How many of these are NaN, and how many infinite (which come back as ±1.7976931348623157e308, as MLflow stores them). */
  readonly nanCount: number;
  readonly infiniteCount: number;
  /** By step, then by time. */
  readonly points: readonly Metric[];
}

import type { LoggedModelId, RunId } from "../ids.ts";
import type { Int64 } from "../int64.ts";

export interface Metric {
  readonly key: string;
  /** May be NaN; infinities come back as ±1.7976931348623157e308, as MLflow stores them. */
  readonly value: number;
  /** Milliseconds since the epoch. */
  readonly timestamp: Int64;
  readonly step: Int64;
  readonly modelId?: LoggedModelId;
  readonly datasetName?: string;
  readonly datasetDigest?: string;
  /** Set on metrics of logged models and in bulk histories. */
  readonly runId?: RunId;
}

import type { ExperimentId, LoggedModelId, RunId } from "../ids.ts";
import type { Metric } from "./metric.ts";
import type { Param, Tag } from "./tag.ts";

/** In the order of MLflow's numbers in the database: 0 unspecified, 1 pending, 2 ready, 3 upload failed. */
export const LOGGED_MODEL_STATUSES = [
  "LOGGED_MODEL_STATUS_UNSPECIFIED",
  "LOGGED_MODEL_PENDING",
  "LOGGED_MODEL_READY",
  "LOGGED_MODEL_UPLOAD_FAILED",
] as const;
export type LoggedModelStatus = (typeof LOGGED_MODEL_STATUSES)[number];

export interface LoggedModel {
  readonly modelId: LoggedModelId;
  readonly experimentId: ExperimentId;
  readonly name: string;
  readonly artifactUri: string;
  readonly status: LoggedModelStatus;
  readonly statusMessage?: string;
  readonly modelType: string;
  readonly sourceRunId?: RunId;
  /** Milliseconds since the epoch. */
  readonly creationTimestamp: number;
  readonly lastUpdatedTimestamp: number;
  readonly tags: readonly Tag[];
  readonly params: readonly Param[];
  readonly metrics: readonly Metric[];
}

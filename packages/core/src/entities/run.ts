import type { ExperimentId, RunId } from "../ids.ts";
import type { DatasetInput, ModelInput, ModelOutput } from "./dataset.ts";
import type { Metric } from "./metric.ts";
import type { LifecycleStage } from "./page.ts";
import type { Param, Tag } from "./tag.ts";

export const RUN_STATUSES = ["RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED"] as const;
export type RunStatus = (typeof RUN_STATUSES)[number];
export const isRunStatus = (text: string): text is RunStatus => RUN_STATUSES.some((status) => status === text);

export interface RunInfo {
  readonly runId: RunId;
  readonly experimentId: ExperimentId;
  readonly runName: string;
  readonly userId: string;
  readonly status: RunStatus;
  /** Milliseconds since the epoch. */
  readonly startTime: number;
  readonly endTime?: number;
  readonly artifactUri: string;
  readonly lifecycleStage: LifecycleStage;
}

export interface RunData {
  /** The latest value of each metric: greatest (step, timestamp, value). */
  readonly metrics: readonly Metric[];
  readonly params: readonly Param[];
  readonly tags: readonly Tag[];
}

export interface Run {
  readonly info: RunInfo;
  readonly data: RunData;
  readonly inputs: { readonly datasets: readonly DatasetInput[]; readonly models: readonly ModelInput[] };
  readonly outputs: { readonly models: readonly ModelOutput[] };
}

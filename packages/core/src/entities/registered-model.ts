import type { LoggedModelId, RunId } from "../ids.ts";
import type { Tag } from "./tag.ts";

export const STAGES = ["None", "Staging", "Production", "Archived"] as const;
export type Stage = (typeof STAGES)[number];

export type ModelVersionStatus = "PENDING_REGISTRATION" | "FAILED_REGISTRATION" | "READY";

export interface ModelVersion {
  readonly name: string;
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly creationTimestamp: number;
  readonly lastUpdatedTimestamp: number;
  readonly currentStage: Stage;
  readonly description?: string;
  readonly source: string;
  readonly runId?: RunId;
  readonly runLink: string;
  readonly status: ModelVersionStatus;
  readonly statusMessage?: string;
  readonly modelId?: LoggedModelId;
  readonly tags: readonly Tag[];
  readonly aliases: readonly string[];
}

export interface RegisteredModelAlias {
  readonly alias: string;
  readonly version: string;
}

export interface RegisteredModel {
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly creationTimestamp: number;
  readonly lastUpdatedTimestamp: number;
  readonly description: string;
  readonly latestVersions: readonly ModelVersion[];
  readonly tags: readonly Tag[];
  readonly aliases: readonly RegisteredModelAlias[];
}

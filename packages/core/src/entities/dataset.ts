import type { LoggedModelId } from "../ids.ts";
import type { Int64 } from "../int64.ts";
import type { Tag } from "./tag.ts";

export interface Dataset {
  readonly name: string;
  /** At most 36 characters. */
  readonly digest: string;
  readonly sourceType: string;
  /** JSON text. */
  readonly source: string;
  /** JSON text. */
  readonly schema?: string;
  /** JSON text. */
  readonly profile?: string;
}

/** A dataset that a run has read; the tag `mlflow.data.context` says for what (training, evaluation ...). */
export interface DatasetInput {
  readonly dataset: Dataset;
  readonly tags: readonly Tag[];
}
export interface ModelInput {
  readonly modelId: LoggedModelId;
}
export interface ModelOutput {
  readonly modelId: LoggedModelId;
  readonly step: Int64;
}

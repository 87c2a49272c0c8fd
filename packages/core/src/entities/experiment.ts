import type { ExperimentId } from "../ids.ts";
import type { LifecycleStage } from "./page.ts";
import type { Tag } from "./tag.ts";

export interface Experiment {
  readonly experimentId: ExperimentId;
  readonly name: string;
  readonly artifactLocation: string;
  readonly lifecycleStage: LifecycleStage;
  /** Milliseconds since the epoch. */
  readonly creationTime?: number;
  readonly lastUpdateTime?: number;
  readonly tags: readonly Tag[];
}

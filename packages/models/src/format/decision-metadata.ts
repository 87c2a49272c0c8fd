/** What a model says of how its score is used: the part `metadata.esteira` of its MLmodel, which models of others lack. */

import type { ModelConfig } from "./mlmodel.ts";

export interface DecisionMetadata {
  /** A row whose score is at or above it is alerted. */
  readonly threshold: number | undefined;
  /** The score is the prediction with its odds times this factor (prior correction); 1 where the model says none. */
  readonly weightFactor: number;
}

export function decisionMetadata({ metadata }: Pick<ModelConfig, "metadata">): DecisionMetadata {
  const own = metadata?.esteira;
  const read = (name: string): number | undefined => {
    const value: unknown = typeof own === "object" && own !== null ? Reflect.get(own, name) : undefined;
    return typeof value === "number" && Number.isFinite(value) ? value : undefined;
  };
  return { threshold: read("threshold"), weightFactor: read("weight_factor") ?? 1 };
}

/** In a model's MLmodel. */
export const THRESHOLD_PATH = ["metadata", "esteira", "threshold"] as const;

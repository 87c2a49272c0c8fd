import type { Booster } from "../engines/xgboost/booster.ts";
import type { FeatureImportance } from "./trainer.ts";

/** Every feature, the largest gain first; a feature that no tree uses has zeros. */
export function importanceOf(booster: Booster, featureNames: readonly string[]): FeatureImportance[] {
  const gain = booster.importance("gain");
  const weight = booster.importance("weight");
  const cover = booster.importance("cover");
  return featureNames
    .map((feature) => ({
      feature,
      gain: gain.get(feature) ?? 0,
      weight: weight.get(feature) ?? 0,
      cover: cover.get(feature) ?? 0,
    }))
    .sort((a, b) => b.gain - a.gain || (a.feature < b.feature ? -1 : 1));
}

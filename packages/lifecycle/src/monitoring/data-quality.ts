import type { FeatureSample } from "./drift.ts";
import { type BeyondRange, featuresBeyondRange } from "./quality/beyond-range.ts";
import { type MissingHours, missingHours } from "./quality/missing-hours.ts";
import { type Rescaled, rescaledFeatures } from "./quality/rescaled.ts";
import { type SilentHours, silentHours } from "./quality/silent-hours.ts";
import type { MonitorSettings } from "./settings.ts";

/** What is wrong with the data itself, before anybody asks how it is distributed. */
export interface DataQuality {
  readonly rescaled: readonly Rescaled[];
  readonly beyond: readonly BeyondRange[];
  /** Null where the instants of the features' rows are not known. */
  readonly missing: readonly MissingHours[] | null;
  /** Null where the reference's instants are not known. */
  readonly silent: readonly SilentHours[] | null;
}

/** `times`: of the window's decisions; the others as `MonitorInput` has them. */
export function dataQuality(
  features: readonly FeatureSample[],
  instants: {
    readonly window: { readonly from: number; readonly to: number };
    readonly times: ArrayLike<number>;
    readonly referenceTimes?: ArrayLike<number> | undefined;
    readonly windowTimes?: ArrayLike<number> | undefined;
  },
  settings: MonitorSettings,
): DataQuality {
  const { window, times, referenceTimes, windowTimes } = instants;
  const rescaled = rescaledFeatures(features);
  return {
    rescaled,
    // A feature that came in another unit is beyond its range too: that is said once.
    beyond: featuresBeyondRange(features, settings.significance).filter(
      ({ feature }) => !rescaled.some((one) => one.feature === feature),
    ),
    missing: windowTimes === undefined ? null : missingHours(features, windowTimes, settings.missingWatch),
    silent: referenceTimes === undefined ? null : silentHours(window, times, referenceTimes),
  };
}

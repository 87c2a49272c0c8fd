import { invalid } from "@esteira/core/errors";
import { isScaled, type Settings } from "./settings.ts";

/** How many pods of each model are behind the Service, which gives each pod the same share of the connections. */
export interface PodSplit {
  readonly primary: number;
  readonly canary: number;
  /** Of the connections that reach the canary: what was asked, as near as whole pods come. */
  readonly share: number;
}

const MOST_CANARIES = 50;

/**
 * The pods that come nearest to a canary's share: some beside the primary's, or fewer of the primary's where the canary is to have more than
 * half. Pods that are scaled by load are never taken away.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for shares that no whole pods give.
 */
export function splitPods(share: number, primary: number, settings: Settings): PodSplit {
  if (share <= 0 || share >= 1) {
    throw invalid(
      `A canary of ${percent(share)} cannot be made of whole pods: give a share between 0 and 100 %, or deploy its model in the primary's place.`,
    );
  }
  const isAdded = share <= 0.5 || isScaled(settings);
  const canary = isAdded ? Math.max(1, Math.round((primary * share) / (1 - share))) : primary;
  const rest = isAdded ? primary : Math.max(1, Math.round((primary * (1 - share)) / share));
  if (canary > MOST_CANARIES && canary > primary) {
    throw invalid(
      `A canary of ${percent(share)} beside ${primary} pods would be ${canary} pods: give a smaller share, or deploy its model in the primary's place.`,
    );
  }
  return { primary: rest, canary, share: canary / (canary + rest) };
}

/** What is asked and what whole pods give, for a plan. */
export const splitText = (asked: number, { primary, canary, share }: PodSplit): string =>
  `the canary is asked ${percent(asked)} of the requests, and gets the connections of ${canary} of ${primary + canary} pods = ${percent(share)}`;

const percent = (share: number): string => `${(share * 100).toLocaleString("en", { maximumFractionDigits: 1 })} %`;

import type { SliceCount, SliceCounts } from "../signals/slice-tally.ts";

/** The part of the decisions in which alerts have grown; shares are of the part's decisions that were alerted. */
export interface StandingOut {
  readonly column: string;
  readonly value: string;
  readonly share: number;
  readonly shareBefore: number;
}

/** So unlikely by chance, for all parts together (one-sided). */
const SURE_Z = 4.5;
/** It holds this much of all that has grown, and its share is so many times that of the rest: otherwise the growth is everywhere. */
const LEAST_OF_GROWTH = 0.5;
const LEAST_TIMES_THE_REST = 2;

/**
 * The value of a column of kinds where more is alerted than before, beyond chance, and that by itself holds at least half of all that has grown.
 * Undefined where nothing has grown, or everything has. Pure.
 */
export function standingOut(now: SliceCounts, before: SliceCounts): StandingOut | undefined {
  let found: (StandingOut & { readonly growth: number }) | undefined;
  for (const [column, values] of now) {
    const earlier = before.get(column);
    if (earlier === undefined || values.size < 2) continue;
    const grown = [...values].map(([value, count]) => ({ value, ...growthOf(count, earlier.get(value)) }));
    const all = grown.reduce((sum, { growth }) => sum + Math.max(0, growth), 0);
    for (const { value, growth, z, share, shareBefore } of grown) {
      const isApart = share >= LEAST_TIMES_THE_REST * shareOfOthers(values, value);
      if (isApart && z > SURE_Z && growth >= LEAST_OF_GROWTH * all && growth > (found?.growth ?? 0))
        found = { column, value, share, shareBefore, growth };
    }
  }
  if (found === undefined) return undefined;
  const { growth: _, ...told } = found;
  return told;
}

function shareOfOthers(values: ReadonlyMap<string, Readonly<SliceCount>>, value: string): number {
  let [decisions, alerts] = [0, 0];
  for (const [other, count] of values) {
    if (other === value) continue;
    decisions += count.decisions;
    alerts += count.alerts;
  }
  return alerts / decisions;
}

/** Alerts beyond those of the same share as before, and how sure that is (two shares, pooled). */
function growthOf(now: Readonly<SliceCount>, before: Readonly<SliceCount> = { decisions: 0, alerts: 0 }) {
  const share = now.alerts / now.decisions;
  const shareBefore = before.decisions === 0 ? 0 : before.alerts / before.decisions;
  const growth = now.alerts - shareBefore * now.decisions;
  // A kind that was never there before is compared with a single decision: it needs alerts of its own to stand out.
  const decisions = Math.max(1, before.decisions);
  const pooled = (now.alerts + before.alerts) / (now.decisions + decisions);
  const error = Math.sqrt(pooled * (1 - pooled) * (1 / now.decisions + 1 / decisions));
  return { growth, share, shareBefore, z: error > 0 ? (share - shareBefore) / error : 0 };
}

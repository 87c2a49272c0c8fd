import type { FeatureDefinition } from "./feature.ts";
import { DAY, HOUR, MINUTE } from "./state/windows.ts";

const LENGTHS: Readonly<Record<string, number>> = { min: MINUTE, h: HOUR, d: DAY };

/**
 * How far back into a ledger a feature looks, in milliseconds: until the ledger is that long the feature still fills up. What
 * tells whether something happened before, how often, or how many days ago it first did, looks back for ever; what only looks at
 * the last time, or is told by a table, does not.
 */
export function reachOf({ name, window, pit, unit }: FeatureDefinition): number {
  if (window === "now") return 0;
  // A limit's period: the day or the night.
  if (window === "period") return DAY;
  if (window === "ever") {
    const remembers = (pit === "P1" || pit === "P6") && (unit === "flag" || unit === "count" || unit === "days");
    return remembers ? Number.POSITIVE_INFINITY : 0;
  }
  const [, count, length] = /^(\d+) (min|h|d)$/.exec(window) ?? [];
  const reach = Number(count) * (LENGTHS[length ?? ""] ?? Number.NaN);
  if (Number.isNaN(reach)) throw new Error(`The window '${window}' of the feature ${name} has no length.`);
  return reach;
}

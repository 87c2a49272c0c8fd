/** What pods count of their requests, added up. */

import { z } from "zod";

export const countsWire = z.object({
  requests: z.number(),
  failed: z.number(),
  /** Answers that took so many seconds at the most, by the bound as it is written; `+Inf` among them. */
  within: z.record(z.string(), z.number()),
});
export type Counts = z.output<typeof countsWire>;

const NONE: Counts = { requests: 0, failed: 0, within: {} };
const SERIES = /^(esteira_scoring_[a-z_]+)(?:\{([^}]*)\})? (\S+)$/gm;

/** From the text that a scorer answers at /metrics. */
export function countsIn(text: string): Counts {
  const counts = { requests: 0, failed: 0, within: new Map<string, number>() };
  for (const [, series, labels = "", value] of text.matchAll(SERIES)) {
    if (series === "esteira_scoring_requests_total") counts.requests += Number(value);
    if (series === "esteira_scoring_errors_total") counts.failed += Number(value);
    const bound = series === "esteira_scoring_duration_seconds_bucket" ? /le="([^"]+)"/.exec(labels)?.[1] : undefined;
    if (bound !== undefined) counts.within.set(bound, (counts.within.get(bound) ?? 0) + Number(value));
  }
  return { ...counts, within: Object.fromEntries(counts.within) };
}

/** What was counted after `before`; a process that was started again counts from nothing. */
export function since(before: Counts | undefined, now: Counts): Counts {
  if (before === undefined || before.requests > now.requests) return now;
  return combined(now, before, (a, b) => a - b);
}

export const total = (counts: readonly Counts[]): Counts =>
  counts.reduce((sum, one) => combined(sum, one, (a, b) => a + b), NONE);

function combined(a: Counts, b: Counts, of: (a: number, b: number) => number): Counts {
  const bounds = [...new Set([...Object.keys(a.within), ...Object.keys(b.within)])];
  return {
    requests: of(a.requests, b.requests),
    failed: of(a.failed, b.failed),
    within: Object.fromEntries(bounds.map((bound) => [bound, of(a.within[bound] ?? 0, b.within[bound] ?? 0)])),
  };
}

/** Upper bounds in seconds of the time that answers took: within a bucket nothing finer is known. Null is beyond the last bound. */
export function quantiles({
  within,
}: Counts): { readonly p50: number | null; readonly p99: number | null; readonly max: number | null } | undefined {
  const steps = Object.entries(within)
    .map(([bound, count]) => ({ bound: bound === "+Inf" ? null : Number(bound), count }))
    .sort((a, b) => (a.bound ?? Number.POSITIVE_INFINITY) - (b.bound ?? Number.POSITIVE_INFINITY));
  const all = steps.at(-1)?.count ?? 0;
  if (all === 0) return undefined;
  const at = (share: number) => steps.find(({ count }) => count >= share * all)?.bound ?? null;
  return { p50: at(0.5), p99: at(0.99), max: at(1) };
}

import type { Labels, Scores } from "./rows.ts";

/** Shares of each class by score, in bins of equal width of the scores' logarithm: most honest scores are tiny. */
export interface ScoreHistogram {
  /** Bin edges, one more than bins, ascending; the first bin takes what lies below it too. */
  readonly edges: readonly number[];
  readonly honest: readonly number[];
  readonly fraud: readonly number[];
}

/** `floor` is the smallest score that is told apart. */
export function scoreHistogram(scores: Scores, labels: Labels, bins = 40, floor = 1e-5): ScoreHistogram {
  const start = Math.log10(floor);
  const edges = Array.from({ length: bins + 1 }, (_, i) => 10 ** (start - (start * i) / bins));
  const counts = [new Float64Array(bins), new Float64Array(bins)] as const;
  for (let row = 0; row < scores.length; row++) {
    const place = Math.log10(Math.max(scores[row]!, floor)) - start;
    const bin = Math.max(0, Math.min(bins - 1, Math.floor((place / -start) * bins)));
    counts[labels[row] === 1 ? 1 : 0][bin]!++;
  }
  const [honest, fraud] = counts.map((count) => {
    const total = count.reduce((sum, value) => sum + value, 0);
    return Array.from(count, (value) => (total === 0 ? 0 : value / total));
  });
  return { edges, honest: honest!, fraud: fraud! };
}

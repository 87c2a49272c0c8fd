/** A limit that stands in a gate, with the place of its check. */
export interface Limit {
  readonly metric: string;
  /** Whose metric: a slice's name; undefined of all rows. */
  readonly slice?: string;
  readonly min?: number | undefined;
  readonly max?: number | undefined;
}

/** What a limit stands against. */
export interface Contradiction {
  readonly limit: Limit;
  readonly message: string;
}

const SHARES =
  /^(auc_pr|auc_roc|prevalence|threshold|f1|brier|ece|false_positive_rate)$|^(precision|recall|value_recall|fpr|alert_rate|tie_share|top_1pct)(_|$)/;
const COUNTS = /^(auc_pr_lift|rows|expected_observed_ratio)$|^frauds(_|$)/;

/** The lowest and the highest that a metric of the evaluation can be; without bounds where it is not known. */
function rangeOf(metric: string): { readonly low: number; readonly high: number } {
  if (SHARES.test(metric)) return { low: 0, high: 1 };
  if (COUNTS.test(metric)) return { low: 0, high: Number.POSITIVE_INFINITY };
  return { low: Number.NEGATIVE_INFINITY, high: metric === "brier_skill" ? 1 : Number.POSITIVE_INFINITY };
}

/** Limits that no value keeps: by themselves, or together with earlier ones on the same metric. In the order of the limits. */
export function contradictions(limits: readonly Limit[]): readonly Contradiction[] {
  const found: Contradiction[] = [];
  const kept = new Map<string, { min: number; max: number }>();
  for (const limit of limits) {
    const { metric, slice, min = Number.NEGATIVE_INFINITY, max = Number.POSITIVE_INFINITY } = limit;
    const { low, high } = rangeOf(metric);
    if (min > high) found.push({ limit, message: `min ${min} can never be reached: ${metric} is ${high} at most` });
    if (max < low) found.push({ limit, message: `max ${max} can never be kept: ${metric} is ${low} at least` });
    // Said of the check alone already.
    if (min > max) continue;
    const key = `${slice ?? ""}\0${metric}`;
    const earlier = kept.get(key) ?? { min: Number.NEGATIVE_INFINITY, max: Number.POSITIVE_INFINITY };
    const both = { min: Math.max(earlier.min, min), max: Math.min(earlier.max, max) };
    if (both.min > both.max) {
      const what = slice === undefined ? metric : `${metric} of ${slice}`;
      found.push({
        limit,
        message: `contradicts an earlier check of ${what}: no value is at least ${both.min} and at most ${both.max}`,
      });
    }
    kept.set(key, both);
  }
  return found;
}

import { rocAuc } from "@esteira/models/evaluation/roc-auc";
import type { RowSample } from "./row-sample.ts";

/**
 * How well each input ranks the frauds by itself, on a sample: AUC-ROC in the better of both directions, a missing value below all
 * others. Undefined when the sample holds no fraud, or nothing else.
 *
 * @param labels of the same rows, a column of 0 and 1.
 */
export function aloneAucs(
  names: readonly string[],
  sample: RowSample,
  labels: RowSample,
): readonly { readonly feature: string; readonly auc: number }[] | undefined {
  const known = Uint8Array.from(labels.column(0));
  if (!known.includes(1) || !known.includes(0)) return undefined;
  return names.map((feature, at) => {
    const values = sample.column(at).map((value) => (Number.isFinite(value) ? value : Number.MIN_SAFE_INTEGER));
    const auc = rocAuc(values, known);
    return { feature, auc: Math.max(auc, 1 - auc) };
  });
}

/** Share of each input's cells that are empty, on a sample. */
export const missingShares = (
  names: readonly string[],
  sample: RowSample,
): readonly { readonly feature: string; readonly share: number }[] =>
  names.map((feature, at) => ({
    feature,
    share:
      sample.column(at).reduce((count, value) => count + (Number.isNaN(value) ? 1 : 0), 0) /
      Math.max(1, sample.rows.length),
  }));

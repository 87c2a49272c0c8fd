/** What a model is compared with: rows that it was accepted on, or what it decided before. */

import type { KeptLabel } from "../labels/label.ts";
import type { LedgerRows, SampledFeature } from "./ledger-rows.ts";

export interface ReferenceFraud {
  readonly typology: string | null;
  readonly score: number;
  readonly isCaught: boolean;
  /** How many frauds it stands for. */
  readonly weight: number;
}

export interface Reference {
  /** In a few words. */
  readonly description: string;
  /** Of the sample's rows. */
  readonly scores: Float64Array;
  /** When each row of the sample was, milliseconds; undefined where it is unknown. */
  readonly times: Float64Array | undefined;
  readonly features: readonly SampledFeature[];
  readonly frauds: readonly ReferenceFraud[];
  /** Share of the rows at or above the threshold, or alerted. NaN without rows. */
  readonly alertRate: number;
}

/** Decisions of an earlier span as a reference; labels are those known then. */
export function ledgerReference(
  rows: LedgerRows,
  labels: ReadonlyMap<string, KeptLabel>,
  description: string,
): Reference {
  const frauds: ReferenceFraud[] = [];
  let [decisions, alerts] = [0, 0];
  rows.ids.forEach((id, row) => {
    const weight = rows.weight[row]!;
    decisions += weight;
    if (rows.alerted[row] === 1) alerts += weight;
    const label = labels.get(id);
    if (label?.label !== "fraud") return;
    frauds.push({ typology: label.typology, score: rows.score[row]!, isCaught: rows.alerted[row] === 1, weight });
  });
  const pick = (column: Float64Array) => Float64Array.from(rows.sampled, (row) => column[row]!);
  return {
    ...{ description, scores: pick(rows.score), times: pick(rows.time), features: rows.features, frauds },
    alertRate: alerts / decisions,
  };
}

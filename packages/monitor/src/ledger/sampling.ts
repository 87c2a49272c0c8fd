/** Which decisions a ledger keeps, by rule: all that were alerted, and a share of the others. */

import { createHash } from "node:crypto";
import { invalid } from "@esteira/core/errors";

/** Where an id falls between 0 and 1: the same each time, and alike for all ids. */
export const placeOfId = (id: string): number => createHash("sha256").update(id).digest().readUIntBE(0, 6) / 2 ** 48;

/** Whether a decision was an alert: by what was done, else by its score. */
export const isAlerted = ({
  action,
  score,
  threshold,
}: {
  readonly action: string | null;
  readonly score: number | null;
  readonly threshold: number | null;
}): boolean => (action === null ? score !== null && threshold !== null && score >= threshold : action !== ALLOWED);

/** What is done with a transfer that is no alert. */
const ALLOWED = "allow";

/** The weight of the decision's row: 1 / the share that is kept of its kind; undefined when it is not kept. */
export function weightOf(decision: Parameters<typeof isAlerted>[0] & { readonly id: string }, share: number) {
  if (isAlerted(decision) || share === 1) return 1;
  return placeOfId(decision.id) < share ? 1 / share : undefined;
}

/** Refuses a share that keeps nothing, or more than all. */
export function checkShare(share: number): number {
  if (share > 0 && share <= 1) return share;
  throw invalid(`The share of decisions to keep is ${share}: expected a number above 0 and at most 1.`);
}

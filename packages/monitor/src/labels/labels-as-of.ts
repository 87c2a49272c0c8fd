/** What was known of decisions at an instant. */

import { isLater, type KeptLabel } from "./label.ts";
import { readLabels } from "./label-files.ts";

/**
 * By decision, the label that held at `asOf`: the last that was known by then. Later labels and corrections change nothing of it. Labels may be
 * entered long after they were known; `recordedBy` leaves those out that were entered later, which makes an earlier answer again. Milliseconds.
 */
export async function labelsAsOf(
  ledger: string,
  asOf: number,
  recordedBy = Number.POSITIVE_INFINITY,
): Promise<ReadonlyMap<string, KeptLabel>> {
  const held = new Map<string, KeptLabel>();
  for await (const label of readLabels(ledger)) {
    if (label.knownAt > asOf || label.recordedAt > recordedBy) continue;
    const before = held.get(label.decisionId);
    if (before === undefined || isLater(label, before)) held.set(label.decisionId, label);
  }
  return held;
}

/** All labels of a decision, in the order in which they were entered. */
export async function labelHistory(ledger: string, decisionId: string): Promise<readonly KeptLabel[]> {
  const found: KeptLabel[] = [];
  for await (const label of readLabels(ledger)) if (label.decisionId === decisionId) found.push(label);
  return found;
}

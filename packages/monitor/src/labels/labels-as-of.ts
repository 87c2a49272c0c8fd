/** What was known of decisions at an instant. */

import { isLater, type KeptLabel } from "./label.ts";
import { readLabels } from "./label-files.ts";

/**
 * By decision, the label that held at `asOf`: of the last words of its sources that were known by then, the last that is no inconclusive one. Later
 * labels and corrections change nothing of it. Labels may be entered long after they were known; `recordedBy` leaves those out that were entered
 * later, which makes an earlier answer again. Milliseconds.
 */
export async function labelsAsOf(
  ledger: string,
  asOf: number,
  recordedBy = Number.POSITIVE_INFINITY,
): Promise<ReadonlyMap<string, KeptLabel>> {
  // Nearly all decisions have one source.
  const last = new Map<string, KeptLabel[]>();
  for await (const label of readLabels(ledger)) {
    if (label.knownAt > asOf || label.recordedAt > recordedBy) continue;
    const words = last.get(label.decisionId);
    if (words === undefined) last.set(label.decisionId, [label]);
    else {
      const own = words.findIndex(({ source }) => source === label.source);
      if (own === -1) words.push(label);
      else if (isLater(label, words[own]!)) words[own] = label;
    }
  }
  const held = new Map<string, KeptLabel>();
  for (const [id, words] of last)
    for (const label of words) {
      const before = held.get(id);
      if (label.label !== "inconclusive" && (before === undefined || isLater(label, before))) held.set(id, label);
    }
  return held;
}

/** All labels of a decision, in the order in which they were entered. */
export async function labelHistory(ledger: string, decisionId: string): Promise<readonly KeptLabel[]> {
  const found: KeptLabel[] = [];
  for await (const label of readLabels(ledger)) if (label.decisionId === decisionId) found.push(label);
  return found;
}

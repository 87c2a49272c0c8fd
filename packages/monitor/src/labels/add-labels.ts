/** Enters a batch of labels: whole or not at all, and the same batch twice is entered once. */

import { mkdir } from "node:fs/promises";
import { lockFolder } from "@esteira/models/decisions/process-lock";
import { removeDrafts, syncFolder } from "../whole-file.ts";
import { type KeptLabel, type Label, type LabelSource, saysTheSame } from "./label.ts";
import { labelsFolder, readLabels, writeLabels } from "./label-files.ts";

/** Hidden: readers of Parquet are given this folder, too. */
const LOCK = ".lock";

export interface AddedLabels {
  readonly added: number;
  /** Labels that were there already. */
  readonly known: number;
  /** Of those added, second and later labels of a decision that say something else. */
  readonly corrections: number;
}

/**
 * Labels that say what their source has said last of the decision are known. What differs is a further revision: earlier ones stay. `now` in milliseconds
 * since the epoch. Throws INVALID_PARAMETER_VALUE while another process adds labels.
 */
export async function addLabels(ledger: string, batch: readonly Label[], now: number): Promise<AddedLabels> {
  const folder = labelsFolder(ledger);
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const release = await lockFolder(folder, LOCK, "adding labels");
  try {
    await removeDrafts(folder);
    const ids = new Set(batch.map(({ decisionId }) => decisionId));
    const before = new Map<string, History>();
    for await (const kept of readLabels(ledger)) if (ids.has(kept.decisionId)) remember(before, kept);
    const added: KeptLabel[] = [];
    let corrections = 0;
    for (const label of batch) {
      const history = before.get(label.decisionId);
      const last = history?.bySource.get(label.source);
      if (last !== undefined && saysTheSame(last, label)) continue;
      if (history !== undefined && history.latest.label !== label.label) corrections++;
      const kept = { ...label, recordedAt: now, revision: (history?.latest.revision ?? 0) + 1 };
      remember(before, kept);
      added.push(kept);
    }
    if (added.length > 0) {
      await writeLabels(ledger, added);
      await syncFolder(ledger);
    }
    return { added: added.length, known: batch.length - added.length, corrections };
  } finally {
    await release();
  }
}

interface History {
  readonly latest: KeptLabel;
  readonly bySource: Map<LabelSource, KeptLabel>;
}

function remember(histories: Map<string, History>, kept: KeptLabel): void {
  const bySource = histories.get(kept.decisionId)?.bySource ?? new Map<LabelSource, KeptLabel>();
  histories.set(kept.decisionId, { latest: kept, bySource: bySource.set(kept.source, kept) });
}

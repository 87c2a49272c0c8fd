/** Labels whose decision has not come: kept, and joined when it does. */

import { listDays, listParts } from "../ledger/parts.ts";
import { readRows } from "../ledger/read-rows.ts";

/** Of these ids, those that no decision of the ledger has. */
export async function idsWithoutDecision(ledger: string, ids: Iterable<string>): Promise<ReadonlySet<string>> {
  const waiting = new Set(ids);
  for (const day of (await listDays(ledger)).toReversed())
    for (const part of await listParts(ledger, day)) {
      if (waiting.size === 0) return waiting;
      for await (const { rowCount, cells } of readRows(part, (name) => name === "id")) {
        const id = cells("id");
        for (let row = 0; row < rowCount; row++) waiting.delete(String(id?.[row]));
      }
    }
  return waiting;
}

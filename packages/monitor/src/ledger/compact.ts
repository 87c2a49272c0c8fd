/** Makes few files of many: a day that has ended becomes one file. */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import { FIXED_COLUMNS, type LedgerColumn } from "./columns.ts";
import { mergeNotes } from "./part-notes.ts";
import { type Rows, writePart } from "./part-writer.ts";
import { dayFolder, dayOf, listParts, nextPartName, type Part, partNames } from "./parts.ts";
import { readRows } from "./read-rows.ts";

/** After a day's end, milliseconds: decisions of its last seconds are on their way. */
const GRACE_MS = 3_600_000;
/** A day that goes on: so many small files become one. */
const MANY = 32;
const SMALL_ROWS = 250_000;
const ROWS_AT_ONCE = 65_536;

/** Which parts of a day become one; none when it is well as it is. */
export function partsToMerge<P extends Pick<Part, "rowCount">>(parts: readonly P[], hasEnded: boolean): readonly P[] {
  const chosen = hasEnded ? parts : parts.filter(({ rowCount }) => rowCount < SMALL_ROWS);
  return chosen.length >= (hasEnded ? 2 : MANY) ? chosen : [];
}

/** Merges parts of a day where that is due at `now`; whether it did. Memory is that of some ten thousand rows. */
export async function compactDay(ledger: string, day: string, now: number): Promise<boolean> {
  if ((await partNames(ledger, day)).length < 2) return false;
  const hasEnded = dayOf(now - GRACE_MS) > day;
  const parts = partsToMerge(await listParts(ledger, day), hasEnded);
  if (parts.length === 0) return false;
  const columns = mergedColumns(parts);
  const path = join(dayFolder(ledger, day), await nextPartName(ledger, day));
  await writePart(path, columns, mergeNotes(parts), rowsOf(parts, columns));
  for (const { path: replaced } of parts) await rm(replaced, { force: true });
  return true;
}

/** All columns of the parts; one that is text in one of them is text. */
function mergedColumns(parts: readonly Part[]): readonly LedgerColumn[] {
  const found = new Map<string, LedgerColumn>();
  for (const { columns } of parts)
    for (const column of columns) if (found.get(column.name)?.kind !== "text") found.set(column.name, column);
  const fixed = new Set(FIXED_COLUMNS.map(({ name }) => name));
  const features = [...found.values()].filter(({ name }) => !fixed.has(name));
  return [...FIXED_COLUMNS, ...features.sort((a, b) => (a.name < b.name ? -1 : 1))];
}

/** Rows of all parts in groups of one size, so that small parts do not make small groups. */
async function* rowsOf(parts: readonly Part[], columns: readonly LedgerColumn[]): AsyncGenerator<Rows> {
  let held = columns.map((): unknown[] => []);
  for (const part of parts)
    for await (const { rowCount, cells } of readRows(part, () => true, ROWS_AT_ONCE)) {
      columns.forEach(({ name }, i) => {
        const from = cells(name);
        for (let row = 0; row < rowCount; row++) held[i]!.push(from?.[row] ?? null);
      });
      if ((held[0]?.length ?? 0) < ROWS_AT_ONCE) continue;
      yield held;
      held = columns.map(() => []);
    }
  yield held;
}

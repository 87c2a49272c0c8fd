/** Changes rows of a ledger's files in place: each file is as before or as now. */

import { isPersonal } from "./columns.ts";
import { type Rows, writePart } from "./part-writer.ts";
import { existingDays, listParts, type Part } from "./parts.ts";
import { type PartRows, readRows } from "./read-rows.ts";

/** What becomes of a row: it stays, what is personal of it goes, or all of it goes. */
export type Fate = "keep" | "erase" | "drop";

const ROWS_AT_ONCE = 65_536;

/**
 * Asks what becomes of each row of the parts that are from one of the sources. Answers how many rows were changed. A part is written again only where one
 * is; what was erased before is not erased again.
 */
export async function rewriteRows(
  ledger: string,
  sources: ReadonlySet<string>,
  fateOf: (source: string, sequence: number, slot: number | undefined) => Fate,
): Promise<number> {
  let changed = 0;
  for (const day of await existingDays(ledger))
    for (const part of await listParts(ledger, day)) {
      if (!Object.keys(part.notes.sources).some((source) => sources.has(source))) continue;
      const count = await countChanged(part, fateOf);
      if (count === 0) continue;
      await writePart(part.path, part.columns, part.notes, changedGroups(part, fateOf));
      changed += count;
    }
  return changed;
}

type FateOf = Parameters<typeof rewriteRows>[2];

const PLACE = new Set(["source", "sequence", "slot", "erased"]);

async function countChanged(part: Part, fateOf: FateOf): Promise<number> {
  let count = 0;
  for await (const rows of readRows(part, (name) => PLACE.has(name), ROWS_AT_ONCE))
    count += fatesOf(rows, fateOf).filter((fate) => fate !== "keep").length;
  return count;
}

function fatesOf({ rowCount, cells }: PartRows, fateOf: FateOf): Fate[] {
  const [source, sequence, slot, erased] = ["source", "sequence", "slot", "erased"].map(cells);
  return Array.from({ length: rowCount }, (_, row) => {
    const key = slot?.[row];
    const isKey = typeof key === "number" && !Number.isNaN(key);
    const fate = fateOf(String(source?.[row]), Number(sequence?.[row]), isKey ? key : undefined);
    return fate === "erase" && erased?.[row] === true ? "keep" : fate;
  });
}

async function* changedGroups(part: Part, fateOf: FateOf): AsyncGenerator<Rows> {
  for await (const group of readRows(part, () => true, ROWS_AT_ONCE)) {
    const fates = fatesOf(group, fateOf);
    const kept = fates.flatMap((fate, row) => (fate === "drop" ? [] : [row]));
    yield part.columns.map(({ name }) => {
      const cells = group.cells(name) ?? [];
      return kept.map((row) => {
        if (fates[row] !== "erase") return cells[row];
        return name === "erased" ? true : isPersonal(name) ? null : cells[row];
      });
    });
  }
}

/** Rows of the world as files that others read: what a gate judges on, and what a monitor compares with. */

import { writeFile } from "node:fs/promises";
import type { RowRange } from "../training/rows.ts";
import type { StoryWorld } from "./story-world.ts";

/** Known frauds at `asOf`; `scores` where a reference is written. CSV, a header first. */
export async function writeRows(
  path: string,
  { ledger, table }: StoryWorld,
  rows: RowRange,
  { asOf, names, scores }: { readonly asOf: number; readonly names: readonly string[]; readonly scores?: Float64Array },
): Promise<void> {
  const { fraud, knownAt, typology } = ledger.labels;
  const places = names.map((name) => table.names.indexOf(name));
  const head = ["id", "time", "label", "typology", "amount", "customer", ...(scores === undefined ? [] : ["score"])];
  // A feature of the same name as one of those is told apart.
  const lines = [[...head, ...names.map((name) => (scores === undefined ? name : `f.${name}`))].join()];
  for (let row = rows.from; row < rows.to; row++) {
    const isFraud = fraud[row] === 1 && knownAt[row]! <= asOf;
    const start = (row - table.firstRow) * table.names.length;
    lines.push(
      [
        ...[ledger.idOf(row), new Date(ledger.transfers.time[row]!).toISOString(), isFraud ? 1 : 0],
        ...[isFraud ? ledger.typologies[typology[row]!] : "", ledger.transfers.amountCents[row]! / 100],
        ledger.transfers.payer[row],
        ...(scores === undefined ? [] : [scores[row - rows.from]]),
        ...places.map((place) => {
          const value = table.values[start + place]!;
          return Number.isNaN(value) ? "" : value;
        }),
      ].join(),
    );
  }
  await writeFile(path, `${lines.join("\n")}\n`);
}

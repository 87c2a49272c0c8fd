/** The digest of a ledger's columns: the name of its contents. */
import { createHash } from "node:crypto";
import type { LabelColumns, NumericColumn, SliceColumns, TransferColumns } from "./ledger.ts";

/**
 * SHA-256, hexadecimal, over every column in alphabetical order of its name within transfers, labels and slices: the
 * column's path, its array type, its length and its bytes (little-endian, as every platform of Node stores them). NaN has
 * one representation here: columns are filled with Number.NaN.
 */
export function digestColumns(transfers: TransferColumns, labels: LabelColumns, slices: SliceColumns): string {
  const hash = createHash("sha256");
  const add = (group: string, columns: object): void => {
    const entries: [string, NumericColumn][] = Object.entries(columns);
    for (const [name, column] of entries.sort(([a], [b]) => (a < b ? -1 : 1))) {
      hash.update(`${group}.${name}:${column.constructor.name}[${column.length}]\n`);
      hash.update(new Uint8Array(column.buffer, column.byteOffset, column.byteLength));
    }
  };
  add("transfers", transfers);
  add("labels", labels);
  add("slices", slices);
  return hash.digest("hex");
}

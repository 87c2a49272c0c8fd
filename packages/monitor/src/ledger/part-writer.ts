/** Writes one file of a ledger, a row group at a time. */

import { open, rm } from "node:fs/promises";
import { ByteWriter, ParquetWriter } from "hyparquet-writer";
import { draftOf, publish } from "../whole-file.ts";
import { type LedgerColumn, schemaOf } from "./columns.ts";
import { NOTES_KEY, type PartNotes } from "./part-notes.ts";

/** Rows of a table: one list of cells a column, in the order of the columns. Null, undefined and NaN are missing. */
export type Rows = readonly ArrayLike<unknown>[];

/**
 * Writes the groups of rows to a file that has its name, and is on the disk, only when it is whole; what had the name is replaced. Memory is that of
 * one group. Throws as the disk does, and leaves nothing then.
 */
export async function writePart(
  path: string,
  columns: readonly LedgerColumn[],
  notes: PartNotes | undefined,
  groups: AsyncIterable<Rows> | Iterable<Rows>,
): Promise<void> {
  const draft = draftOf(path);
  const file = await open(draft, "wx", 0o600);
  const bytes = new ByteWriter(1 << 20);
  const flush = async (): Promise<void> => {
    const chunk = bytes.getBytes();
    for (let done = 0; done < chunk.length; ) done += (await file.write(chunk, done)).bytesWritten;
    bytes.index = 0;
  };
  try {
    const writer = new ParquetWriter({
      writer: bytes,
      schema: schemaOf(columns),
      codec: "SNAPPY",
      statistics: true,
      ...(notes === undefined ? {} : { kvMetadata: [{ key: NOTES_KEY, value: JSON.stringify(notes) }] }),
      createdBy: "esteira",
    });
    for await (const rows of groups) {
      const rowCount = rows[0]?.length ?? 0;
      if (rowCount === 0) continue;
      await writer.write({
        columnData: columns.map((column, at) => ({
          name: column.name,
          data: cellsOf(column, rows[at] ?? []),
          offsetIndex: false,
        })),
        rowGroupSize: rowCount,
      });
      await flush();
    }
    await writer.finish();
    await flush();
    await file.sync();
    await file.close();
    await publish(draft, path);
  } catch (error) {
    await file.close().catch(() => {});
    await rm(draft, { force: true });
    throw error;
  }
}

/** Numbers of which none is missing go in as they are. */
const cellsOf = (column: LedgerColumn, cells: ArrayLike<unknown>): Float64Array | unknown[] =>
  cells instanceof Float64Array && column.kind === "number" && !cells.some(Number.isNaN)
    ? cells
    : Array.from(cells, (cell) => cellOf(column, cell));

/** A cell as its column holds it. */
function cellOf({ kind }: LedgerColumn, cell: unknown): unknown {
  if (cell === null || cell === undefined || Number.isNaN(cell)) return null;
  if (kind === "instant" && typeof cell === "number") return new Date(cell);
  return kind === "text" && typeof cell !== "string" ? JSON.stringify(cell) : cell;
}

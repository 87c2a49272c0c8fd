/** Reads a ledger's files, some rows at a time, only the columns that are asked for. */

import { openSource } from "@esteira/models/batch/open-source";
import { FEATURE_PREFIX } from "./columns.ts";
import type { Part } from "./parts.ts";

export interface PartRows {
  readonly rowCount: number;
  /** Cells of a column; undefined where the file has no such column. Numbers of features and scores may come as a Float64Array, NaN for a missing one. */
  cells(name: string): ArrayLike<unknown> | undefined;
}

const NUMBERS = new Set(["score", "threshold", "latency_ms", "weight", "sequence", "slot"]);

/** The rows of a part, a row group or less at a time, in their order. */
export async function* readRows(
  { path, columns }: Pick<Part, "path" | "columns">,
  wanted: (name: string) => boolean,
  rowsAtOnce?: number,
): AsyncGenerator<PartRows> {
  const kinds = new Map(columns.map(({ name, kind }) => [name, kind]));
  const source = await openSource(path, "parquet", {
    wanted,
    isNumber: (name) => NUMBERS.has(name) || (name.startsWith(FEATURE_PREFIX) && kinds.get(name) === "number"),
    rowsAtOnce,
  });
  for await (const { names, columns: cells, rowCount } of source.batches(0)) {
    const at = new Map(names.map((name, i) => [name, i]));
    yield { rowCount, cells: (name) => cells[at.get(name) ?? -1] };
  }
}

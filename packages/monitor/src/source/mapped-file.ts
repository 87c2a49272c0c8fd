/** A file of rows whose columns go by other names. */

import { extname } from "node:path";
import { invalid } from "@esteira/core/errors";
import { type FileKind, openSource } from "@esteira/models/batch/open-source";

const KINDS: Readonly<Record<string, FileKind>> = {
  ".csv": "csv",
  ".jsonl": "jsonl",
  ".ndjson": "jsonl",
  ".parquet": "parquet",
};

/** Our name of a column, and the file's. */
export type ColumnMap = ReadonlyMap<string, string>;

export interface MappedRows {
  /** The first row's number; rows count from 1. */
  readonly firstRow: number;
  readonly rowCount: number;
  /** Cells of a column by our name; undefined where the file has none. */
  cells(name: string): ArrayLike<unknown> | undefined;
}

export interface MappedFile {
  readonly path: string;
  /** The file's own names of its columns. */
  readonly names: readonly string[];
  /** The file's name of one of our columns. */
  nameOf(name: string): string;
  rows(rowsAtOnce?: number): AsyncIterable<MappedRows>;
}

/** `ours=theirs`, each once. `known` are the names that may be given to the left. */
export function parseColumnMap(given: readonly string[], known: readonly string[]): ColumnMap {
  const map = new Map<string, string>();
  for (const pair of given) {
    const at = pair.indexOf("=");
    const [ours, theirs] = [pair.slice(0, at), pair.slice(at + 1)];
    if (at < 1 || theirs === "")
      throw invalid(
        `The column mapping '${pair}' cannot be read: give our name, =, and the file's, as in id=transfer.`,
      );
    if (!known.includes(ours))
      throw invalid(
        `The column mapping '${pair}' names '${ours}', which is no column here; known are ${known.join(", ")}.`,
      );
    if (map.has(ours)) throw invalid(`The column '${ours}' is mapped twice: give it one column of the file.`);
    map.set(ours, theirs);
  }
  return map;
}

/**
 * Opens a file by its ending. Throws RESOURCE_DOES_NOT_EXIST for one that is not there, INVALID_PARAMETER_VALUE for one of another kind, or that
 * lacks a column that the mapping names.
 */
export async function openMapped(path: string, map: ColumnMap): Promise<MappedFile> {
  const kind = KINDS[extname(path).toLowerCase()];
  if (kind === undefined)
    throw invalid(`'${path}' cannot be read by its ending: expected .csv, .jsonl, .ndjson or .parquet.`);
  const { names } = await openSource(path, kind, { wanted: () => true });
  for (const [ours, theirs] of map)
    if (!names.includes(theirs))
      throw invalid(`${path} has no column '${theirs}', which '${ours}' is mapped to; it has ${names.join(", ")}.`);
  const nameOf = (name: string) => map.get(name) ?? name;
  return {
    path,
    names,
    nameOf,
    async *rows(rowsAtOnce) {
      const source = await openSource(path, kind, { wanted: () => true, rowsAtOnce });
      let firstRow = 1;
      for await (const { columns, rowCount } of source.batches(0)) {
        const at = new Map(names.map((name, i) => [name, i]));
        yield { firstRow, rowCount, cells: (name) => columns[at.get(nameOf(name)) ?? -1] };
        firstRow += rowCount;
      }
    },
  };
}

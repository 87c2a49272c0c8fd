import { invalid } from "@esteira/core/errors";
import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type SchemaElement,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { Batch, BatchSource, Cells } from "./batch.ts";

export interface ParquetSource extends BatchSource {
  /** What the file says of each column, by name: a copy of the column keeps it. */
  readonly elements: ReadonlyMap<string, SchemaElement>;
}

/**
 * A Parquet file, a row group at a time: that is what it can be read by, and what bounds the memory. Only the columns asked for
 * are read.
 */
export async function openParquet(
  path: string,
  wanted: (names: readonly string[]) => readonly string[],
  rowsAtOnce: number,
): Promise<ParquetSource> {
  const file = await asyncBufferFromFile(path);
  let metadata: FileMetaData;
  try {
    metadata = await parquetMetadataAsync(file);
  } catch (error) {
    throw unreadable(path, error);
  }
  const children = parquetSchema(metadata).children;
  const elements = new Map(children.map(({ element }) => [element.name, element]));
  const names = wanted([...elements.keys()]);
  return {
    names,
    elements,
    rowCount: Number(metadata.num_rows),
    async *batches(fromRow) {
      let groupStart = 0;
      for (const group of metadata.row_groups) {
        const groupEnd = groupStart + Number(group.num_rows);
        if (groupEnd > fromRow) {
          const columns = await readGroup(path, file, metadata, names, groupStart, groupEnd);
          for (let from = Math.max(fromRow, groupStart); from < groupEnd; from += rowsAtOnce) {
            const to = Math.min(groupEnd, from + rowsAtOnce);
            yield batchOf(names, columns, from - groupStart, to - groupStart);
          }
        }
        groupStart = groupEnd;
      }
    },
  };
}

async function readGroup(
  path: string,
  file: Awaited<ReturnType<typeof asyncBufferFromFile>>,
  metadata: FileMetaData,
  names: readonly string[],
  rowStart: number,
  rowEnd: number,
): Promise<readonly Cells[]> {
  const chunks = new Map<string, { rowStart: number; data: Cells }[]>(names.map((name) => [name, []]));
  try {
    await parquetRead({
      file,
      metadata,
      columns: [...names],
      compressors,
      rowStart,
      rowEnd,
      onChunk: ({ columnName, columnData, rowStart: from }) => {
        chunks.get(columnName)?.push({ rowStart: from, data: columnData });
      },
    });
  } catch (error) {
    throw unreadable(`${path}, rows ${rowStart + 1} to ${rowEnd},`, error);
  }
  return names.map((name) => {
    const parts = chunks.get(name) ?? [];
    const [only] = parts;
    if (only !== undefined && parts.length === 1 && only.rowStart === rowStart) return only.data;
    const cells = new Array<unknown>(rowEnd - rowStart);
    for (const part of parts)
      for (let i = 0; i < part.data.length; i++) cells[part.rowStart - rowStart + i] = part.data[i];
    return cells;
  });
}

/** A part of a column without a copy where the column is numbers. */
const part = (cells: Cells, from: number, to: number): Cells =>
  cells instanceof Float64Array ||
  cells instanceof Float32Array ||
  cells instanceof Int32Array ||
  cells instanceof BigInt64Array
    ? cells.subarray(from, to)
    : Array.prototype.slice.call(cells, from, to);

const batchOf = (names: readonly string[], columns: readonly Cells[], from: number, to: number): Batch => ({
  source: "table",
  names,
  columns: columns.map((cells) => part(cells, from, to)),
  rowCount: to - from,
});

const unreadable = (what: string, error: unknown): Error =>
  invalid(`${what} cannot be read as Parquet (${error instanceof Error ? error.message : error}).`);

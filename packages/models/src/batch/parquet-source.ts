import { open } from "node:fs/promises";
import { invalid } from "@esteira/core/errors";
import {
  asyncBufferFromFile,
  type FileMetaData,
  parquetMetadataAsync,
  parquetRead,
  parquetSchema,
  type RowGroup,
  type SchemaElement,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { Batch, BatchSource, Cells } from "./batch.ts";
import { isNumberChunk, readNumberChunk } from "./number-chunk.ts";

type File = Awaited<ReturnType<typeof asyncBufferFromFile>>;

export interface ParquetSource extends BatchSource {
  /** What the file says of each column, by name: a copy of the column keeps it. */
  readonly elements: ReadonlyMap<string, SchemaElement>;
  /** How many rows each row group has. */
  readonly groups: readonly number[];
  /** Cells of one row group, of these columns alone: one at a time bounds the memory of wide files. Throws as `batches` does. */
  readCells(group: number, names: readonly string[]): Promise<readonly Cells[]>;
}

/** Whether a column of numbers (`isWhole`: of whole ones) may come as a Float64Array, NaN for a missing one. */
export type TakesNumbers = (name: string, isWhole: boolean) => boolean;

export interface ParquetChoice {
  /** Which columns are read. */
  readonly wanted: (names: readonly string[]) => readonly string[];
  /** Columns of numbers that may come as numbers; none unless given. */
  readonly isNumber?: TakesNumbers | undefined;
}

/**
 * A Parquet file, a row group at a time: that is what it can be read by, and what bounds the memory. Only the columns asked for
 * are read.
 */
export async function openParquet(
  path: string,
  { wanted, isNumber = () => false }: ParquetChoice,
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
    groups: metadata.row_groups.map(({ num_rows }) => Number(num_rows)),
    readCells(at, columns) {
      const group = metadata.row_groups[at]!;
      const start = metadata.row_groups.slice(0, at).reduce((rows, { num_rows }) => rows + Number(num_rows), 0);
      return readGroup(
        path,
        file,
        metadata,
        { names: columns, isNumber, group },
        start,
        start + Number(group.num_rows),
      );
    },
    async *batches(fromRow) {
      let groupStart = 0;
      for (const group of metadata.row_groups) {
        const groupEnd = groupStart + Number(group.num_rows);
        if (groupEnd > fromRow) {
          const columns = await readGroup(path, file, metadata, { names, isNumber, group }, groupStart, groupEnd);
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

interface Asked {
  readonly names: readonly string[];
  readonly isNumber: TakesNumbers;
  readonly group: RowGroup;
}

/** The columns that can be read as numbers; the general reader must read the others. */
async function readNumbers(
  path: string,
  metadata: FileMetaData,
  { names, isNumber, group }: Asked,
  rowCount: number,
): Promise<ReadonlyMap<string, Float64Array>> {
  const found = new Map<string, Float64Array>();
  const handle = await open(path);
  try {
    for (const { element } of parquetSchema(metadata).children) {
      const isWhole = element.type === "INT32" || element.type === "INT64";
      if (!names.includes(element.name) || !isNumber(element.name, isWhole)) continue;
      const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === element.name);
      const told = chunk?.meta_data;
      if (told === undefined || chunk?.file_path !== undefined || !isNumberChunk(element, told)) continue;
      const bytes = new Uint8Array(Number(told.total_compressed_size));
      const start = Number(told.dictionary_page_offset || told.data_page_offset);
      const { bytesRead } = await handle.read(bytes, 0, bytes.length, start);
      if (bytesRead < bytes.length) throw new Error("the file ends within a column");
      found.set(element.name, readNumberChunk(bytes, element, told, compressors, rowCount));
    }
  } finally {
    await handle.close();
  }
  return found;
}

async function readGroup(
  path: string,
  file: File,
  metadata: FileMetaData,
  { names, isNumber, group }: Asked,
  rowStart: number,
  rowEnd: number,
): Promise<readonly Cells[]> {
  let numbers: ReadonlyMap<string, Float64Array>;
  const chunks = new Map<string, { rowStart: number; data: Cells }[]>(names.map((name) => [name, []]));
  try {
    numbers = await readNumbers(path, metadata, { names, isNumber, group }, rowEnd - rowStart);
    const others = names.filter((name) => !numbers.has(name));
    if (others.length > 0)
      await parquetRead({
        file,
        metadata,
        columns: others,
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
    const cells = numbers.get(name);
    if (cells !== undefined) return cells;
    const parts = chunks.get(name) ?? [];
    const [only] = parts;
    if (only !== undefined && parts.length === 1 && only.rowStart === rowStart) return only.data;
    const all = new Array<unknown>(rowEnd - rowStart);
    for (const part of parts)
      for (let i = 0; i < part.data.length; i++) all[part.rowStart - rowStart + i] = part.data[i];
    return all;
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

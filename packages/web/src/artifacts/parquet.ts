import type { AsyncBuffer } from "hyparquet";

/** The first rows of a Parquet file, as texts. */
export interface ParquetStart {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly total: number;
}

/** Rows that are read: the row groups of the first of them are fetched, and no more of the file. */
const ROWS = 200;
/** Columns drawn: a table of thousands of columns would hold the page up. */
const MOST_COLUMNS = 100;
/** Bytes of row groups that a preview fetches at most. */
const MOST_BYTES = 32_000_000;

/** A file too large, or packed in a way, that a preview cannot read; `reason` says which. */
export class NoPreview extends Error {
  readonly reason: "large" | "codec";
  readonly detail: string;
  constructor(reason: "large" | "codec", detail: string) {
    super(detail);
    this.reason = reason;
    this.detail = detail;
  }
}

/**
 * Reads the schema and the first rows by ranges.
 *
 * @throws NoPreview where that would fetch too much, or needs a codec that is not here.
 */
export async function parquetStart(file: AsyncBuffer): Promise<ParquetStart> {
  // Only this view reads Parquet: its reader is not part of what every page loads.
  const [{ parquetMetadataAsync, parquetRead, parquetSchema, snappyUncompress }, { decompress }] = await Promise.all([
    import("hyparquet"),
    import("fzstd"),
  ]);
  const metadata = await parquetMetadataAsync(file);
  const names = parquetSchema(metadata).children.map(({ element }) => element.name);
  const columns = names.slice(0, MOST_COLUMNS);
  const total = Number(metadata.num_rows);
  const [group] = metadata.row_groups;
  const parts = (group?.columns ?? []).filter(({ meta_data: part }) => columns.includes(part?.path_in_schema[0] ?? ""));
  const size = parts.reduce((sum, { meta_data: part }) => sum + Number(part?.total_compressed_size ?? 0), 0);
  if (size > MOST_BYTES) throw new NoPreview("large", String(size));
  const codec = parts.map(({ meta_data: part }) => part?.codec).find((one) => one !== undefined && !CODECS.has(one));
  if (codec !== undefined) throw new NoPreview("codec", codec);
  const unzstd = (bytes: Uint8Array) => decompress(bytes);
  const unsnappy = (bytes: Uint8Array, length: number) => {
    const output = new Uint8Array(length);
    snappyUncompress(bytes, output);
    return output;
  };
  let rows: readonly (readonly string[])[] = [];
  await parquetRead({
    ...{ file, metadata, columns, rowStart: 0, rowEnd: Math.min(ROWS, total) },
    compressors: { SNAPPY: unsnappy, ZSTD: unzstd },
    rowFormat: "array",
    onComplete: (found: readonly (readonly unknown[])[]) => {
      rows = found.map((row) => row.map(cellText));
    },
  });
  return { columns, rows, total };
}

const CODECS = new Set(["UNCOMPRESSED", "SNAPPY", "ZSTD"]);

/** A value as a cell shows it: dates in ISO's form, nothing where there is none. */
export function cellText(value: unknown): string {
  if (value === null || value === undefined) return "";
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? "" : value.toISOString();
  if (typeof value === "object")
    return JSON.stringify(value, (_, inner: unknown) => (typeof inner === "bigint" ? inner.toString() : inner));
  return String(value);
}

/** A file behind an address, of which only ranges are fetched. */
export function rangedFile(url: string, byteLength: number): AsyncBuffer {
  return {
    byteLength,
    slice: async (start, end = byteLength) => {
      const from = start < 0 ? byteLength + start : start;
      const response = await fetch(url, { headers: { range: `bytes=${from}-${end - 1}` } });
      if (!response.ok) throw new Error(`HTTP ${response.status}`);
      const bytes = await response.arrayBuffer();
      // A store that knows no ranges sends all.
      return response.status === 206 ? bytes : bytes.slice(from, end);
    },
  };
}

import { invalid } from "@esteira/core/errors";
import {
  asyncBufferFromFile,
  parquetMetadataAsync,
  parquetReadObjects,
  parquetSchema,
  type SchemaElement,
} from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { RawRow } from "./builder.ts";
import { type ColumnName, columnsIn } from "./columns.ts";
import type { Mapping } from "./mapping.ts";

/** Rows read at a time: what bounds the memory. */
const CHUNK = 200_000;

/** Timestamps that are instants, whatever the customer's clock: the older annotation means the same. */
const isInstant = ({ logical_type: logical, converted_type: converted }: SchemaElement): boolean =>
  logical?.type === "TIMESTAMP"
    ? logical.isAdjustedToUTC
    : converted === "TIMESTAMP_MILLIS" || converted === "TIMESTAMP_MICROS";

export async function* readParquet(path: string, mapping: Mapping): AsyncGenerator<RawRow> {
  const file = await asyncBufferFromFile(path);
  let metadata: Awaited<ReturnType<typeof parquetMetadataAsync>>;
  try {
    metadata = await parquetMetadataAsync(file);
  } catch (error) {
    throw unreadable(path, error);
  }
  const elements = parquetSchema(metadata).children.map((child) => child.element);
  columnsIn(
    elements.map(({ name }) => name),
    mapping,
    path,
  );
  const instants = new Set(elements.filter(isInstant).map(({ name }) => name));
  const rows = Number(metadata.num_rows);
  const columns = Object.values(mapping.columns).filter((column) => column !== undefined);
  let object: Record<string, unknown> = {};
  const cursor = {
    row: 0,
    value(name: ColumnName): unknown {
      const column = mapping.columns[name] ?? "";
      const found = object[column];
      return found instanceof Date && instants.has(column) ? found.getTime() : found;
    },
  };
  for (let from = 0; from < rows; from += CHUNK) {
    const objects = await parquetReadObjects({
      file,
      metadata,
      columns,
      compressors,
      rowStart: from,
      rowEnd: Math.min(rows, from + CHUNK),
    }).catch((error: unknown) => {
      throw unreadable(`${path}, rows ${from + 1} to ${Math.min(rows, from + CHUNK)},`, error);
    });
    for (let at = 0; at < objects.length; at++) {
      object = objects[at]!;
      cursor.row = from + at + 1;
      yield cursor;
    }
  }
}

const unreadable = (what: string, error: unknown): Error =>
  invalid(`${what} cannot be read as Parquet (${error instanceof Error ? error.message : error}).`);

import { invalid } from "@esteira/core/errors";
import { asyncBufferFromFile, parquetMetadataAsync, parquetReadObjects, parquetSchema } from "hyparquet";
import { compressors } from "hyparquet-compressors";
import type { RawRow } from "./builder.ts";
import { columnsIn } from "./columns.ts";
import type { Mapping } from "./mapping.ts";

/** Rows read at a time: what bounds the memory. */
const CHUNK = 200_000;

export async function* readParquet(path: string, mapping: Mapping): AsyncGenerator<RawRow> {
  const file = await asyncBufferFromFile(path);
  let metadata: Awaited<ReturnType<typeof parquetMetadataAsync>>;
  try {
    metadata = await parquetMetadataAsync(file);
  } catch (error) {
    throw invalid(`${path} cannot be read as Parquet (${error instanceof Error ? error.message : error}).`);
  }
  const names = parquetSchema(metadata).children.map((child) => child.element.name);
  columnsIn(names, mapping, path);
  const rows = Number(metadata.num_rows);
  const columns = Object.values(mapping.columns).filter((column) => column !== undefined);
  for (let from = 0; from < rows; from += CHUNK) {
    const objects = await parquetReadObjects({
      file,
      metadata,
      columns,
      compressors,
      rowStart: from,
      rowEnd: Math.min(rows, from + CHUNK),
    });
    for (const [index, object] of objects.entries()) {
      yield { row: from + index + 1, value: (name) => object[mapping.columns[name] ?? ""] };
    }
  }
}

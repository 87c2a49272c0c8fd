/** The Parquet files of a Spark folder, as objects. */

import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { invalid, notFound } from "@esteira/core/errors";
import { type AsyncBuffer, parquetMetadataAsync, parquetReadObjects } from "hyparquet";
import { compressors } from "hyparquet-compressors";

/** Models beyond this many rows (nodes of trees, mostly) are refused. */
const MAX_ROWS = 20_000_000;

export type DataRow = Readonly<Record<string, unknown>>;

/** What Spark itself passes over: its marker of success, checksums, hidden files. */
const isData = (name: string): boolean => !name.startsWith("_") && !name.startsWith(".");

/** Names of the part files in a folder that Spark wrote, in order. Throws RESOURCE_DOES_NOT_EXIST when there is none. */
export async function listParts(folder: string): Promise<readonly string[]> {
  const names = await readdir(folder).catch((error: unknown) => {
    throw notFound(
      `The model has no folder '${folder}' (${error instanceof Error && "code" in error ? error.code : error})`,
    );
  });
  const parts = names.filter(isData).sort();
  if (parts.length === 0) throw notFound(`The folder '${folder}' of the model is empty`);
  return parts;
}

/** All rows of all parts. Throws INVALID_PARAMETER_VALUE when one cannot be read. */
export async function readParquetFolder(folder: string): Promise<readonly DataRow[]> {
  const rows: DataRow[] = [];
  for (const part of await listParts(folder)) {
    const path = join(folder, part);
    const bytes = await readFile(path);
    const file: AsyncBuffer = {
      byteLength: bytes.byteLength,
      slice: (start, end) => {
        const view = bytes.subarray(start, end);
        return view.buffer.slice(view.byteOffset, view.byteOffset + view.byteLength) as ArrayBuffer;
      },
    };
    try {
      const metadata = await parquetMetadataAsync(file);
      if (rows.length + Number(metadata.num_rows) > MAX_ROWS) throw new Error(`more than ${MAX_ROWS} rows`);
      for (const row of await parquetReadObjects({ file, metadata, compressors })) rows.push(row);
    } catch (error) {
      throw invalid(
        `'${path}' cannot be read as Parquet (${error instanceof Error ? error.message : String(error)}): the model is damaged`,
      );
    }
  }
  return rows;
}

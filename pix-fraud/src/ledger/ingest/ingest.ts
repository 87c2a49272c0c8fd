import { access, constants, stat } from "node:fs/promises";
import { extname } from "node:path";
import { invalid, notFound } from "@esteira/core/errors";
import type { Ledger } from "../ledger.ts";
import { buildLedger } from "./builder.ts";
import { readMapping } from "./mapping.ts";
import { readCsv } from "./read-csv.ts";
import { readParquet } from "./read-parquet.ts";

export interface IngestOptions {
  /** A preset's name or a mapping file; the preset `default` (id, time, payer, payee, amount, label) when absent. */
  readonly mapping?: string;
  /** Accept rows that are not ordered by time. */
  readonly sort?: boolean;
}

/**
 * Reads a file of transfers into a ledger. Bad input is one INVALID_PARAMETER_VALUE sentence with its row and column, and
 * nothing is made.
 */
export async function ingestFile(path: string, options: IngestOptions = {}): Promise<Ledger> {
  const mapping = await readMapping(options.mapping ?? "default");
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile()) throw notFound(`There is no file '${path}'.`);
  await access(path, constants.R_OK).catch((error: Error) => {
    throw invalid(`'${path}' cannot be read (${error.message.split(",")[0]}).`);
  });
  const extension = extname(path).toLowerCase();
  const readers: Readonly<Record<string, typeof readCsv>> = { ".csv": readCsv, ".parquet": readParquet };
  const read = readers[extension];
  if (read === undefined) {
    throw invalid(`'${path}' ends in '${extension}': expected ${Object.keys(readers).join(" or ")}.`);
  }
  return buildLedger(read(path, mapping), mapping, { file: path, sort: options.sort ?? false });
}

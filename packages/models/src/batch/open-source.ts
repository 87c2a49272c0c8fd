/** A file of rows, by its kind. */

import { access } from "node:fs/promises";
import { notFound } from "@esteira/core/errors";
import type { ServableModel } from "../flavors/flavor.ts";
import { isTensorSchema } from "../format/signature.ts";
import type { BatchSource } from "./batch.ts";
import { openCsv } from "./csv-source.ts";
import { openJsonl } from "./jsonl-source.ts";
import { openParquet, type TakesNumbers } from "./parquet-source.ts";

export const FILE_KINDS = ["csv", "jsonl", "parquet"] as const;
export type FileKind = (typeof FILE_KINDS)[number];

const ROWS_AT_ONCE = 65_536;

/**
 * Opens a file to read it from its beginning. `wanted` says which columns are read where a file lets one choose (Parquet), and `isNumber` which
 * may come as numbers, NaN for a missing one.
 * Throws RESOURCE_DOES_NOT_EXIST for a file that is not there, INVALID_PARAMETER_VALUE for one that is not of its kind.
 */
export async function openSource(
  path: string,
  kind: FileKind,
  options: {
    readonly wanted: (name: string) => boolean;
    readonly isNumber?: TakesNumbers | undefined;
    readonly rowsAtOnce?: number | undefined;
  },
): Promise<BatchSource> {
  await access(path).catch(() => {
    throw notFound(`The input '${path}' cannot be read: there is no such file.`);
  });
  const rowsAtOnce = options.rowsAtOnce ?? ROWS_AT_ONCE;
  const { wanted, isNumber } = options;
  if (kind === "parquet") return openParquet(path, { wanted: (names) => names.filter(wanted), isNumber }, rowsAtOnce);
  return (kind === "csv" ? openCsv : openJsonl)(path, rowsAtOnce);
}

/** The columns that the model reads by name; undefined when it reads all, by position. */
export function inputColumns({ signature }: ServableModel): ReadonlySet<string> | undefined {
  const schema = signature?.inputs;
  if (schema === undefined || schema.length === 0 || isTensorSchema(schema)) return undefined;
  const names = schema.flatMap((spec) => (spec.kind === "column" && spec.name !== undefined ? [spec.name] : []));
  return names.length === schema.length ? new Set(names) : undefined;
}

/** Which columns may come as numbers, NaN for a missing one: of real numbers, and of whole ones where the file holds whole numbers only. */
export function numberColumns({ signature }: ServableModel): TakesNumbers {
  const schema = signature?.inputs;
  if (schema === undefined || isTensorSchema(schema)) return () => false;
  const types = new Map(schema.flatMap((spec) => (spec.kind === "column" ? [[spec.name, spec.type]] : [])));
  return (name, isWhole) => {
    const type = types.get(name);
    return type === "double" || type === "float" || (isWhole && (type === "integer" || type === "long"));
  };
}

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import { bytesOf, columnOf } from "../ledger/column-file.ts";
import { featuresByName } from "./catalogue.ts";
import { catalogueDigest } from "./describe.ts";
import type { FeatureTable } from "./offline.ts";
import { tableDigest } from "./table-digest.ts";

const MANIFEST = "features.json";
const VALUES = "values.f32.bin";
const manifestWire = z.object({
  version: z.literal(1),
  names: z.array(z.string()),
  rows: z.number().int(),
  firstRow: z.number().int(),
  /** What the columns mean, and their values with it. */
  catalogueDigest: z.string(),
  digest: z.string(),
});

/** Writes a feature table as files: `features.json`, and its values row by row, 32-bit little-endian. */
export async function writeTable(table: FeatureTable, folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  const { names, rows, firstRow, features, values } = table;
  await writeFile(join(folder, VALUES), bytesOf(values));
  const manifest = {
    version: 1,
    names,
    rows,
    firstRow,
    catalogueDigest: catalogueDigest(features),
    digest: tableDigest(table),
  };
  await writeFile(join(folder, MANIFEST), `${JSON.stringify(manifest, null, 2)}\n`);
}

/**
 * Reads what `writeTable` has written.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for a folder that is none, for a table whose features mean something else here, and
 * for values that are not those of the manifest.
 */
export async function readTable(folder: string): Promise<FeatureTable> {
  const text = await readFile(join(folder, MANIFEST), "utf8").catch((error: unknown) => {
    throw invalid(
      `'${folder}' holds no features (${error instanceof Error ? error.message : String(error)}): expected a folder that the step 'prepare' has written.`,
    );
  });
  const { names, rows, firstRow, ...digests } = manifestWire.parse(JSON.parse(text));
  const features = featuresByName(names);
  if (catalogueDigest(features) !== digests.catalogueDigest)
    throw invalid(`The features in '${folder}' are of another version than this code computes: prepare them again.`);
  const values = columnOf("f32", await readFile(join(folder, VALUES)));
  if (!(values instanceof Float32Array) || values.length !== rows * names.length)
    throw invalid(
      `The features in '${folder}' have ${values.length} values, expected ${rows} rows of ${names.length}.`,
    );
  const table = { names, features, rows, firstRow, values };
  if (tableDigest(table) !== digests.digest)
    throw invalid(
      `The features in '${folder}' are not what their features.json says: they were changed after they were written.`,
    );
  return table;
}

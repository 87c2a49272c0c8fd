/** A stage as Spark saved it: a line of JSON with its class and parameters, and Parquet with what it learned. */

import { readFile, realpath } from "node:fs/promises";
import { join } from "node:path";
import { invalid, notFound } from "@esteira/core/errors";
import { parseJson } from "../../format/json.ts";
import { asBoolean, asNumber, asText, asTexts, type Field, get, isAbsent } from "./fields.ts";
import { type DataRow, listParts, readParquetFolder } from "./parquet.ts";

export interface SavedStage {
  readonly folder: string;
  /** `org.apache.spark.ml.feature.Imputer` ... */
  readonly className: string;
  readonly uid: string;
  /** The version of Spark that saved it. */
  readonly sparkVersion: string;
  /** What stands beside the parameters: numFeatures, numClasses, numTrees ... */
  extra(name: string): Field;
  /** A parameter: set, else its default. The value is undefined when there is neither. */
  param(name: string): Field;
  /** The rows of the subfolder `data`, or of another one. */
  rows(subfolder?: string): Promise<readonly DataRow[]>;
  /** Rows as fields, so that what they lack is told by name. */
  fields(subfolder?: string): Promise<readonly Field[]>;
}

const MAX_METADATA = 16 * 1024 * 1024;

/** The simple name, without the package: what messages use. */
export const simpleName = (className: string): string => className.slice(className.lastIndexOf(".") + 1);

/** Throws RESOURCE_DOES_NOT_EXIST when the folder is no saved stage, INVALID_PARAMETER_VALUE when it is a damaged one. */
export async function readSavedStage(folder: string): Promise<SavedStage> {
  const metadata = join(folder, "metadata");
  const [part] = await listParts(metadata);
  const path = join(metadata, part!);
  const root = await realpath(folder);
  const real = await realpath(path);
  if (!real.startsWith(root)) throw invalid(`'${path}' leads out of the model's folder`);
  const text = await readFile(path, "utf8").catch(() => {
    throw notFound(`The model has no file '${path}'`);
  });
  if (text.length > MAX_METADATA) throw invalid(`'${path}' has ${text.length} characters, too many`);
  const json: Field = { where: "", value: parseJson(text, `'${path}'`) };
  const className = asText(get(json, "class"));
  const name = simpleName(className);
  const where = (field: Field, key: string): Field => ({ ...get(field, key), where: `${name}.${key}` });
  const paramMap = get(json, "paramMap");
  const defaults = get(json, "defaultParamMap");
  return {
    folder,
    className,
    uid: asText(get(json, "uid")),
    sparkVersion: asText(get(json, "sparkVersion")),
    extra: (key) => where(json, key),
    param(key) {
      const given = where(paramMap, key);
      return isAbsent(given) && !isAbsent(defaults) ? where(defaults, key) : given;
    },
    rows: (subfolder = "data") => readParquetFolder(join(folder, subfolder)),
    async fields(subfolder = "data") {
      const rows = await readParquetFolder(join(folder, subfolder));
      return rows.map((value, i) => ({ where: `${name}.${subfolder}[${i}]`, value }));
    },
  };
}

/** The one row of a stage's data. */
export async function onlyRow(saved: SavedStage): Promise<Field> {
  const rows = await saved.fields();
  if (rows.length !== 1)
    throw invalid(`The Spark model is not valid: ${simpleName(saved.className)} must have one row of data`);
  return rows[0]!;
}

export const textParam = (saved: SavedStage, name: string): string => asText(saved.param(name));
export const numberParam = (saved: SavedStage, name: string): number => asNumber(saved.param(name));
export const booleanParam = (saved: SavedStage, name: string): boolean => asBoolean(saved.param(name));
export const hasParam = (saved: SavedStage, name: string): boolean => !isAbsent(saved.param(name));

/** A name that is empty counts as not given, as MLlib has it. */
export const columnParam = (saved: SavedStage, name: string): string | undefined => {
  const text = hasParam(saved, name) ? textParam(saved, name) : "";
  return text === "" ? undefined : text;
};

/** `outputCol`, which MLlib calls after the stage's uid unless it is given. */
export const outputParam = (saved: SavedStage, name = "outputCol"): string =>
  columnParam(saved, name) ?? `${saved.uid}__output`;

export interface InOut {
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
}

/** `inputCols` and `outputCols`, or the single `inputCol` and `outputCol`. */
export function columnPairs(saved: SavedStage): InOut {
  if (hasParam(saved, "inputCols")) {
    const inputs = asTexts(saved.param("inputCols"));
    const outputs = asTexts(saved.param("outputCols"));
    if (inputs.length !== outputs.length)
      throw invalid(
        `The Spark model is not valid: ${simpleName(saved.className)} has ${inputs.length} inputCols and ${outputs.length} outputCols`,
      );
    return { inputs, outputs };
  }
  return { inputs: [textParam(saved, "inputCol")], outputs: [outputParam(saved)] };
}

/** One of a set of words, else a refusal that lists them. */
export function choiceParam<const T extends string>(saved: SavedStage, name: string, choices: readonly T[]): T {
  const value = textParam(saved, name);
  const found = choices.find((choice) => choice === value);
  if (found === undefined)
    throw invalid(
      `The Spark model is not valid: ${simpleName(saved.className)}.${name} is '${value}', expected ${choices.join(", ")}`,
    );
  return found;
}

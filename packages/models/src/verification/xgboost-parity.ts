/** Golden rows through libxgboost, in this process, and through our flavor. */

import { invalid } from "@esteira/core/errors";
import { Booster } from "../engines/xgboost/booster.ts";
import { locateXgboost } from "../engines/xgboost/library.ts";
import { type NativeXgboost, openXgboost } from "../engines/xgboost/native.ts";
import { loadModel } from "../flavors/load-model.ts";
import { readModelFile } from "../format/model-folder.ts";
import { goldenRows, namedColumns, rowsOf } from "./golden-rows.ts";
import { compareAnswers, valuesOf } from "./parity.ts";
import { type ParityQuestion, type ParityReport, reportParity } from "./parity-report.ts";

/** What MLflow calls a native model of XGBoost; older files say no class, and hold one. */
const BOOSTER = "xgboost.core.Booster";

export interface XgboostQuestion {
  /** Of the model, with a signature of columns of numbers. */
  readonly folder: string;
  /** The model as XGBoost saved it: what libxgboost is asked with. */
  readonly modelBytes: Uint8Array;
  /** Rows of numbers in the order of the signature, from which golden rows are made; NaN is a missing value. */
  readonly given: readonly (readonly number[])[];
  readonly native: NativeXgboost;
  readonly digest: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** How far an answer may lie from libxgboost's, by the size of the larger, or by 1. */
  readonly tolerance: number;
}

/**
 * A model folder against libxgboost, found or installed as for training. Throws INVALID_PARAMETER_VALUE when the model is no Booster of
 * XGBoost, whose answers libxgboost gives itself, or its columns are no numbers.
 */
export async function compareModelWithXgboost(question: ParityQuestion): Promise<ParityReport> {
  const { model, folder, example } = question;
  const { data, model_class: kind = BOOSTER } = model.config.flavors.xgboost ?? {};
  if (typeof data !== "string" || kind !== BOOSTER)
    throw invalid(
      `The model is ${typeof data === "string" ? `a ${String(kind)}` : "none of XGBoost"}; libxgboost answers as a ${BOOSTER} alone: compare with python`,
    );
  const columns = namedColumns(model.signature?.inputs);
  const given = rowsOf(example, columns).map((row) => row.map((cell) => (cell === null ? Number.NaN : Number(cell))));
  const library = await locateXgboost();
  const modelBytes = await readModelFile(folder, data);
  return compareWithXgboost({ ...question, modelBytes, given, native: openXgboost(library.path) });
}

/** Throws INVALID_PARAMETER_VALUE when the folder has no model of XGBoost, or no signature of columns. */
export async function compareWithXgboost(question: XgboostQuestion): Promise<ParityReport> {
  const { folder, modelBytes, given, native } = question;
  const model = await loadModel(folder);
  const columns = namedColumns(model.signature?.inputs);
  const golden = goldenRows(given, columns);
  const { names, rows } = golden;
  const cells = rows.map((row) => row.map((cell) => (typeof cell === "number" ? cell : Number.NaN)));
  const table = {
    names,
    columns: names.map((_, column) => Float64Array.from(cells, (row) => row[column]!)),
    rowCount: rows.length,
  };
  const ours = model.predict(table).map((prediction) => valuesOf(prediction));
  const booster = Booster.load(native, modelBytes);
  try {
    const theirs = await booster.predictBatch(Float32Array.from(cells.flat()), rows.length);
    const width = theirs.length / rows.length;
    const answers = rows.map((_, row) => Array.from(theirs.subarray(row * width, (row + 1) * width)));
    const parity = compareAnswers(rows, golden.kinds, ours, answers);
    return reportParity("xgboost", question, { xgboost: native.version }, parity);
  } finally {
    booster.dispose();
  }
}

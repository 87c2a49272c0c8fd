/** Golden rows through libxgboost, in this process, and through our flavor. */

import { Booster } from "../engines/xgboost/booster.ts";
import type { NativeXgboost } from "../engines/xgboost/native.ts";
import { loadModel } from "../flavors/load-model.ts";
import { goldenRows, namedColumns } from "./golden-rows.ts";
import { compareAnswers, valuesOf } from "./parity.ts";
import { type ParityReport, reportParity } from "./parity-report.ts";

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
    const parity = compareAnswers(
      rows,
      golden.kinds,
      ours,
      Array.from(theirs, (value) => [value]),
    );
    return reportParity("xgboost", question, { xgboost: native.version }, parity);
  } finally {
    booster.dispose();
  }
}

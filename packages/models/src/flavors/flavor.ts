/** What a flavor is, and what a model is once loaded: enough to serve and to evaluate it, whatever made it. */

import type { Answer } from "../format/answer.ts";
import type { Frame } from "../format/enforce.ts";
import type { ModelConfig } from "../format/mlmodel.ts";
import type { Params } from "../format/params.ts";
import type { ModelSignature } from "../format/signature.ts";
import type { ColumnarTable } from "../format/table.ts";

/**
 * One answer a row: a number, or lists of numbers (probabilities of classes, contributions, leaves). Pipelines that end
 * in a transformer may answer text, truth or null. A model with several outputs answers them by name.
 */
export type Prediction = number | string | boolean | null | readonly Prediction[] | PredictionRecord;
export interface PredictionRecord {
  readonly [output: string]: Prediction;
}

export const isRecord = (prediction: Prediction | undefined): prediction is PredictionRecord =>
  typeof prediction === "object" && prediction !== null && !Array.isArray(prediction);

/** Values of one row in a model's order, NaN where missing. A model of single precision rounds doubles by itself. */
export type Row = Float32Array | Float64Array;

/** A model asked row by row without a table, for the hot path. */
export interface RowScorer {
  /** What a row holds, in order; "0", "1" ... when the model has no names. NaN is a missing value. */
  readonly featureNames: readonly string[];
  /** What `predict` answers for the row. */
  score(row: Row): number;
  /** The raw score, before the link. */
  margin(row: Row): number;
  /** Contributions of the features to the margin, in order, then the expected margin: `featureNames.length + 1`. */
  explain(row: Row): Float64Array;
}

/** A model that can be served; its engine may be another thread or process. */
export interface ServableModel {
  readonly config: ModelConfig;
  readonly signature: ModelSignature | undefined;
  /** One prediction a row. Columns are taken by name. Throws BAD_REQUEST when the table does not fit the model. */
  predict(table: ColumnarTable, params?: Params): Prediction[] | Promise<Prediction[]>;
  /** Absent when a row's answer is not one number. */
  readonly rowScorer?: RowScorer;
  /** Answers a request's body as it came, where the engine speaks MLflow's protocol itself: refusals are answers, too. */
  readonly invoke?: (body: Uint8Array, contentType: string) => Promise<Answer>;
  /**
   * What MLflow's server answers as `predictions` to a request's frame, for models whose answer may be no list of one a row; they type the
   * frame themselves. Throws as `predict`.
   */
  readonly respond?: (frame: Frame) => Promise<Prediction>;
  /** False while what scores the model is not there, and is started again; absent where it always is. */
  readonly isReady?: () => boolean;
  /** Frees what the model holds outside of this process. Nothing may be asked of it afterwards. */
  readonly close?: () => Promise<void>;
}

/** A model that answers at once, in this process. */
export interface LoadedModel extends ServableModel {
  predict(table: ColumnarTable, params?: Params): Prediction[];
}

/** A way to load models; those that answer at once, unless said otherwise. */
export interface Flavor<Model extends ServableModel = LoadedModel> {
  /** Throws INVALID_PARAMETER_VALUE or RESOURCE_DOES_NOT_EXIST when the folder does not hold what MLmodel says. */
  load(folder: string, config: ModelConfig): Promise<Model>;
}

/** Predictions of a model that answers one number a row. Throws when one is a list. */
export function toNumbers(predictions: readonly Prediction[]): number[] {
  return predictions.map((prediction) => {
    if (typeof prediction !== "number") throw new TypeError("The model answers something else than one number a row");
    return prediction;
  });
}

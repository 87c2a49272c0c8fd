/**
 * What trains a binary classifier. The two trainers take the same input and give the same kind of model, so that
 * changing one for the other is changing one parameter.
 */

export type TrainerName = "xgboost" | "random-forest";

export type ParamValue = number | string | boolean;
export type Params = Readonly<Record<string, ParamValue>>;

export interface TrainingData {
  readonly featureNames: readonly string[];
  readonly rows: number;
  /** Row-major, rows x features. NaN is a missing value; infinities are refused. */
  readonly values: Float32Array;
  /** 0 or 1, one a row. */
  readonly labels: Uint8Array;
  /** Finite and not negative, one a row. Default 1. */
  readonly weights?: Float32Array;
}

export type RoundMetrics = Readonly<Record<string, number>>;

export interface TrainInput {
  readonly train: TrainingData;
  /** Where metrics are measured and training stops early. Its features must be those of `train`, in the same order. */
  readonly validation?: TrainingData;
  /** Over the trainer's `defaults`. A name that the trainer does not know is refused. */
  readonly params: Params;
  /** 1: the score may only rise with the feature; -1: only fall. */
  readonly monotone?: Readonly<Record<string, 1 | -1>>;
  /** A whole number from 0 to 2,147,483,647. The same data, params, seed and threads give the same model bytes. */
  readonly seed: number;
  /** Default: as many as the machine has. */
  readonly threads?: number;
  /** After each round, counted from 0; metrics are keyed `validation-aucpr`, as XGBoost names them. */
  readonly onRound?: (round: number, metrics: RoundMetrics) => void;
  /** Looked at between rounds; training then rejects with the signal's reason. */
  readonly signal?: AbortSignal;
}

export interface FeatureImportance {
  readonly feature: string;
  /** Mean improvement of the objective by a split on the feature. */
  readonly gain: number;
  /** How many splits use the feature. */
  readonly weight: number;
  /** Mean sum of hessians that pass a split on the feature. */
  readonly cover: number;
}

export interface TrainedModel {
  readonly trainer: TrainerName;
  /** UBJ, cut after the best round: what `xgboost.Booster.load_model` opens. */
  readonly modelBytes: Uint8Array;
  /** Counted from 0; the last round when nothing stopped early. */
  readonly bestIteration: number;
  /** Trained, including those after the best one. */
  readonly rounds: number;
  /** Every parameter that shaped the model, as XGBoost has resolved it. */
  readonly resolvedParams: Record<string, ParamValue>;
  readonly history: readonly { readonly round: number; readonly metrics: RoundMetrics }[];
  /** Every feature, the largest gain first; a feature that no tree uses has zeros. */
  readonly importance: readonly FeatureImportance[];
  /** Probabilities of class 1, one a row, by libxgboost. A forest's, being means, can leave [0, 1] by a rounding. */
  predict(values: Float32Array, rows: number): Promise<Float32Array>;
  /**
   * SHAP values, row-major, rows x (features + 1); the last column is the bias. A row's sum is its score: in log odds
   * for xgboost, in probability for random-forest.
   */
  contributions(values: Float32Array, rows: number): Promise<Float32Array>;
  /** Frees libxgboost's memory. `modelBytes` and the other fields stay. */
  dispose(): void;
}

export interface Trainer {
  readonly name: TrainerName;
  readonly defaults: Readonly<Record<string, ParamValue>>;
  /** @throws EsteiraError INVALID_PARAMETER_VALUE, one sentence, for data or params that cannot be trained on. */
  train(input: TrainInput): Promise<TrainedModel>;
}

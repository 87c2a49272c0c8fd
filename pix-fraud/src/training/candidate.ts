import type { LoggedModel } from "@esteira/core/entities/logged-model";
import type { RunId } from "@esteira/core/ids";
import type { NativeXgboost } from "@esteira/models/engines/xgboost/native";
import type { EvaluationReport } from "@esteira/models/evaluation/evaluate";
import { thresholdForBudget } from "@esteira/models/evaluation/threshold";
import type { Params, RoundMetrics, TrainedModel, TrainerName } from "@esteira/models/training/trainer";
import { createTrainer } from "@esteira/models/training/trainers";
import { ALERT_BUDGET } from "../policy/policy.ts";
import { correctAll } from "./probabilities.ts";
import { judge, type Study } from "./study.ts";

/** A trained model with its judgement on the test rows. */
export interface Judged {
  readonly trainer: TrainerName;
  readonly params: Params;
  readonly model: TrainedModel;
  /** Undoes the weight of positives: a factor on the odds of the model's raw probability. */
  readonly weightFactor: number;
  /** On corrected probabilities, chosen on validation rows for the alert budget. */
  readonly threshold: number;
  readonly validationScores: Float64Array;
  readonly testScores: Float64Array;
  readonly test: EvaluationReport;
}

/** A judged model that the tracking server knows. */
export interface Candidate extends Judged {
  readonly runId: RunId;
  readonly runArtifactUri: string;
  readonly logged: LoggedModel;
  /** SHA-256 of the model's bytes. */
  readonly digest: string;
}

export interface TrainOptions {
  readonly trainer: TrainerName;
  readonly params: Params;
  readonly seed: number;
  readonly signal: AbortSignal;
  /** Measures each round on the validation rows, and stops early by them. Default true. */
  readonly watch?: boolean;
  readonly onRound?: (round: number, metrics: RoundMetrics) => void;
}

/** The directions that the domain demands, for the features that this table has. */
function monotoneOf(study: Study): Record<string, 1 | -1> {
  return Object.fromEntries(
    study.table.features.flatMap((feature) =>
      feature.monotone === undefined ? [] : [[feature.name, feature.monotone]],
    ),
  );
}

export function fit(native: NativeXgboost, study: Study, options: TrainOptions): Promise<TrainedModel> {
  return createTrainer(options.trainer, native).train({
    train: study.train,
    ...((options.watch ?? true) ? { validation: study.validation } : {}),
    params: options.params,
    monotone: monotoneOf(study),
    seed: options.seed,
    signal: options.signal,
    ...(options.onRound ? { onRound: options.onRound } : {}),
  });
}

export async function judgeModel(study: Study, model: TrainedModel, params: Params, seed: number): Promise<Judged> {
  const weightFactor = 1 / Number(model.resolvedParams.scale_pos_weight ?? 1);
  const validationScores = correctAll(
    await model.predict(study.validation.values, study.validation.rows),
    weightFactor,
  );
  const testScores = correctAll(await model.predict(study.test.values, study.test.rows), weightFactor);
  const threshold = thresholdForBudget(validationScores, ALERT_BUDGET);
  return {
    trainer: model.trainer,
    params,
    model,
    weightFactor,
    threshold,
    validationScores,
    testScores,
    test: judge(study, testScores, threshold, seed),
  };
}

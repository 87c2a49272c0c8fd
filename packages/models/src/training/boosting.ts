import { availableParallelism } from "node:os";
import { invalid } from "@esteira/core/errors";
import { Booster, type NamedMatrix } from "../engines/xgboost/booster.ts";
import { TrainingMatrix } from "../engines/xgboost/matrix.ts";
import type { NativeXgboost } from "../engines/xgboost/native.ts";
import { EarlyStopping } from "./early-stopping.ts";
import { importanceOf } from "./importance.ts";
import { resolvedParamsOf } from "./resolved-params.ts";
import type { ParamValue, RoundMetrics, TrainedModel, TrainerName, TrainInput, TrainingData } from "./trainer.ts";
import { checkTrainingData } from "./training-data.ts";

/** One training, its params already checked. */
export interface BoostingPlan {
  readonly trainer: TrainerName;
  readonly input: TrainInput;
  readonly rounds: number;
  readonly objective: "binary:logistic" | "reg:squarederror";
  /** Rounds without improvement after which training stops; 0 never stops. */
  readonly patience: number;
  /** For libxgboost, except `eval_metric` (a list) and `eval_train`, which are read here. */
  readonly params: Readonly<Record<string, ParamValue>>;
  /** Ours alone: recorded, not given to libxgboost. */
  readonly ownParams: Readonly<Record<string, ParamValue>>;
}

interface Rounds {
  readonly bestIteration: number;
  readonly bestScore: number | undefined;
  readonly count: number;
  readonly history: { round: number; metrics: RoundMetrics }[];
}

export async function trainBoosted(native: NativeXgboost, plan: BoostingPlan): Promise<TrainedModel> {
  const { input } = plan;
  checkTrainingData(input);
  const seed = wholeNumber("seed", input.seed, 0, 2_147_483_647);
  const threads = wholeNumber("threads", input.threads ?? availableParallelism(), 1, 1_024);
  input.signal?.throwIfAborted();

  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(resource: T): T => {
    owned.push(resource);
    return resource;
  };
  try {
    const maxBin = Number(plan.params.max_bin);
    /** Bins serve hist only: exact needs the values themselves. */
    const matrixOf = async (data: TrainingData, reference?: TrainingMatrix) =>
      plan.params.tree_method === "exact"
        ? TrainingMatrix.dense(native, tableOf(data))
        : TrainingMatrix.quantile(native, tableOf(data), { maxBin, threads, ...(reference ? { reference } : {}) });
    const train = own(await matrixOf(input.train));
    const watched: NamedMatrix[] = [];
    if (plan.params.eval_train === true) watched.push({ name: "train", matrix: train });
    if (input.validation !== undefined) {
      const matrix = own(await matrixOf(input.validation, train));
      watched.push({ name: "validation", matrix });
    }
    const booster = own(
      Booster.create(native, [train, ...watched.map(({ matrix }) => matrix)], boosterParams(plan, seed, threads)),
    );
    booster.setFeatures(input.train.featureNames);
    const rounds = await runRounds(booster, train, watched, plan);
    const resolvedParams = {
      ...plan.ownParams,
      ...resolvedParamsOf(booster.config(), plan.params),
      seed,
      threads,
      xgboost_version: native.version,
    };
    const best = booster.slice(0, rounds.bestIteration + 1);
    try {
      return describe(best, plan, rounds, resolvedParams);
    } catch (error) {
      best.dispose();
      throw error;
    }
  } finally {
    for (const resource of owned.reverse()) resource.dispose();
  }
}

function wholeNumber(what: string, value: number, min: number, max: number): number {
  if (!Number.isInteger(value) || value < min || value > max) {
    throw invalid(`The ${what} must be a whole number from ${min} to ${max}, not ${value}.`);
  }
  return value;
}

const tableOf = ({ values, rows, featureNames, labels, weights }: TrainingData) => ({
  values,
  rows,
  columns: featureNames.length,
  labels: Float32Array.from(labels),
  weights,
});

function boosterParams(plan: BoostingPlan, seed: number, threads: number): [string, ParamValue][] {
  const { eval_metric: metrics, eval_train: _evalTrain, ...rest } = plan.params;
  const { featureNames } = plan.input.train;
  const monotone = plan.input.monotone ?? {};
  const directions = featureNames.map((name) => (Object.hasOwn(monotone, name) ? monotone[name] : 0));
  return [
    ["objective", plan.objective],
    ["tree_method", "hist"],
    ["nthread", threads],
    ["seed", seed],
    ...Object.entries(rest),
    ...(Object.keys(monotone).length > 0
      ? ([["monotone_constraints", `(${directions.join(",")})`]] satisfies [string, ParamValue][])
      : []),
    ...metricsOf(metrics).map((metric): [string, ParamValue] => ["eval_metric", metric]),
  ];
}

const metricsOf = (list: ParamValue | undefined): string[] => [
  ...new Set(
    String(list ?? "aucpr")
      .split(",")
      .map((metric) => metric.trim())
      .filter((metric) => metric !== ""),
  ),
];

async function runRounds(
  booster: Booster,
  train: TrainingMatrix,
  watched: readonly NamedMatrix[],
  plan: BoostingPlan,
): Promise<Rounds> {
  const { input } = plan;
  const metric = metricsOf(plan.params.eval_metric).at(-1) ?? "aucpr";
  const stopping = input.validation === undefined ? undefined : new EarlyStopping(metric, plan.patience);
  const history: Rounds["history"] = [];
  for (let round = 0; round < plan.rounds; round++) {
    input.signal?.throwIfAborted();
    const metrics = await booster.update(round, train, watched);
    history.push({ round, metrics });
    input.onRound?.(round, metrics);
    if (stopping?.observe(round, metrics[`validation-${metric}`]) === "stop") break;
  }
  input.signal?.throwIfAborted();
  const count = history.length;
  const early = plan.patience > 0 ? stopping?.best : undefined;
  return { bestIteration: early?.round ?? count - 1, bestScore: early?.score, count, history };
}

function describe(
  best: Booster,
  plan: BoostingPlan,
  rounds: Rounds,
  resolvedParams: Record<string, ParamValue>,
): TrainedModel {
  // As Python's xgboost does, so that whoever loads the model finds the same attributes.
  if (rounds.bestScore !== undefined) {
    best.setAttribute("best_iteration", String(rounds.bestIteration));
    best.setAttribute("best_score", String(rounds.bestScore));
  }
  return {
    trainer: plan.trainer,
    modelBytes: best.save("ubj"),
    bestIteration: rounds.bestIteration,
    rounds: rounds.count,
    resolvedParams,
    history: rounds.history,
    importance: importanceOf(best, plan.input.train.featureNames),
    predict: (values, rows) => best.predictBatch(values, rows),
    contributions: (values, rows) => best.contributions(values, rows),
    dispose: () => best.dispose(),
  };
}

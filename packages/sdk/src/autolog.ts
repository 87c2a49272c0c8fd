import type { ActiveRun } from "./active-run.ts";

type Scalar = string | number | boolean;

interface TrainingTable {
  readonly rows: number;
  readonly featureNames: readonly string[];
}

/** What autolog reads of a training's input; a trainer's own input has more. */
export interface AutologInput {
  readonly params: Readonly<Record<string, Scalar>>;
  readonly train: TrainingTable;
  readonly validation?: TrainingTable | undefined;
  readonly seed?: number;
  readonly onRound?: (round: number, metrics: Readonly<Record<string, number>>) => void;
}

/** What autolog reads of a trained model. */
export interface AutologModel {
  readonly bestIteration: number;
  readonly rounds: number;
  readonly resolvedParams: Readonly<Record<string, Scalar>>;
  readonly importance: readonly { readonly feature: string; readonly gain: number; readonly weight: number }[];
}

interface AutologTrainer<Input extends AutologInput, Model extends AutologModel> {
  readonly name: string;
  train(input: Input): Promise<Model>;
}

/**
 * A trainer that logs each training to a run by itself: parameters as they were resolved, the size of the data, metrics of
 * every round, the best round, and the importance of the features. The names are those that MLflow's XGBoost autologging
 * uses. Any trainer with this shape will do; those of `@esteira/models` have it.
 */
export function autolog<Input extends AutologInput, Model extends AutologModel>(
  trainer: AutologTrainer<Input, Model>,
  run: Pick<ActiveRun, "logMetrics" | "logParams" | "logArtifact">,
): AutologTrainer<Input, Model> {
  return {
    ...trainer,
    name: trainer.name,
    async train(input) {
      const model = await trainer.train({
        ...input,
        onRound(round, metrics) {
          run.logMetrics(metrics, round);
          input.onRound?.(round, metrics);
        },
      });
      await run.logParams({
        ...model.resolvedParams,
        trainer: trainer.name,
        "data.train_rows": input.train.rows,
        ...(input.validation ? { "data.validation_rows": input.validation.rows } : {}),
        "data.features": input.train.featureNames.length,
        ...(input.seed === undefined ? {} : { seed: input.seed }),
      });
      run.logMetrics({ best_iteration: model.bestIteration, stopped_iteration: model.rounds - 1 });
      for (const kind of ["gain", "weight"] as const) {
        const scores = Object.fromEntries(model.importance.map((each) => [each.feature, each[kind]]));
        await run.logArtifact(`feature_importance_${kind}.json`, `${JSON.stringify(scores, undefined, 2)}\n`);
      }
      return model;
    },
  };
}

import type { TrainerName } from "@esteira/models/training/trainer";
import type { ActiveRun } from "@esteira/sdk/active-run";
import { environmentTags } from "@esteira/sdk/node/environment";
import type { Baseline } from "../training/baselines.ts";
import { type Candidate, fit, judgeModel } from "../training/candidate.ts";
import { searchXgboost } from "../training/search.ts";
import type { Study } from "../training/study.ts";
import { trackInputs, trackJudgement, trackModel } from "../training/track.ts";
import type { JobContext } from "./context.ts";
import { startJobRun } from "./job-run.ts";

/**
 * Trains one kind of model as one run: inputs, rounds, judgement, pictures and package are on the server when this returns.
 * XGBoost is searched, its trials nested runs; a Random Forest is trained with its defaults. A protocol may fix the params of both.
 */
export function trainTracked(
  context: JobContext,
  study: Study,
  trainer: TrainerName,
  baselines: readonly Baseline[],
  progress: (text: string) => void,
): Promise<Candidate> {
  return startJobRun(
    context,
    {
      name: `${trainer}-seed-${context.options.seed}`,
      tags: environmentTags(context.environment, "pix-fraud/src/main.ts"),
    },
    (run) => trainIn(run, context, study, trainer, baselines, progress),
  );
}

/** As `trainTracked`, in a run that is there. */
export async function trainIn(
  run: ActiveRun,
  context: JobContext,
  study: Study,
  trainer: TrainerName,
  baselines: readonly Baseline[],
  progress: (text: string) => void,
): Promise<Candidate> {
  const { options, signal } = context;
  await trackInputs(run, context, study);
  const fixed = context.protocol.fixedParams?.[trainer];
  const found =
    trainer === "xgboost" && fixed === undefined
      ? (
          await searchXgboost(context, run, study, (trial, best) => {
            run.logMetric("trial_auc_pr", trial.score, trial.number);
            run.logMetric("best_auc_pr", best.score, trial.number);
            progress(
              `trial ${trial.number + 1} of ${options.trials}: AUC-PR ${trial.score.toFixed(4)}, best ${best.score.toFixed(4)}`,
            );
          })
        ).best
      : {
          params: fixed ?? {},
          model: await fit(context.native, study, {
            trainer,
            params: fixed ?? {},
            seed: options.seed,
            signal,
            watch: fixed === undefined,
          }),
        };
  for (const { round, metrics } of found.model.history) run.logMetrics(metrics, round);
  progress("judging on the test rows");
  const judged = await judgeModel(study, found.model, found.params, options.seed);
  await trackJudgement(run, study, judged, baselines);
  return trackModel(run, context, study, judged);
}

import { createHash } from "node:crypto";
import type { RunId } from "@esteira/core/ids";
import { averagePrecision } from "@esteira/models/evaluation/average-precision";
import { type SearchSpace, sampleTrials } from "@esteira/models/training/search";
import type { Params, TrainedModel } from "@esteira/models/training/trainer";
import type { ActiveRun } from "@esteira/sdk/active-run";
import { catalogueDigest } from "../features/describe.ts";
import type { JobContext } from "../job/context.ts";
import { startJobRun } from "../job/job-run.ts";
import { fit } from "./candidate.ts";
import type { Study } from "./study.ts";

/** Where the search looks. Small trees with many rounds win on few positives: the space leans there. */
const XGBOOST_SPACE: SearchSpace = {
  learning_rate: { kind: "log-uniform", min: 0.08, max: 0.3 },
  max_depth: { kind: "integer", min: 3, max: 6 },
  min_child_weight: { kind: "log-uniform", min: 1, max: 30 },
  subsample: { kind: "uniform", min: 0.6, max: 1 },
  colsample_bytree: { kind: "uniform", min: 0.4, max: 1 },
  lambda: { kind: "log-uniform", min: 0.5, max: 20 },
  scale_pos_weight: { kind: "choice", values: [1, 5] },
};

/** The same for every trial: rounds that a minute allows, ended early by the validation rows. */
const FIXED: Params = { num_boost_round: 200, early_stopping_rounds: 20 };

/** The trainer's own defaults are always among the trials: a search that does not beat them has found nothing. */
const FIRST_TRIAL: Params = {};

export interface Trial {
  readonly number: number;
  readonly params: Params;
  /** AUC-PR on the validation rows. */
  readonly score: number;
  /** Absent when the score was found in an earlier, interrupted run of the same trial. */
  readonly model?: TrainedModel;
}

/**
 * Trains the trials as nested runs and returns the best, with its model. A trial that an earlier job has finished with the
 * same data, params, seed and library is not trained again: its score is read from its run. `esteira reproduce` trains every one.
 */
export async function searchXgboost(
  context: JobContext,
  parent: ActiveRun,
  study: Study,
  onTrial: (trial: Trial, best: Trial) => void,
): Promise<{ best: Trial & { model: TrainedModel }; trials: number }> {
  const { seed, trials: count } = context.options;
  const sampled = [FIRST_TRIAL, ...sampleTrials(XGBOOST_SPACE, count - 1, seed)].map((trial) => ({
    ...FIXED,
    ...trial,
  }));
  let best: Trial | undefined;
  for (const [number, params] of sampled.entries()) {
    context.signal.throwIfAborted();
    const key = trialKey(context, study, params);
    // A reproduction that takes over what it is to show would show nothing.
    const known = process.env.ESTEIRA_REPRODUCES === undefined ? await finishedTrial(context, key) : undefined;
    const trial =
      known === undefined
        ? await runTrial(context, parent.id, study, number, params, key)
        : { number, params, score: known };
    if (best === undefined || trial.score > best.score) {
      best?.model?.dispose();
      best = trial;
    } else {
      trial.model?.dispose();
    }
    onTrial(trial, best);
  }
  if (best === undefined) throw new Error("A search has at least one trial.");
  const model = best.model ?? (await fit(context.native, study, trialOptions(context, best.params)));
  return { best: { ...best, model }, trials: sampled.length };
}

const trialOptions = (context: JobContext, params: Params) => ({
  trainer: "xgboost" as const,
  params,
  seed: context.options.seed,
  signal: context.signal,
});

async function runTrial(
  context: JobContext,
  parentRunId: RunId,
  study: Study,
  number: number,
  params: Params,
  key: string,
): Promise<Trial> {
  return startJobRun(
    context,
    { name: `trial-${number}`, parentRunId, tags: { "esteira.trial.key": key } },
    async (run) => {
      const model = await fit(context.native, study, {
        ...trialOptions(context, params),
        onRound: (round, metrics) => run.logMetrics(metrics, round),
      });
      const scores = await model.predict(study.validation.values, study.validation.rows);
      const score = averagePrecision(scores, study.validation.labels);
      await run.logParams(model.resolvedParams);
      run.logMetric("validation_auc_pr", score);
      run.logMetric("best_iteration", model.bestIteration);
      return { number, params, score, model };
    },
  );
}

/** What a trial's score depends on. */
function trialKey(context: JobContext, study: Study, params: Params): string {
  const { timeline, ledger, table } = study;
  return createHash("sha256")
    .update(
      JSON.stringify([
        "xgboost",
        params,
        context.options.seed,
        context.library.sha256,
        ledger.origin.digest,
        catalogueDigest(table.features),
        table.names,
        timeline,
      ]),
    )
    .digest("hex");
}

async function finishedTrial(context: JobContext, key: string): Promise<number | undefined> {
  const { items } = await context.client.runs.search({
    experimentIds: [context.experimentId],
    filter: `tags.\`esteira.trial.key\` = '${key}' AND attributes.status = 'FINISHED'`,
    maxResults: 1,
  });
  return items[0]?.data.metrics.find((metric) => metric.key === "validation_auc_pr")?.value;
}

import { invalid } from "@esteira/core/errors";
import type { ActiveRun } from "@esteira/sdk/active-run";
import type { JobContext } from "../job/context.ts";
import { trainIn } from "../job/train-step.ts";
import { baselines } from "../training/baselines.ts";
import { readStudy } from "./prepare.ts";

/** One trainer on prepared data: its model, metrics and pictures are the run's. */
export async function train(
  run: ActiveRun,
  context: JobContext,
  prepared: string,
  note: (line: string) => void,
): Promise<string> {
  const { trainer, seed } = context.options;
  if (trainer === "both") throw invalid("train takes one trainer: xgboost or random-forest.");
  const study = await readStudy(prepared);
  const anchors = await baselines(study, seed, context.signal);
  const candidate = await trainIn(run, context, study, trainer, anchors, note);
  candidate.model.dispose();
  return `${trainer}: AUC-PR ${candidate.test.metrics.auc_pr?.toFixed(4)}, model ${candidate.digest.slice(0, 12)}`;
}

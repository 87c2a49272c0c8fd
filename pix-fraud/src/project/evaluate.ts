import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { renderGateTerminal } from "@esteira/lifecycle/gates/render-terminal";
import { Booster } from "@esteira/models/engines/xgboost/booster";
import { importanceOf } from "@esteira/models/training/importance";
import type { ActiveRun } from "@esteira/sdk/active-run";
import type { JobContext } from "../job/context.ts";
import { championScores, gateCandidate, openChampion } from "../job/gate-step.ts";
import { gateStyle } from "../job/summary.ts";
import { openFraudModel } from "../service/fraud-model.ts";
import { baselines } from "../training/baselines.ts";
import { judge } from "../training/study.ts";
import { readStudy } from "./prepare.ts";

/** Judges a packaged model on the test rows of prepared data, and by the gate. A refusal is a result: the run has the verdict. */
export async function evaluate(
  run: ActiveRun,
  context: JobContext,
  { prepared, model: folder }: { readonly prepared: string; readonly model: string },
): Promise<string> {
  const { seed } = context.options;
  const study = await readStudy(prepared);
  const model = await openFraudModel(folder, context.protocol.catalogue);
  const testScores = championScores(study, model);
  const test = judge(study, testScores, model.threshold, seed);
  run.logMetrics(test.metrics);
  const booster = Booster.load(context.native, await readFile(join(folder, "model.ubj")));
  try {
    const verdict = await gateCandidate(
      context,
      study,
      {
        runId: run.id,
        runArtifactUri: run.artifactUri,
        digest: model.digest,
        test,
        testScores,
        importance: importanceOf(booster, study.table.names),
        folder,
      },
      await openChampion(context),
      await baselines(study, seed, context.signal),
    );
    return renderGateTerminal(verdict, gateStyle);
  } finally {
    booster.dispose();
  }
}

import { join } from "node:path";
import { OPERATING_POINTS } from "@esteira/core/wire/operating-points";
import { ASSUMED_COSTS } from "@esteira/models/evaluation/cost";
import { operatingPoints } from "@esteira/models/evaluation/operating-points";
import { importancePicture } from "@esteira/models/pictures/bars";
import { calibrationPicture } from "@esteira/models/pictures/calibration";
import { confusionPicture } from "@esteira/models/pictures/confusion";
import { prPicture, rocPicture } from "@esteira/models/pictures/curves";
import { scoreHistogramPicture } from "@esteira/models/pictures/score-histogram";
import { shapBarPicture, shapBeeswarmPicture } from "@esteira/models/pictures/shap";
import type { ActiveRun } from "@esteira/sdk/active-run";
import { logModel } from "@esteira/sdk/node/log-model";
import { catalogueDigest, catalogueJson } from "../features/describe.ts";
import type { JobContext } from "../job/context.ts";
import { ALERT_BUDGET } from "../policy/policy.ts";
import type { Baseline } from "./baselines.ts";
import type { Candidate, Judged } from "./candidate.ts";
import { datasetInput } from "./dataset-input.ts";
import { packageModel } from "./package-model.ts";
import { proveParity } from "./parity.ts";
import type { Study } from "./study.ts";

/** SHAP pictures are drawn on this many rows: the alerts first, then honest rows evenly. */
const SHAP_ROWS = 600;

/** Params, datasets and environment: what is known of a training before it starts. */
export async function trackInputs(run: ActiveRun, context: JobContext, study: Study): Promise<void> {
  const { ledger, table, timeline, rows } = study;
  await run.logInputs([
    datasetInput(ledger, table, rows.train, timeline.train, study.train.labels, "training"),
    datasetInput(ledger, table, rows.validation, timeline.validation, study.validation.labels, "validation"),
    datasetInput(ledger, table, rows.test, timeline.test, study.test.labels, "test"),
  ]);
  await run.logParams({
    protocol: context.protocol.name,
    "data.ledger": ledger.origin.description,
    "data.ledger_digest": ledger.origin.digest,
    "data.rows": ledger.rows,
    "data.as_of": new Date(timeline.asOf).toISOString(),
    "data.maturity_days": timeline.maturityDays,
    "data.true_to_ledger_prevalence": ledger.origin.trueToLedgerPrevalence,
    "features.count": table.names.length,
    "features.digest": catalogueDigest(table.features),
    "features.table_digest": study.tableDigest,
    seed: context.options.seed,
    alert_budget: ALERT_BUDGET,
  });
  await run.logArtifact(
    "environment.json",
    `${JSON.stringify({ ...context.environment, xgboost: context.library }, null, 2)}\n`,
  );
  if (context.environment.git?.dirty) await run.logArtifact("uncommitted.diff", context.environment.git.diff);
}

/** Metrics, pictures and tables of a judged model. */
export async function trackJudgement(
  run: ActiveRun,
  study: Study,
  judged: Judged,
  baselines: readonly Baseline[],
): Promise<void> {
  run.logMetrics(judged.test.metrics);
  await run.logParams(prefixed("model.", judged.model.resolvedParams));
  const curves = (pick: "pr" | "roc", area: "auc_pr" | "auc_roc") => [
    { name: judged.trainer, curve: judged.test[pick], area: judged.test.metrics[area] ?? 0 },
    ...baselines.map(({ name, report }) => ({ name, curve: report[pick], area: report.metrics[area] ?? 0 })),
  ];
  const { test, threshold } = judged;
  const shap = await shapOf(study, judged);
  const pictures: Record<string, string> = {
    "pictures/precision_recall.svg": prPicture({ curves: curves("pr", "auc_pr"), prevalence: test.prevalence }),
    "pictures/roc.svg": rocPicture({ curves: curves("roc", "auc_roc") }),
    "pictures/calibration.svg": calibrationPicture({ bins: test.calibration, ece: test.metrics.ece ?? 0 }),
    "pictures/confusion.svg": confusionPicture({ confusion: test.atThreshold.confusion, threshold }),
    "pictures/scores.svg": scoreHistogramPicture({ histogram: test.histogram, threshold }),
    "pictures/importance.svg": importancePicture({
      features: judged.model.importance.map(({ feature, gain }) => ({ name: feature, value: gain })),
    }),
    "pictures/shap.svg": shapBarPicture({ shap }),
    "pictures/shap_beeswarm.svg": shapBeeswarmPicture({ shap }),
  };
  for (const [path, svg] of Object.entries(pictures)) await run.logArtifact(path, svg);
  await run.logArtifact("evaluation.json", `${JSON.stringify(test, null, 1)}\n`);
  const operating = operatingPoints(
    { scores: judged.testScores, ...study.testRows },
    { threshold, costs: ASSUMED_COSTS, currency: "BRL" },
  );
  await run.logArtifact(OPERATING_POINTS, `${JSON.stringify(operating)}\n`);
  await run.logArtifact("feature_catalogue.json", `${catalogueJson(study.table.features)}\n`);
}

/** The model as an MLflow model: signature, example, environment, and what a caller needs to read its score. */
export async function trackModel(
  run: ActiveRun,
  context: JobContext,
  study: Study,
  judged: Judged,
): Promise<Candidate> {
  let digest = "";
  const logged = await logModel(context.client, run, { name: "model" }, async ({ modelId }) => {
    const folder = join(context.scratch, modelId);
    digest = await packageModel(folder, study, judged, { createdAt: context.clock(), modelId, runId: run.id });
    await proveParity(folder, study, judged, { native: context.native, digest, at: context.clock() });
    return folder;
  });
  await run.setTags({ "esteira.model.sha256": digest, "esteira.trainer": judged.trainer });
  return { ...judged, runId: run.id, runArtifactUri: run.artifactUri, logged, digest };
}

const prefixed = <T>(prefix: string, record: Readonly<Record<string, T>>): Record<string, T> =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [prefix + key, value]));

async function shapOf(study: Study, judged: Judged) {
  const width = study.table.names.length;
  const rows = study.test.rows;
  const alerts: number[] = [];
  const others: number[] = [];
  const stride = Math.max(1, Math.floor(rows / SHAP_ROWS));
  for (let at = 0; at < rows; at++) {
    if (judged.testScores[at]! >= judged.threshold && alerts.length < SHAP_ROWS / 2) alerts.push(at);
    else if (at % stride === 0) others.push(at);
  }
  const chosen = [...alerts, ...others].slice(0, SHAP_ROWS);
  const values = new Float32Array(chosen.length * width);
  chosen.forEach((at, index) => {
    values.set(study.test.values.subarray(at * width, (at + 1) * width), index * width);
  });
  const contributions = await judged.model.contributions(values, chosen.length);
  const column = (source: Float32Array, stride: number, feature: number) =>
    Float64Array.from(chosen, (_, index) => source[index * stride + feature]!);
  return {
    names: study.table.names,
    contributions: study.table.names.map((_, feature) => column(contributions, width + 1, feature)),
    values: study.table.names.map((_, feature) => column(values, width, feature)),
  };
}

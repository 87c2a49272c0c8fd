import type { RunStatus } from "@esteira/core/entities/run";
import type { ExperimentId, RunId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import { LEARNING_CURVE_SVG, METRICS_CSV, MLMODEL, REPORT_HTML, TRAP_HTML } from "./seed-files.ts";

/** What the browser tests look for in the seeded store. */
export interface Seeded {
  readonly experimentId: ExperimentId;
  readonly emptyExperimentId: ExperimentId;
  readonly parentRunId: RunId;
  readonly childRunIds: readonly RunId[];
  readonly failedRunId: RunId;
  readonly runningRunId: RunId;
  readonly modelName: string;
  readonly runCount: number;
}

const START = Date.UTC(2026, 10, 20, 12, 0, 0);
const MINUTE = 60_000;
const STEPS = 500;
/** mulberry32: small numbers that are the same in every run of the tests. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Fills a tracking server with a small project: about `flatRuns` runs, a search with nested runs, a registered model. */
export async function seed(client: Client, options: { flatRuns: number }): Promise<Seeded> {
  const random = randomOf(7);
  const experimentId = await client.experiments.create({
    name: "pix-fraud",
    tags: [{ key: "mlflow.note.content", value: "Fraud detection on simulated Pix transfers." }],
  });
  const emptyExperimentId = await client.experiments.create({ name: "empty & <b>odd</b> name 🧪" });

  for (let i = 0; i < options.flatRuns; i++) await flatRun(client, experimentId, i, random);
  const { parentRunId, childRunIds } = await search(client, experimentId, random);
  const failedRunId = await begin(client, experimentId, "spark-baseline", START + 400 * MINUTE, {
    "esteira.failure": "The column amount_brl has 3 negative values: row 17, row 90, row 104.",
  });
  await end(client, failedRunId, "FAILED", START + 401 * MINUTE);
  const runningRunId = await begin(client, experimentId, "retrain-nightly", START + 500 * MINUTE, {});
  await client.runs.logBatch(runningRunId, {
    metrics: [{ key: "train/logloss", value: 0.41, timestamp: START, step: 3 }],
  });

  const modelName = "pix-fraud";
  await registered(client, experimentId, modelName, childRunIds);
  return {
    experimentId,
    emptyExperimentId,
    parentRunId,
    childRunIds,
    failedRunId,
    runningRunId,
    modelName,
    runCount: options.flatRuns + childRunIds.length + 3,
  };
}

async function begin(
  client: Client,
  experimentId: ExperimentId,
  runName: string,
  startTime: number,
  tags: Record<string, string>,
): Promise<RunId> {
  const run = await client.runs.create({
    experimentId,
    runName,
    startTime,
    userId: "ana",
    tags: Object.entries({
      "mlflow.user": "ana",
      "mlflow.source.name": "pix-fraud/src/main.ts",
      "mlflow.source.type": "LOCAL",
      "mlflow.source.git.commit": "89fe3de0c1f7a2b34d5e6f708192a3b4c5d6e7f8",
      ...tags,
    }).map(([key, value]) => ({ key, value })),
  });
  return run.info.runId;
}

const end = (client: Client, id: RunId, status: RunStatus, endTime: number) =>
  client.runs.update(id, { status, endTime });

async function flatRun(client: Client, experimentId: ExperimentId, i: number, random: () => number): Promise<void> {
  const startTime = START - (i + 1) * 7 * MINUTE;
  const id = await begin(client, experimentId, `sweep-${String(i).padStart(3, "0")}`, startTime, {
    typology: i % 2 ? "mule" : "takeover",
  });
  const value = (key: string, value: number) => ({ key, value, timestamp: startTime, step: 0 });
  await client.runs.logBatch(id, {
    params: [
      { key: "model", value: i % 3 ? "xgboost" : "random-forest" },
      { key: "max_depth", value: String(3 + (i % 8)) },
      { key: "learning_rate", value: (0.02 + (i % 10) / 50).toFixed(2) },
    ],
    metrics: [
      value("auc_pr", 0.5 + random() * 0.4),
      value("auc_roc", 0.9 + random() * 0.09),
      value("recall_at_0.5pct", 0.4 + random() * 0.5),
      ...(i % 50 === 0 ? [value("brier", Number.NaN)] : [value("brier", random() / 100)]),
    ],
  });
  await end(client, id, i % 40 === 39 ? "KILLED" : "FINISHED", startTime + Math.round(random() * 9 * MINUTE));
}

async function search(client: Client, experimentId: ExperimentId, random: () => number) {
  const startTime = START + 10 * MINUTE;
  const parentRunId = await begin(client, experimentId, "xgboost-search", startTime, {
    "mlflow.note.content": "Ten candidates, nested.\nThe best one is challenger <script>alert(1)</script>.",
  });
  const childRunIds: RunId[] = [];
  for (let i = 0; i < 6; i++) {
    const id = await begin(client, experimentId, `candidate-${i + 1}`, startTime + (i + 1) * MINUTE, {
      "mlflow.parentRunId": parentRunId,
    });
    childRunIds.push(id);
    await client.runs.logInputs(id, [
      {
        dataset: {
          name: "transfers-2026-10",
          digest: "b1f0c2a7",
          sourceType: "local",
          source: JSON.stringify({ uri: "ledger/2026-10.parquet" }),
          profile: JSON.stringify({ num_rows: 200_000 }),
        },
        tags: [{ key: "mlflow.data.context", value: "training" }],
      },
    ]);
    const params = Object.entries({
      model: "xgboost",
      max_depth: 4 + i,
      learning_rate: 0.05,
      subsample: 0.8,
      seed: 42,
    });
    await client.runs.logBatch(id, { params: params.map(([key, value]) => ({ key, value: String(value) })) });
    for (const key of ["train/logloss", "valid/logloss", "valid/auc_pr"]) {
      const rate = 0.006 + i * 0.002;
      const metrics = Array.from({ length: STEPS }, (_, step) => {
        const decay = Math.exp(-rate * step);
        const noise = (random() - 0.5) * 0.02;
        const value = key === "valid/auc_pr" ? 0.9 - 0.7 * decay + noise : 0.03 * (i + 1) + 0.66 * decay + noise;
        return { key, value: Math.max(value, 0.001), timestamp: startTime + step * 200, step };
      });
      await client.runs.logBatch(id, { metrics });
    }
    await client.runs.logBatch(id, {
      metrics: [
        { key: "auc_pr", value: 0.8 + i / 100, timestamp: startTime, step: 0 },
        { key: "auc_roc", value: 0.97 + i / 1000, timestamp: startTime, step: 0 },
      ],
    });
    const run = await client.runs.get(id);
    const uri = run.info.artifactUri;
    await client.artifacts.write(uri, "curves/learning.svg", LEARNING_CURVE_SVG);
    await client.artifacts.write(uri, "metrics.csv", METRICS_CSV);
    await client.artifacts.write(uri, "gate/evidence.json", JSON.stringify({ verdict: "passed", delta: 0.021 + i }));
    await client.artifacts.write(uri, "report.html", REPORT_HTML);
    await client.artifacts.write(uri, "trap.html", TRAP_HTML);
    await client.artifacts.write(uri, "notes.txt", "Threshold chosen at an alert budget of 0.5 %.\n");
    await end(client, id, "FINISHED", startTime + (i + 1) * MINUTE + 48_200);
  }
  await end(client, parentRunId, "FINISHED", startTime + 9 * MINUTE);
  return { parentRunId, childRunIds };
}

async function registered(client: Client, experimentId: ExperimentId, name: string, runs: readonly RunId[]) {
  await client.registeredModels.create({ name, description: "Scores a Pix transfer: probability of fraud." });
  await client.registeredModels.setTag(name, { key: "owner", value: "fraud-team" });
  await client.registeredModels.create({ name: "pix-typology" });
  const stages = ["Archived", "Production", "Staging"] as const;
  for (const [i, stage] of stages.entries()) {
    const runId = runs[i]!;
    const model = await client.loggedModels.create({ experimentId, name: "model", sourceRunId: runId });
    await client.runs.logOutputs(runId, [{ modelId: model.modelId, step: 0 }]);
    await client.artifacts.write(model.artifactUri, "MLmodel", MLMODEL);
    await client.artifacts.write(model.artifactUri, "requirements.txt", "xgboost==3.2.0\n");
    await client.loggedModels.finalize(model.modelId, "LOGGED_MODEL_READY");
    const version = await client.modelVersions.create({
      name,
      source: `models:/${model.modelId}`,
      runId,
      modelId: model.modelId,
      description: i === 1 ? "Champion since 20 November." : "",
    });
    const tag = (key: string, value: string) => client.modelVersions.setTag(name, version.version, { key, value });
    await tag("esteira.gate.verdict", i === 0 ? "failed" : "passed");
    await tag("esteira.gate.evidence", "gate/evidence.json");
    await client.modelVersions.transitionStage(name, version.version, { stage, archiveExistingVersions: false });
  }
  await client.registeredModels.setAlias(name, "champion", "2");
  await client.registeredModels.setAlias(name, "challenger", "3");
}

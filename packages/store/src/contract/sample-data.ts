import { type ExperimentId, type RunId, runId } from "@esteira/core/ids";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { TrackingStore } from "@esteira/core/tracking-store";

/** Numbers in [0, 1) from a seed (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

export interface Sample {
  readonly experimentIds: readonly ExperimentId[];
  readonly runIds: readonly RunId[];
}

const WORDS = ["alpha", "Beta", "gamma", "DELTA", "a_b", "50%", "it''s", "", "ação"];

/** Runs, models and versions with ties, missing values, NaN and infinities: what searches must order. */
export async function fillSample(store: TrackingStore & RegistryStore, seed: number, runs = 40): Promise<Sample> {
  const random = seededRandom(seed);
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  const experimentIds: ExperimentId[] = [];
  for (const name of ["search-a", "Search-B", "search-c"]) {
    const tags = random() < 0.7 ? [{ key: "team", value: pick(WORDS) }] : [];
    experimentIds.push(await store.createExperiment({ name, tags }));
  }
  const runIds: RunId[] = [];
  for (let index = 0; index < runs; index++) {
    const { info } = await store.createRun({
      experimentId: pick(experimentIds),
      userId: pick(["ana", "bia", ""]),
      startTime: pick([1000, 1000, 2000, 3000, index]),
      ...(random() < 0.5 ? { runName: `${pick(["run", "Run"])}-${index % 7}` } : {}),
      tags: random() < 0.6 ? [{ key: "stage", value: pick(WORDS) }] : [],
    });
    const values = [0, 1, 1, 2, -1, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, random()];
    await store.logBatch(info.runId, {
      metrics: random() < 0.8 ? [{ key: "m", value: pick(values), timestamp: 5, step: pick([0, 1]) }] : [],
      params: random() < 0.8 ? [{ key: "p", value: pick(WORDS) }] : [],
      tags: random() < 0.3 ? [{ key: "a b/c", value: pick(WORDS) }] : [],
    });
    if (random() < 0.4) {
      const dataset = { name: pick(["train", "eval"]), digest: pick(["d1", "d2"]), sourceType: "local", source: "{}" };
      const tags = random() < 0.7 ? [{ key: "mlflow.data.context", value: pick(["training", "test"]) }] : [];
      await store.logInputs(info.runId, { datasets: [{ dataset, tags }], models: [] });
    }
    if (random() < 0.5) await store.updateRun(info.runId, { status: pick(["FINISHED", "FAILED"]), endTime: index });
    if (random() < 0.15) await store.deleteRun(info.runId);
    runIds.push(runId(info.runId));
  }
  await fillModels(store, experimentIds, runIds, random);
  return { experimentIds, runIds };
}

async function fillModels(
  store: TrackingStore & RegistryStore,
  experimentIds: readonly ExperimentId[],
  runIds: readonly RunId[],
  random: () => number,
): Promise<void> {
  const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;
  for (const name of ["fraud", "Fraud-2", "credit", "chat-prompt"]) {
    const prompt = name === "chat-prompt" ? [{ key: "mlflow.prompt.is_prompt", value: "true" }] : [];
    await store.createRegisteredModel({ name, tags: [...prompt, { key: "team", value: pick(WORDS) }] });
    for (let version = 1; version <= 3; version++) {
      await store.createModelVersion({
        name,
        source: `s3://bucket/${name}/${version}`,
        runId: pick(runIds),
        tags: [...prompt, { key: "size", value: pick(WORDS) }],
      });
    }
  }
  await store.transitionStage("fraud", "2", { stage: "Production", archiveExistingVersions: false });
  await store.deleteModelVersion("credit", "3");
  for (let index = 0; index < 12; index++) {
    const model = await store.createLoggedModel({
      experimentId: pick(experimentIds),
      name: pick(["xgb", "forest", "Logit"]),
      modelType: pick(["", "Agent"]),
      params: random() < 0.7 ? [{ key: "depth", value: pick(["3", "7"]) }] : [],
      tags: random() < 0.5 ? [{ key: "owner", value: pick(["ana", "bia"]) }] : [],
    });
    if (random() < 0.6) await store.finalizeLoggedModel(model.modelId, "LOGGED_MODEL_READY");
    if (random() < 0.7) {
      const metric = { key: "auc", value: pick([0.5, 0.9, 0.7]), timestamp: 1, step: 0, modelId: model.modelId };
      await store.logBatch(await activeRun(store, runIds, random), { metrics: [metric], params: [], tags: [] });
    }
  }
}

async function activeRun(store: TrackingStore, runIds: readonly RunId[], random: () => number): Promise<RunId> {
  for (;;) {
    const id = runIds[Math.floor(random() * runIds.length)]!;
    if ((await store.getRun(id)).info.lifecycleStage === "active") return id;
  }
}

import type { DatasetInput, ModelOutput } from "@esteira/core/entities/dataset";
import type { Metric } from "@esteira/core/entities/metric";
import type { Run, RunStatus } from "@esteira/core/entities/run";
import type { Param, Tag } from "@esteira/core/entities/tag";
import type { ExperimentId, RunId } from "@esteira/core/ids";
import type { Client } from "./client.ts";

/** MLflow's limits of one log-batch call. */
const METRICS_PER_BATCH = 1000;
const PARAMS_PER_BATCH = 100;
const TAGS_PER_BATCH = 100;
const FLUSH_AFTER_MS = 250;

export interface ActiveRun {
  readonly id: RunId;
  readonly experimentId: ExperimentId;
  readonly artifactUri: string;
  /** Metrics are sent in batches in the background; a failure to send surfaces at the next `flush` or at the end. */
  logMetric(key: string, value: number, step?: number): void;
  logMetrics(values: Readonly<Record<string, number>>, step?: number): void;
  logParams(params: Readonly<Record<string, string | number | boolean>>): Promise<void>;
  setTags(tags: Readonly<Record<string, string>>): Promise<void>;
  logInputs(datasets: readonly DatasetInput[]): Promise<void>;
  logOutputs(models: readonly ModelOutput[]): Promise<void>;
  logArtifact(path: string, content: Uint8Array | string): Promise<void>;
  /** Waits until everything logged so far is acknowledged by the server. */
  flush(): Promise<void>;
}

export interface StartRunOptions {
  readonly client: Client;
  readonly experimentId: ExperimentId;
  readonly runName?: string;
  readonly user?: string;
  readonly parentRunId?: RunId;
  readonly tags?: Readonly<Record<string, string>>;
  readonly clock?: () => number;
  /** When it fires, the run ends KILLED instead of FAILED. */
  readonly signal?: AbortSignal;
}

const pairs = (record: Readonly<Record<string, string | number | boolean>>): (Param | Tag)[] =>
  Object.entries(record).map(([key, value]) => ({ key, value: String(value) }));

/**
 * Runs `work` inside a new run: FINISHED when it returns, FAILED (or KILLED when the signal fired) when it throws, with
 * the reason in the tag `esteira.failure`. Everything logged is acknowledged before this returns.
 */
export async function startRun<T>(options: StartRunOptions, work: (run: ActiveRun) => Promise<T>): Promise<T> {
  const clock = options.clock ?? Date.now;
  const run = await options.client.runs.create({
    experimentId: options.experimentId,
    startTime: clock(),
    ...(options.runName === undefined ? {} : { runName: options.runName }),
    ...(options.user === undefined ? {} : { userId: options.user }),
    tags: pairs({
      ...(options.user === undefined ? {} : { "mlflow.user": options.user }),
      ...(options.parentRunId === undefined ? {} : { "mlflow.parentRunId": options.parentRunId }),
      ...options.tags,
    }),
  });
  const active = openRun(options.client, run, clock);
  const end = (status: RunStatus) => options.client.runs.update(run.info.runId, { status, endTime: clock() });
  try {
    const result = await work(active);
    await active.flush();
    await end("FINISHED");
    return result;
  } catch (error) {
    // The first fault is the one to report: what cannot be sent any more must not hide it.
    await active.flush().catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    await options.client.runs
      .setTag(run.info.runId, { key: "esteira.failure", value: reason.slice(0, 5000) })
      .catch(() => undefined);
    await end(options.signal?.aborted ? "KILLED" : "FAILED").catch(() => undefined);
    throw error;
  }
}

function openRun(client: Client, run: Run, clock: () => number): ActiveRun {
  const id = run.info.runId;
  let waiting: Metric[] = [];
  let timer: ReturnType<typeof setTimeout> | undefined;
  let sending: Promise<void> = Promise.resolve();
  let failure: unknown;

  function send(): Promise<void> {
    clearTimeout(timer);
    timer = undefined;
    const metrics = waiting;
    waiting = [];
    sending = sending.then(async () => {
      for (let at = 0; at < metrics.length && failure === undefined; at += METRICS_PER_BATCH) {
        await client.runs
          .logBatch(id, { metrics: metrics.slice(at, at + METRICS_PER_BATCH) })
          .catch((error: unknown) => {
            failure = error;
          });
      }
    });
    return sending;
  }

  function logMetric(key: string, value: number, step = 0): void {
    waiting.push({ key, value, step, timestamp: clock() });
    if (waiting.length >= METRICS_PER_BATCH) void send();
    else timer ??= setTimeout(send, FLUSH_AFTER_MS);
  }

  return {
    id,
    experimentId: run.info.experimentId,
    artifactUri: run.info.artifactUri,
    logMetric,
    logMetrics(values, step) {
      for (const [key, value] of Object.entries(values)) logMetric(key, value, step);
    },
    async logParams(params) {
      const all = pairs(params);
      for (let at = 0; at < all.length; at += PARAMS_PER_BATCH) {
        await client.runs.logBatch(id, { params: all.slice(at, at + PARAMS_PER_BATCH) });
      }
    },
    async setTags(tags) {
      const all = pairs(tags);
      for (let at = 0; at < all.length; at += TAGS_PER_BATCH) {
        await client.runs.logBatch(id, { tags: all.slice(at, at + TAGS_PER_BATCH) });
      }
    },
    logInputs: (datasets) => client.runs.logInputs(id, datasets),
    logOutputs: (models) => client.runs.logOutputs(id, models),
    logArtifact: (path, content) => client.artifacts.write(run.info.artifactUri, path, content),
    async flush() {
      await send();
      if (failure !== undefined) throw failure;
    },
  };
}

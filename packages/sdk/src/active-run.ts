import type { DatasetInput, ModelOutput } from "@esteira/core/entities/dataset";
import type { Run, RunStatus } from "@esteira/core/entities/run";
import type { Param, Tag } from "@esteira/core/entities/tag";
import type { ExperimentId, RunId } from "@esteira/core/ids";
import type { Client } from "./client.ts";
import { createRunOnce } from "./create-run.ts";
import { MetricQueue, type Spool } from "./metric-queue.ts";

/** MLflow's limits of one log-batch call. */
const PARAMS_PER_BATCH = 100;
const TAGS_PER_BATCH = 100;
/** How long the end of a run waits for a server that is away, and how long the end of one that has failed. */
const PATIENCE_MS = 120_000;
const FAILED_PATIENCE_MS = 10_000;

export interface ActiveRun {
  readonly id: RunId;
  readonly experimentId: ExperimentId;
  readonly artifactUri: string;
  /**
   * Metrics are sent in batches in the background: the call never waits, and a server that is away is tried again. What
   * the server refuses surfaces at the next `flush` or at the end.
   */
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
  /** Keeps metrics until they are acknowledged, beyond the end of the process: `fileSpool` in Node. */
  readonly spool?: (id: RunId) => Spool;
}

const pairs = (record: Readonly<Record<string, string | number | boolean>>): (Param | Tag)[] =>
  Object.entries(record).map(([key, value]) => ({ key, value: String(value) }));

/**
 * Runs `work` inside a new run: FINISHED when it returns, FAILED (or KILLED when the signal fired) when it throws, with
 * the reason in the tag `esteira.failure`. Everything logged is acknowledged before this returns.
 */
export async function startRun<T>(options: StartRunOptions, work: (run: ActiveRun) => Promise<T>): Promise<T> {
  const clock = options.clock ?? Date.now;
  const run = await createRunOnce(options.client, {
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
  const id = run.info.runId;
  const queue = new MetricQueue({
    send: (metrics) => options.client.runs.logBatch(id, { metrics }),
    spool: options.spool?.(id),
  });
  const active = openRun(options.client, run, queue, clock);
  const end = (status: RunStatus) => options.client.runs.update(id, { status, endTime: clock() });
  try {
    const result = await work(active);
    await active.flush();
    await end("FINISHED");
    return result;
  } catch (error) {
    // The first fault is the one to report: what cannot be sent any more must not hide it.
    await queue.flush(FAILED_PATIENCE_MS).catch(() => undefined);
    const reason = error instanceof Error ? error.message : String(error);
    await options.client.runs
      .setTag(id, { key: "esteira.failure", value: reason.slice(0, 5000) })
      .catch(() => undefined);
    await end(options.signal?.aborted ? "KILLED" : "FAILED").catch(() => undefined);
    throw error;
  }
}

/**
 * Runs `work` inside a run that somebody else has begun and ends, such as the launcher of a project. Everything logged is
 * acknowledged before this returns; when `work` throws, what can be sent is sent, and the run is left to who began it.
 */
export async function continueRun<T>(
  {
    client,
    runId,
    clock = Date.now,
  }: { readonly client: Client; readonly runId: RunId; readonly clock?: () => number },
  work: (run: ActiveRun) => Promise<T>,
): Promise<T> {
  const run = await client.runs.get(runId);
  const queue = new MetricQueue({ send: (metrics) => client.runs.logBatch(runId, { metrics }), spool: undefined });
  const active = openRun(client, run, queue, clock);
  try {
    const result = await work(active);
    await active.flush();
    return result;
  } catch (error) {
    await queue.flush(FAILED_PATIENCE_MS).catch(() => undefined);
    throw error;
  }
}

function openRun(client: Client, run: Run, queue: MetricQueue, clock: () => number): ActiveRun {
  const id = run.info.runId;
  const logMetrics = (values: Readonly<Record<string, number>>, step = 0): void => {
    const timestamp = clock();
    queue.add(Object.entries(values).map(([key, value]) => ({ key, value, step, timestamp })));
  };
  return {
    id,
    experimentId: run.info.experimentId,
    artifactUri: run.info.artifactUri,
    logMetric: (key, value, step) => logMetrics({ [key]: value }, step),
    logMetrics,
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
    flush: () => queue.flush(PATIENCE_MS),
  };
}

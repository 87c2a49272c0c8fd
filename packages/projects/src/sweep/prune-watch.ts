import { setTimeout as sleep } from "node:timers/promises";
import type { Run } from "@esteira/core/entities/run";
import type { RunId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import { everyPage } from "@esteira/sdk/search";
import { prunedAt, type Reported } from "./median-rule.ts";
import { isOver, nestedRuns, type Trial, trialOf } from "./trials.ts";

const POLL_MS = 500;

export interface PruneRule {
  /** A metric that trials log by step. */
  readonly metric: string;
  /** Steps below it never end a trial. */
  readonly warmup: number;
  readonly goal: "min" | "max";
}

/** Looks at the trials at work until `done`, and says which are worse than the median of the finished ones. */
export async function watchTrials(
  client: Client,
  parent: Run,
  rule: PruneRule,
  done: AbortSignal,
  onPrune: (trial: Trial, step: number) => void,
): Promise<void> {
  const histories = new Map<RunId, readonly Reported[]>();
  while (!done.aborted) {
    const runs = await nestedRuns(client, parent);
    const trials = runs.flatMap((run) => trialOf(run, rule.metric) ?? []);
    const finished = trials.filter(({ state }) => state === "finished");
    for (const { runId } of finished)
      if (!histories.has(runId)) histories.set(runId, await historyOf(client, runId, rule));
    const known = finished.flatMap(({ runId }) => histories.get(runId) ?? []).length > 0;
    for (const trial of trials) {
      if (isOver(trial) || trial.state !== "running" || trial.value === undefined || !known) continue;
      const points = await historyOf(client, trial.runId, rule);
      const others = finished.map(({ runId }) => histories.get(runId) ?? []);
      const step = prunedAt(points, others, rule.warmup);
      if (step !== undefined) onPrune(trial, step);
    }
    await sleep(POLL_MS, undefined, { signal: done }).catch(() => undefined);
  }
}

async function historyOf(client: Client, runId: RunId, { metric, goal }: PruneRule): Promise<readonly Reported[]> {
  const points: Reported[] = [];
  const pages = everyPage((page) =>
    client.runs.metricHistory({ runId, metricKey: metric, maxResults: 25_000, ...page }),
  );
  for await (const { step, value } of pages) points.push({ step: Number(step), loss: goal === "max" ? -value : value });
  return points.sort((a, b) => a.step - b.step);
}

import type { Metric } from "@esteira/core/entities/metric";
import type { Run, RunInfo } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";

interface Index {
  readonly metrics: ReadonlyMap<string, Metric>;
  readonly params: ReadonlyMap<string, string>;
  readonly tags: ReadonlyMap<string, string>;
}

const indexes = new WeakMap<Run, Index>();

/** A run's values by key, indexed once: tables ask for thousands of them while scrolling. */
export function valuesOf(run: Run): Index {
  let index = indexes.get(run);
  if (index === undefined) {
    index = {
      metrics: new Map(run.data.metrics.map((metric) => [metric.key, metric])),
      params: new Map(run.data.params.map(({ key, value }) => [key, value])),
      tags: new Map(run.data.tags.map(({ key, value }) => [key, value])),
    };
    indexes.set(run, index);
  }
  return index;
}

/** Milliseconds from start to end, or to now while it runs. */
export const durationOf = (info: RunInfo, now: number): number | undefined =>
  info.endTime !== undefined
    ? info.endTime - info.startTime
    : info.status === "RUNNING" && info.startTime > 0
      ? Math.max(0, now - info.startTime)
      : undefined;

export const runNameOf = (run: Run): string => run.info.runName || run.info.runId.slice(0, 8);
export const userOf = (run: Run): string => run.info.userId || (tagValue(run.data.tags, "mlflow.user") ?? "");
export const sourceOf = (run: Run): string => tagValue(run.data.tags, "mlflow.source.name") ?? "";
export const gitCommitOf = (run: Run): string => tagValue(run.data.tags, "mlflow.source.git.commit") ?? "";

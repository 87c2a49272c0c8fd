import type { Run } from "@esteira/core/entities/run";
import type { RunId } from "@esteira/core/ids";
import { runNameOf, userOf, valuesOf } from "../runs/run-values.ts";
import { visibleTags } from "../shell/tag-list.tsx";

/** A run as charts know it. */
export interface ChartedRun {
  readonly runId: RunId;
  readonly name: string;
  readonly live: boolean;
  /** Milliseconds since the epoch; relative time counts from here, else from the metric's first point. */
  readonly startTime?: number;
}

export const chartedRun = (run: Run): ChartedRun => ({
  runId: run.info.runId,
  name: runNameOf(run),
  live: run.info.status === "RUNNING",
  ...(run.info.startTime > 0 ? { startTime: run.info.startTime } : {}),
});

const USER = "user";

/** What runs can be grouped by: params and tags that some run has, and the user. */
export function groupings(runs: readonly Run[]): readonly string[] {
  const params = new Set(runs.flatMap((run) => run.data.params.map(({ key }) => `params.${key}`)));
  const tags = new Set(runs.flatMap((run) => visibleTags(run.data.tags).map(({ key }) => `tags.${key}`)));
  return [USER, ...[...params].sort(), ...[...tags].sort()];
}

/** The group of a run under a grouping; undefined where it has no such param or tag. */
export function groupOf(run: Run, grouping: string): string | undefined {
  if (grouping === USER) return userOf(run) || undefined;
  const key = grouping.slice(grouping.indexOf(".") + 1);
  return (grouping.startsWith("params.") ? valuesOf(run).params : valuesOf(run).tags).get(key);
}

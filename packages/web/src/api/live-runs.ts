import type { Metric } from "@esteira/core/entities/metric";
import type { Run } from "@esteira/core/entities/run";
import type { RunEvent } from "@esteira/core/entities/run-watch";
import type { RunId } from "@esteira/core/ids";
import type { QueryClient } from "@tanstack/react-query";
import { runClient } from "./run-client.ts";

/** Runs of which a stream tells the news: nobody need ask for them now and then. */
const followed = new Set<string>();
export const isFollowed = (id: string): boolean => followed.has(id);

/** Charts are drawn anew at most this often. */
const REDRAW_MS = 1000;

/**
 * Puts into the cache what happens to a run, until it has ended, the signal is given, or the server has no more to say;
 * then asking now and then goes on.
 */
export async function followRun(cache: QueryClient, id: RunId, signal: AbortSignal): Promise<void> {
  const redraw = new Set<string>();
  const timer = setInterval(() => {
    for (const key of redraw) void cache.invalidateQueries({ queryKey: ["metric-history", [id], key] });
    redraw.clear();
  }, REDRAW_MS);
  try {
    for await (const event of runClient.watch({ runIds: [id] }, signal)) {
      followed.add(id);
      cache.setQueryData<Run>(["run", id], (run) => run && withEvent(run, event));
      if (event.kind === "metrics") for (const { key } of event.points) redraw.add(key);
      if (event.kind === "reset") void refresh(cache, id);
    }
  } catch {
    // Left, or the server stays away: the page says so where it asks next.
  } finally {
    clearInterval(timer);
    followed.delete(id);
    void refresh(cache, id);
  }
}

const refresh = (cache: QueryClient, id: RunId) =>
  Promise.all([
    cache.invalidateQueries({ queryKey: ["run", id] }),
    cache.invalidateQueries({ queryKey: ["metric-history", [id]] }),
  ]);

/** The run after an event. */
export function withEvent(run: Run, event: RunEvent): Run {
  if (event.kind === "run") return { ...run, info: event.run.info, data: { ...run.data, tags: event.run.tags } };
  if (event.kind !== "metrics") return run;
  const latest = new Map(run.data.metrics.map((metric) => [metric.key, metric]));
  for (const point of event.points) {
    const known = latest.get(point.key);
    if (known === undefined || isLater(point, known)) latest.set(point.key, point);
  }
  return { ...run, data: { ...run.data, metrics: [...latest.values()] } };
}

/** MLflow's rule for the latest value: the greatest (step, timestamp, value). */
function isLater(a: Metric, b: Metric): boolean {
  if (a.step !== b.step) return a.step > b.step;
  return a.timestamp === b.timestamp ? a.value > b.value : a.timestamp > b.timestamp;
}

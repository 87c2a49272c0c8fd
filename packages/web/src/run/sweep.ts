import type { Run } from "@esteira/core/entities/run";
import { parentFilter } from "../runs/tree.ts";

const SPACE = "space.";

/** How the trials of a sweep are looked at: which of the charts' runs, axes and colour. */
export interface SweepChart {
  readonly filter: string;
  readonly axes: string[];
  readonly target: string;
}

/** The picture of a sweep's trials by what it searches; undefined for another run. */
export function sweepChartOf({ info, data: { params } }: Run): SweepChart | undefined {
  const searched = params.flatMap(({ key }) => (key.startsWith(SPACE) ? [key.slice(SPACE.length)] : []));
  const metric = params.find(({ key }) => key === "metric")?.value;
  if (searched.length === 0 || metric === undefined) return undefined;
  const target = `metrics.${metric}`;
  return { filter: parentFilter(info.runId), axes: [...searched.map((name) => `params.${name}`), target], target };
}

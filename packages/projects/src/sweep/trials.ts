import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import type { RunId } from "@esteira/core/ids";
import type { Client } from "@esteira/sdk/client";
import { everyPage } from "@esteira/sdk/search";
import { z } from "zod";
import { wasAbandoned } from "../run/launcher.ts";
import type { Assignment } from "./space.ts";

/** What the runs of a sweep say of it: its whole state is on the server. */
export const SWEEP_TAGS = {
  /** On the parent: what makes it this sweep and no other. */
  key: "esteira.sweep.key",
  /** On the parent: the process that runs it, as HOST:PID. */
  owner: "esteira.sweep.owner",
  /** On the parent: the run of the best trial. */
  bestRun: "esteira.sweep.best_run",
  /** On a nested run: the number of its trial, from 0, and what it tries, as JSON. */
  trial: "esteira.sweep.trial",
  assignment: "esteira.sweep.assignment",
  /** On a nested run that is KILLED: `pruned`, `interrupted`, or `ended` where it said so itself. */
  state: "esteira.sweep.state",
  /** On a nested run: that it is the best. */
  best: "esteira.sweep.best",
} as const;

export interface Trial {
  readonly number: number;
  readonly runId: RunId;
  readonly assignment: Assignment;
  readonly state: "running" | "finished" | "failed" | "pruned" | "interrupted";
  /** Of the objective, the last; undefined where there is none, or it is no number. */
  readonly value: number | undefined;
}

const assignments = z.record(z.string(), z.string());

/** The trial that a nested run is; undefined for another run. */
export function trialOf({ info, data: { tags, metrics } }: Run, metric: string): Trial | undefined {
  const number = tagValue(tags, SWEEP_TAGS.trial);
  const assignment = tagValue(tags, SWEEP_TAGS.assignment);
  if (number === undefined || assignment === undefined) return undefined;
  const value = metrics.find(({ key }) => key === metric)?.value;
  return {
    number: Number(number),
    runId: info.runId,
    assignment: new Map(Object.entries(assignments.parse(JSON.parse(assignment)))),
    // What a killed sweep has left RUNNING is ended as FAILED.
    state: wasAbandoned(tags) ? "interrupted" : stateOf(info.status, tagValue(tags, SWEEP_TAGS.state)),
    value: value === undefined || Number.isNaN(value) ? undefined : value,
  };
}

function stateOf(status: Run["info"]["status"], said: string | undefined): Trial["state"] {
  if (said === "interrupted") return said;
  if (status === "FINISHED") return "finished";
  if (status === "FAILED") return "failed";
  if (status !== "KILLED") return "running";
  if (said === "ended") return "failed";
  return said === "pruned" ? "pruned" : "interrupted";
}

/** All nested runs of a sweep, the earliest first. */
export async function nestedRuns(client: Client, parent: Run): Promise<readonly Run[]> {
  const runs: Run[] = [];
  const pages = everyPage((page) =>
    client.runs.search({
      experimentIds: [parent.info.experimentId],
      filter: `tags."mlflow.parentRunId" = '${parent.info.runId}'`,
      orderBy: ["attributes.start_time ASC"],
      maxResults: 1000,
      ...page,
    }),
  );
  for await (const run of pages) runs.push(run);
  return runs;
}

/** A trial that ended by itself is not tried again, whatever came of it. */
export const isOver = ({ state }: Trial): boolean => state === "finished" || state === "failed" || state === "pruned";

/** Of the finished trials the one with the best value, the earlier of equal ones. */
export function bestOf(trials: readonly Trial[], goal: "min" | "max"): Trial | undefined {
  const better = (a: number, b: number): boolean => (goal === "max" ? a > b : a < b);
  let best: { trial: Trial; value: number } | undefined;
  for (const trial of [...trials].sort((a, b) => a.number - b.number)) {
    if (trial.state !== "finished" || trial.value === undefined) continue;
    if (best === undefined || better(trial.value, best.value)) best = { trial, value: trial.value };
  }
  return best?.trial;
}

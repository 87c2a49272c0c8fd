import type { ExperimentId, RunId } from "../ids.ts";
import type { Metric } from "./metric.ts";
import type { RunInfo } from "./run.ts";
import type { Tag } from "./tag.ts";

/** Whom to watch: these runs, and of these experiments the live ones. */
export interface WatchedRuns {
  readonly runIds: readonly RunId[];
  readonly experimentIds: readonly ExperimentId[];
}

/** What a run is now: events carry states, so that one that is told twice does no harm. */
export interface RunState {
  readonly info: RunInfo;
  readonly tags: readonly Tag[];
}

/** A point of a run's metric. */
export type RunPoint = Metric & { readonly runId: RunId };

/** What has happened to watched runs since a position. */
export interface RunChanges {
  /** Where the next look goes on. */
  readonly position: string;
  /** The watched runs as they are now, whether they have changed or not. */
  readonly runs: readonly RunState[];
  /** Of the watched experiments, the active runs that are RUNNING or SCHEDULED: the newest, if they are many. */
  readonly live: readonly RunId[];
  /** Points that were logged since; undefined when they cannot be told, or are too many to tell one by one. */
  readonly points: readonly RunPoint[] | undefined;
}

/** What a watcher is told, in the order in which it is to be taken. */
export type RunEvent =
  /** A run was added, or its status, name, times, stage or tags have changed. */
  | { readonly kind: "run"; readonly run: RunState }
  /** New points of one run, in the order in which they were logged. */
  | { readonly kind: "metrics"; readonly runId: RunId; readonly points: readonly Metric[] }
  /** Which runs of the watched experiments are live; a run that is not among them any more has ended. */
  | { readonly kind: "live"; readonly runIds: readonly RunId[] }
  /** Points were logged that no event tells: read the histories anew. */
  | { readonly kind: "reset" }
  /** All watched runs have ended, and no experiment is watched: nothing will follow. */
  | { readonly kind: "end" };

import type { ExperimentId } from "../ids.ts";
import type { Page, SearchQuery, ViewType } from "./page.ts";
import type { Run } from "./run.ts";

/** A search of runs in Esteira's own API. `columns` and aggregates are written as `search/run-terms.ts` says. */
export interface RunQuery extends SearchQuery {
  readonly experimentIds: readonly ExperimentId[];
  readonly viewType?: ViewType;
  /** What comes back of each run besides its info; all of it when absent. */
  readonly columns?: readonly string[];
  /** Whether to count all runs that match, not only those of the page. */
  readonly count?: boolean;
}

/** A figure of a metric's whole history, where the run has one. */
export interface RunAggregate {
  /** As the query wrote it, such as `min(metrics.loss)`. */
  readonly column: string;
  /** Only a value at a step may be NaN: minimum and maximum pass NaN over. */
  readonly value: number;
}

export interface QueriedRun extends Run {
  readonly aggregates: readonly RunAggregate[];
}

export interface RunQueryPage extends Page<QueriedRun> {
  /** How many runs match, on all pages; absent unless it was asked for. */
  readonly totalCount?: number;
}

import type { ExperimentId, RunId } from "../ids.ts";
import type { ViewType } from "./page.ts";

/** Attributes of runs that may be asked for as columns. `dataset` has the names of a run's datasets, joined by commas. */
export const COLUMN_ATTRIBUTES = ["run_name", "status", "user_id", "start_time", "end_time", "dataset"] as const;
export type ColumnAttribute = (typeof COLUMN_ATTRIBUTES)[number];

/** What a table asks of many runs at once. */
export interface RunColumnsQuery {
  readonly experimentIds: readonly ExperimentId[];
  readonly viewType?: ViewType;
  readonly filter?: string;
  /** `metrics.KEY`, `params.KEY`, `tags.KEY`, `attributes.NAME`: what is behind the first dot is the key as it was logged. */
  readonly columns: readonly string[];
  /** The newest so many runs. */
  readonly maxRuns: number;
  /** Characters of a text that are given; whole texts when absent. */
  readonly maxText?: number;
}

/** Values in the order of the runs; null where a run has none. NaN is one, infinities are the largest doubles. */
export interface NumberColumn {
  readonly column: string;
  readonly kind: "number";
  readonly numbers: readonly (number | null)[];
}

/** Texts that many runs share are given once. */
export interface TextColumn {
  readonly column: string;
  readonly kind: "text";
  /** The different texts, in no order. */
  readonly texts: readonly string[];
  /** For each run the place of its text in `texts`; -1 where it has none. */
  readonly codes: readonly number[];
  /** Whether some text is longer than what is given of it. */
  readonly isCut: boolean;
}

export interface RunColumnsPage {
  /** Newest first. */
  readonly runIds: readonly RunId[];
  /** Names the list of runs: equal lists have equal names. */
  readonly frame: string;
  /** Whether there are more runs than were asked for. */
  readonly hasMore: boolean;
  readonly columns: readonly (NumberColumn | TextColumn)[];
}

export interface RunKeysQuery {
  readonly experimentIds: readonly ExperimentId[];
  readonly viewType?: ViewType;
  readonly filter?: string;
  /** Only of the newest so many runs; with a filter 50,000 of them when absent. */
  readonly newest?: number;
}

export interface KeyCount {
  readonly key: string;
  /** How many of the runs have it. */
  readonly count: number;
}

/** Every key of the runs, the most frequent first. */
export interface RunKeys {
  readonly metrics: readonly KeyCount[];
  readonly params: readonly KeyCount[];
  readonly tags: readonly KeyCount[];
}

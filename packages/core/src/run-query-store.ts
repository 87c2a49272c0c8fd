import type { RunColumnsPage, RunColumnsQuery, RunKeys, RunKeysQuery } from "./entities/run-columns.ts";
import type { RunQuery, RunQueryPage } from "./entities/run-query.ts";
import type { RunChanges, WatchedRuns } from "./entities/run-watch.ts";
import type { HistoryQuery, SampledHistory } from "./entities/sampled-history.ts";
import type { RunId } from "./ids.ts";

/** The port to what Esteira asks of runs beyond MLflow's calls. Same promises as TrackingStore. */
export interface RunQueryStore {
  /**
   * One page of runs. A page token stands for the place behind the page's last run, not for a number of runs: runs that
   * come or go meanwhile move nobody to another page. A token of another search is refused.
   */
  queryRuns(query: RunQuery): Promise<RunQueryPage>;
  /** Chosen columns of very many runs at once, newest first, for a table that sorts and groups by itself. */
  readRunColumns(query: RunColumnsQuery): Promise<RunColumnsPage>;
  /** The keys that these runs have, with counts. */
  readRunKeys(query: RunKeysQuery): Promise<RunKeys>;
  /**
   * A long history as the items of a JSON list in UTF-8, as `metricToWire` forms them and `getMetricHistory` orders them;
   * undefined of one that is short enough for objects. For the answer to be sent as it is.
   */
  longHistoryJson(run: RunId, metricKey: string): Promise<Uint8Array | undefined>;
  /** One answer for each of `runIds`, in their order; of an unknown run or key, one without points. */
  sampleHistories(query: HistoryQuery): Promise<readonly SampledHistory[]>;
  /**
   * What watched runs are now, and the points that were logged since a position of an earlier answer, by whichever process:
   * none is left out and, but for a position that is given twice, none told twice. Without a position no points. A named run
   * that does not exist is refused with RESOURCE_DOES_NOT_EXIST, what is no position with INVALID_PARAMETER_VALUE.
   */
  readRunChanges(watched: WatchedRuns, since?: string): Promise<RunChanges>;
}

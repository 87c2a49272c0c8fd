import type { RunQuery, RunQueryPage } from "./entities/run-query.ts";

/** The port to what Esteira asks of runs beyond MLflow's calls. Same promises as TrackingStore. */
export interface RunQueryStore {
  /**
   * One page of runs. A page token stands for the place behind the page's last run, not for a number of runs: runs that
   * come or go meanwhile move nobody to another page. A token of another search is refused.
   */
  queryRuns(query: RunQuery): Promise<RunQueryPage>;
}

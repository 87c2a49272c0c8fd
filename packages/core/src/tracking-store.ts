import type { Visible } from "./entities/access.ts";
import type { Dataset, DatasetInput, ModelInput, ModelOutput } from "./entities/dataset.ts";
import type { Experiment } from "./entities/experiment.ts";
import type { LoggedModel, LoggedModelStatus } from "./entities/logged-model.ts";
import type { Metric } from "./entities/metric.ts";
import type { Page, SearchQuery, ViewType } from "./entities/page.ts";
import type { Run, RunInfo, RunStatus } from "./entities/run.ts";
import type { Param, Tag } from "./entities/tag.ts";
import type { ExperimentId, LoggedModelId, RunId } from "./ids.ts";
import type { Int64 } from "./int64.ts";

/**
 * The port to experiments, runs and logged models. Semantics, limits and messages are MLflow 3.17's; every method
 * throws EsteiraError and leaves the store unchanged when it refuses. An implementation passes the contract suite in
 * `@esteira/store`.
 */
export interface TrackingStore {
  createExperiment(input: {
    name: string;
    artifactLocation?: string;
    tags: readonly Tag[];
    /** The id of the user who manages it from now on. */
    owner?: number;
  }): Promise<ExperimentId>;
  getExperiment(id: ExperimentId): Promise<Experiment>;
  getExperimentByName(name: string): Promise<Experiment>;
  searchExperiments(query: SearchQuery & { viewType?: ViewType; visible?: Visible }): Promise<Page<Experiment>>;
  renameExperiment(id: ExperimentId, name: string): Promise<void>;
  deleteExperiment(id: ExperimentId): Promise<void>;
  restoreExperiment(id: ExperimentId): Promise<void>;
  setExperimentTag(id: ExperimentId, tag: Tag): Promise<void>;
  deleteExperimentTag(id: ExperimentId, key: string): Promise<void>;

  createRun(input: {
    experimentId: ExperimentId;
    userId: string;
    runName?: string;
    startTime: number;
    tags: readonly Tag[];
  }): Promise<Run>;
  getRun(id: RunId): Promise<Run>;
  updateRun(id: RunId, change: { status?: RunStatus; endTime?: number; runName?: string }): Promise<RunInfo>;
  deleteRun(id: RunId): Promise<void>;
  restoreRun(id: RunId): Promise<void>;
  searchRuns(query: SearchQuery & { experimentIds: readonly ExperimentId[]; viewType?: ViewType }): Promise<Page<Run>>;
  /** All or nothing. `alone` says that the batch is a call for one metric or param: messages then name no list. */
  logBatch(
    id: RunId,
    batch: { metrics: readonly Metric[]; params: readonly Param[]; tags: readonly Tag[] },
    options?: { alone?: boolean },
  ): Promise<void>;
  setTag(id: RunId, tag: Tag): Promise<void>;
  /**
   * Sets a tag to what `change` makes of its value (undefined where there is none), with no other writer in between.
   * `change` may be called more than once, so it must do nothing else.
   */
  changeTag(id: RunId, key: string, change: (value: string | undefined) => string): Promise<void>;
  deleteTag(id: RunId, key: string): Promise<void>;
  logInputs(id: RunId, inputs: { datasets: readonly DatasetInput[]; models: readonly ModelInput[] }): Promise<void>;
  logOutputs(id: RunId, outputs: { models: readonly ModelOutput[] }): Promise<void>;
  /** Ordered by timestamp, step, value. An unknown run or key gives an empty page. */
  getMetricHistory(query: {
    runId: RunId;
    metricKey: string;
    maxResults?: number;
    pageToken?: string;
  }): Promise<Page<Metric>>;
  /** For charts: each run's history of one metric, at most `maxResults` points a run, first and last steps kept. */
  getMetricHistoryBulk(query: {
    runIds: readonly RunId[];
    metricKey: string;
    startStep?: Int64;
    endStep?: Int64;
    maxResults: number;
  }): Promise<readonly Metric[]>;
  searchDatasets(
    experimentIds: readonly ExperimentId[],
  ): Promise<readonly { experimentId: ExperimentId; dataset: Dataset; context?: string }[]>;

  createLoggedModel(input: {
    experimentId: ExperimentId;
    name?: string;
    modelType?: string;
    sourceRunId?: RunId;
    params: readonly Param[];
    tags: readonly Tag[];
  }): Promise<LoggedModel>;
  getLoggedModel(id: LoggedModelId, options?: { allowDeleted?: boolean }): Promise<LoggedModel>;
  finalizeLoggedModel(id: LoggedModelId, status: LoggedModelStatus): Promise<LoggedModel>;
  deleteLoggedModel(id: LoggedModelId): Promise<void>;
  setLoggedModelTags(id: LoggedModelId, tags: readonly Tag[]): Promise<void>;
  /** As `changeTag`. */
  changeLoggedModelTag(id: LoggedModelId, key: string, change: (value: string | undefined) => string): Promise<void>;
  deleteLoggedModelTag(id: LoggedModelId, key: string): Promise<void>;
  logLoggedModelParams(id: LoggedModelId, params: readonly Param[]): Promise<void>;
  searchLoggedModels(query: {
    experimentIds: readonly ExperimentId[];
    filter?: string;
    datasets?: readonly { datasetName: string; datasetDigest?: string }[];
    maxResults?: number;
    orderBy?: readonly { fieldName: string; ascending?: boolean; datasetName?: string; datasetDigest?: string }[];
    pageToken?: string;
  }): Promise<Page<LoggedModel>>;
}

import { z } from "zod";
import { RUN_STATUSES, type Run, type RunInfo } from "../entities/run.ts";
import type { QueriedRun } from "../entities/run-query.ts";
import { experimentId, loggedModelId, runId } from "../ids.ts";
import { datasetInputToWire, datasetInputWire } from "./dataset.ts";
import { metricToWire, metricWire } from "./metric.ts";
import { compact, double, doubleToWire, exactInt64, int64 } from "./scalars.ts";
import { tagsWire } from "./tag.ts";

export const runInfoWire = z
  .object({
    run_id: z.string(),
    experiment_id: z.string(),
    run_name: z.string().default(""),
    user_id: z.string().default(""),
    status: z.enum(RUN_STATUSES),
    start_time: int64.default(0),
    end_time: int64.optional(),
    artifact_uri: z.string().default(""),
    lifecycle_stage: z.enum(["active", "deleted"]),
  })
  .transform(
    (wire): RunInfo => ({
      runId: runId(wire.run_id),
      experimentId: experimentId(wire.experiment_id),
      runName: wire.run_name,
      userId: wire.user_id,
      status: wire.status,
      startTime: wire.start_time,
      ...(wire.end_time === undefined ? {} : { endTime: wire.end_time }),
      artifactUri: wire.artifact_uri,
      lifecycleStage: wire.lifecycle_stage,
    }),
  )
  .meta({ id: "RunInfo" });

export const runInfoToWire = (info: RunInfo) => ({
  run_uuid: info.runId,
  experiment_id: info.experimentId,
  run_name: info.runName,
  user_id: info.userId,
  status: info.status,
  start_time: info.startTime,
  // Absent and 0 are the same to MLflow.
  ...compact({ end_time: info.endTime || undefined }),
  artifact_uri: info.artifactUri,
  lifecycle_stage: info.lifecycleStage,
  run_id: info.runId,
});

const runObject = z.object({
  info: runInfoWire,
  data: z
    .object({ metrics: z.array(metricWire).default([]), params: tagsWire, tags: tagsWire })
    .default({ metrics: [], params: [], tags: [] }),
  inputs: z
    .object({
      dataset_inputs: z.array(datasetInputWire).default([]),
      model_inputs: z.array(z.object({ model_id: z.string() })).default([]),
    })
    .default({ dataset_inputs: [], model_inputs: [] }),
  outputs: z
    .object({ model_outputs: z.array(z.object({ model_id: z.string(), step: exactInt64.default(0) })).default([]) })
    .default({ model_outputs: [] }),
});

const toRun = (wire: z.output<typeof runObject>): Run => ({
  info: wire.info,
  data: wire.data,
  inputs: {
    datasets: wire.inputs.dataset_inputs,
    models: wire.inputs.model_inputs.map((input) => ({ modelId: loggedModelId(input.model_id) })),
  },
  outputs: {
    models: wire.outputs.model_outputs.map((output) => ({
      modelId: loggedModelId(output.model_id),
      step: output.step,
    })),
  },
});

export const runWire = runObject.transform(toRun).meta({ id: "Run" });

/** A run as Esteira's own search gives it. */
export const queriedRunWire = runObject
  .extend({ aggregates: z.array(z.object({ column: z.string(), value: double })).default([]) })
  .transform((wire): QueriedRun => ({ ...toRun(wire), aggregates: wire.aggregates }))
  .meta({ id: "QueriedRun" });

export const runToWire = (run: Run) => ({
  info: runInfoToWire(run.info),
  data: compact({ metrics: run.data.metrics.map(metricToWire), params: run.data.params, tags: run.data.tags }),
  inputs: compact({
    dataset_inputs: run.inputs.datasets.map(datasetInputToWire),
    model_inputs: run.inputs.models.map((input) => ({ model_id: input.modelId })),
  }),
  outputs: compact({
    model_outputs: run.outputs.models.map((output) => ({ model_id: output.modelId, step: output.step })),
  }),
});

export const queriedRunToWire = (run: QueriedRun) => ({
  ...runToWire(run),
  ...compact({ aggregates: run.aggregates.map(({ column, value }) => ({ column, value: doubleToWire(value) })) }),
});

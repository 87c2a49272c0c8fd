import { z } from "zod";
import { LOGGED_MODEL_STATUSES, type LoggedModel } from "../entities/logged-model.ts";
import { experimentId, loggedModelId, runId } from "../ids.ts";
import { metricToWire, metricWire } from "./metric.ts";
import { compact, int64 } from "./scalars.ts";
import { tagsWire } from "./tag.ts";

export const loggedModelWire = z
  .object({
    info: z.object({
      model_id: z.string(),
      experiment_id: z.string(),
      name: z.string(),
      creation_timestamp_ms: int64,
      last_updated_timestamp_ms: int64,
      artifact_uri: z.string(),
      status: z.enum(LOGGED_MODEL_STATUSES),
      status_message: z.string().optional(),
      model_type: z.string().default(""),
      source_run_id: z.string().optional(),
      tags: tagsWire,
    }),
    data: z.object({ params: tagsWire, metrics: z.array(metricWire).default([]) }).default({ params: [], metrics: [] }),
  })
  .transform(
    ({ info, data }): LoggedModel => ({
      modelId: loggedModelId(info.model_id),
      experimentId: experimentId(info.experiment_id),
      name: info.name,
      artifactUri: info.artifact_uri,
      status: info.status,
      ...(info.status_message ? { statusMessage: info.status_message } : {}),
      modelType: info.model_type,
      ...(info.source_run_id ? { sourceRunId: runId(info.source_run_id) } : {}),
      creationTimestamp: info.creation_timestamp_ms,
      lastUpdatedTimestamp: info.last_updated_timestamp_ms,
      tags: info.tags,
      params: data.params,
      metrics: data.metrics,
    }),
  )
  .meta({ id: "LoggedModel" });

export const loggedModelToWire = (model: LoggedModel) => ({
  info: {
    model_id: model.modelId,
    experiment_id: model.experimentId,
    name: model.name,
    creation_timestamp_ms: model.creationTimestamp,
    last_updated_timestamp_ms: model.lastUpdatedTimestamp,
    artifact_uri: model.artifactUri,
    status: model.status,
    ...compact({ status_message: model.statusMessage }),
    model_type: model.modelType,
    ...compact({ source_run_id: model.sourceRunId, tags: model.tags }),
  },
  data: compact({ params: model.params, metrics: model.metrics.map(metricToWire) }),
});

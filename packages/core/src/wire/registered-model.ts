import { z } from "zod";
import { type ModelVersion, type RegisteredModel, STAGES } from "../entities/registered-model.ts";
import { loggedModelId, runId } from "../ids.ts";
import { compact, int64 } from "./scalars.ts";
import { tagsWire } from "./tag.ts";

export const modelVersionWire = z
  .object({
    name: z.string(),
    version: z.string(),
    creation_timestamp: int64,
    last_updated_timestamp: int64,
    current_stage: z.enum(STAGES).default("None"),
    description: z.string().default(""),
    source: z.string().default(""),
    run_id: z.string().optional(),
    run_link: z.string().default(""),
    status: z.enum(["PENDING_REGISTRATION", "FAILED_REGISTRATION", "READY"]).default("READY"),
    status_message: z.string().optional(),
    model_id: z.string().optional(),
    tags: tagsWire,
    aliases: z.array(z.string()).default([]),
  })
  .transform(
    (wire): ModelVersion => ({
      name: wire.name,
      version: wire.version,
      creationTimestamp: wire.creation_timestamp,
      lastUpdatedTimestamp: wire.last_updated_timestamp,
      currentStage: wire.current_stage,
      description: wire.description,
      source: wire.source,
      ...(wire.run_id ? { runId: runId(wire.run_id) } : {}),
      runLink: wire.run_link,
      status: wire.status,
      ...(wire.status_message ? { statusMessage: wire.status_message } : {}),
      ...(wire.model_id ? { modelId: loggedModelId(wire.model_id) } : {}),
      tags: wire.tags,
      aliases: wire.aliases,
    }),
  )
  .meta({ id: "ModelVersion" });

/** MLflow's server leaves `model_id` out of its answers: the version's `source` (`models:/m-...`) carries it. */
export const modelVersionToWire = (version: ModelVersion) => ({
  name: version.name,
  version: version.version,
  creation_timestamp: version.creationTimestamp,
  last_updated_timestamp: version.lastUpdatedTimestamp,
  current_stage: version.currentStage,
  ...compact({ description: version.description }),
  source: version.source,
  ...compact({ run_id: version.runId }),
  status: version.status,
  ...compact({ status_message: version.statusMessage, tags: version.tags }),
  run_link: version.runLink,
  ...compact({ aliases: version.aliases }),
});

export const registeredModelWire = z
  .object({
    name: z.string(),
    creation_timestamp: int64,
    last_updated_timestamp: int64,
    description: z.string().default(""),
    latest_versions: z.array(modelVersionWire).default([]),
    tags: tagsWire,
    aliases: z.array(z.object({ alias: z.string(), version: z.string() })).default([]),
  })
  .transform(
    (wire): RegisteredModel => ({
      name: wire.name,
      creationTimestamp: wire.creation_timestamp,
      lastUpdatedTimestamp: wire.last_updated_timestamp,
      description: wire.description,
      latestVersions: wire.latest_versions,
      tags: wire.tags,
      aliases: wire.aliases,
    }),
  )
  .meta({ id: "RegisteredModel" });

export const registeredModelToWire = (model: RegisteredModel) => ({
  name: model.name,
  creation_timestamp: model.creationTimestamp,
  last_updated_timestamp: model.lastUpdatedTimestamp,
  ...compact({
    description: model.description || undefined,
    latest_versions: model.latestVersions.map(modelVersionToWire),
    tags: model.tags,
    aliases: model.aliases,
  }),
});

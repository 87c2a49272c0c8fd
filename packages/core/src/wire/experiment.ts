import { z } from "zod";
import type { Experiment } from "../entities/experiment.ts";
import { experimentId } from "../ids.ts";
import { compact, int64 } from "./scalars.ts";
import { tagsWire } from "./tag.ts";

export const experimentWire = z
  .object({
    experiment_id: z.string(),
    name: z.string(),
    artifact_location: z.string().default(""),
    lifecycle_stage: z.enum(["active", "deleted"]),
    last_update_time: int64.optional(),
    creation_time: int64.optional(),
    tags: tagsWire,
  })
  .transform(
    (wire): Experiment => ({
      experimentId: experimentId(wire.experiment_id),
      name: wire.name,
      artifactLocation: wire.artifact_location,
      lifecycleStage: wire.lifecycle_stage,
      ...(wire.creation_time === undefined ? {} : { creationTime: wire.creation_time }),
      ...(wire.last_update_time === undefined ? {} : { lastUpdateTime: wire.last_update_time }),
      tags: wire.tags,
    }),
  )
  .meta({ id: "Experiment" });

export const experimentToWire = (experiment: Experiment) => ({
  experiment_id: experiment.experimentId,
  name: experiment.name,
  artifact_location: experiment.artifactLocation,
  lifecycle_stage: experiment.lifecycleStage,
  ...compact({
    last_update_time: experiment.lastUpdateTime,
    creation_time: experiment.creationTime,
    tags: experiment.tags,
  }),
  workspace: "default",
});

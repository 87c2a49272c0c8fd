import { z } from "zod";
import type { DatasetInput } from "../entities/dataset.ts";
import { compact } from "./scalars.ts";
import { tagsWire } from "./tag.ts";

export const datasetInputWire = z
  .object({
    tags: tagsWire,
    dataset: z.object({
      name: z.string(),
      digest: z.string(),
      source_type: z.string(),
      source: z.string(),
      schema: z.string().optional(),
      profile: z.string().optional(),
    }),
  })
  .transform(
    ({ tags, dataset }): DatasetInput => ({
      tags,
      dataset: {
        name: dataset.name,
        digest: dataset.digest,
        sourceType: dataset.source_type,
        source: dataset.source,
        ...(dataset.schema === undefined ? {} : { schema: dataset.schema }),
        ...(dataset.profile === undefined ? {} : { profile: dataset.profile }),
      },
    }),
  )
  .meta({ id: "DatasetInput" });

export const datasetInputToWire = ({ tags, dataset }: DatasetInput) => ({
  ...compact({ tags }),
  dataset: {
    name: dataset.name,
    digest: dataset.digest,
    source_type: dataset.sourceType,
    source: dataset.source,
    ...compact({ schema: dataset.schema, profile: dataset.profile }),
  },
});

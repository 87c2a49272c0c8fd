import type { Dataset } from "@esteira/core/entities/dataset";
import { z } from "zod";

const place = z.looseObject({ uri: z.string().optional(), url: z.string().optional(), path: z.string().optional() });

/** Where a dataset came from: the address inside its source's JSON, else the source as it is. */
export function datasetPlace(dataset: Dataset): string {
  try {
    const { uri, url, path } = place.parse(JSON.parse(dataset.source));
    return uri ?? url ?? path ?? dataset.source;
  } catch {
    return dataset.source;
  }
}

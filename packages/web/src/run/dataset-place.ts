import type { Dataset } from "@esteira/core/entities/dataset";
import { z } from "zod";

const place = z.looseObject({ uri: z.string().optional(), url: z.string().optional(), path: z.string().optional() });

/** Where a dataset came from: the address inside its source's JSON, else its plain fields, else the source as it is. */
export function datasetPlace(dataset: Dataset): string {
  try {
    const { uri, url, path, ...fields } = place.parse(JSON.parse(dataset.source));
    return uri ?? url ?? path ?? (plainFields(fields) || dataset.source);
  } catch {
    return dataset.source;
  }
}

/** What is nested is left to the dataset's own record: a line in a table is no place to read it. */
const plainFields = (fields: Readonly<Record<string, unknown>>): string =>
  Object.entries(fields)
    .filter(([, value]) => typeof value !== "object")
    .map(([key, value]) => `${key} ${value}`)
    .join(" · ");

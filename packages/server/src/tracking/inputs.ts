import type { DatasetInput } from "@esteira/core/entities/dataset";
import { invalid } from "@esteira/core/errors";
import { experimentId, loggedModelId, runId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { z } from "zod";
import { read, reads, update, writes } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import {
  exactInt64OrZero,
  given,
  keyValues,
  list,
  nonEmpty,
  requiredList,
  requiredText,
  text,
  textOrEmpty,
  texts,
} from "../http/fields.ts";
import { listToWire, nothing } from "../http/paging.ts";

const MAX_EXPERIMENTS = 20;

const datasetInputSchema = z.object({
  tags: keyValues,
  dataset: z
    .object({
      name: textOrEmpty,
      digest: textOrEmpty,
      source_type: textOrEmpty,
      source: textOrEmpty,
      schema: text,
      profile: text,
    })
    .nullish(),
});

const toDatasetInput = ({ tags, dataset }: z.output<typeof datasetInputSchema>): DatasetInput => ({
  tags,
  dataset: {
    name: dataset?.name ?? "",
    digest: dataset?.digest ?? "",
    sourceType: dataset?.source_type ?? "",
    source: dataset?.source ?? "",
    ...given({ schema: nonEmpty(dataset?.schema), profile: nonEmpty(dataset?.profile) }),
  },
});

const datasetSummaries = z.object({
  dataset_summaries: z
    .array(
      z.object({ experiment_id: z.string(), name: z.string(), digest: z.string(), context: z.string().optional() }),
    )
    .optional(),
});

/** What a run has read and made: datasets and models. */
export function inputEndpoints(store: TrackingStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/runs/log-inputs",
      policy: writes(update("run", "run_id"), update("logged model", "models[].model_id")),
      summary: "Record the datasets and models that a run has read",
      input: z.object({
        run_id: requiredText,
        datasets: list(datasetInputSchema),
        models: list(z.object({ model_id: requiredText })),
      }),
      output: nothing,
      run: async (input) => {
        await store.logInputs(runId(input.run_id), {
          datasets: input.datasets.map(toDatasetInput),
          models: input.models.map((model) => ({ modelId: loggedModelId(model.model_id) })),
        });
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/runs/outputs",
      policy: writes(update("run", "run_id"), update("logged model", "models[].model_id")),
      summary: "Record the models that a run has made",
      input: z.object({
        run_id: requiredText,
        models: requiredList(z.object({ model_id: requiredText, step: exactInt64OrZero })),
      }),
      output: nothing,
      run: async (input) => {
        await store.logOutputs(runId(input.run_id), {
          models: input.models.map((model) => ({ modelId: loggedModelId(model.model_id), step: model.step })),
        });
        return {};
      },
    }),
  ];
}

export function datasetSearchEndpoints(store: TrackingStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/experiments/search-datasets",
      policy: reads(read("experiment", "experiment_ids[]")),
      summary: "List the datasets that the runs of some experiments have read",
      input: z.object({ experiment_ids: texts }),
      output: datasetSummaries,
      run: async (input) => {
        const ids = input.experiment_ids;
        if (ids.length === 0) throw invalid("SearchDatasets request must specify at least one experiment_id.");
        if (ids.length > MAX_EXPERIMENTS) {
          throw invalid(
            `SearchDatasets request cannot specify more than ${MAX_EXPERIMENTS} experiment_ids. Received ${ids.length} experiment_ids.`,
          );
        }
        const found = await store.searchDatasets(ids.map(experimentId));
        return listToWire("dataset_summaries", found, ({ experimentId: experiment, dataset, context }) => ({
          experiment_id: experiment,
          name: dataset.name,
          digest: dataset.digest,
          ...given({ context }),
        }));
      },
    }),
  ];
}

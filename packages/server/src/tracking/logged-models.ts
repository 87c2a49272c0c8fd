import { LOGGED_MODEL_STATUSES } from "@esteira/core/entities/logged-model";
import { invalid } from "@esteira/core/errors";
import { experimentId, loggedModelId, runId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { loggedModelToWire, loggedModelWire } from "@esteira/core/wire/logged-model";
import { z } from "zod";
import { read, reads, remove, update, within, writes } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import {
  boolOrTrue,
  given,
  int64,
  keyValues,
  list,
  nonEmpty,
  requiredEnumOf,
  requiredList,
  requiredText,
  text,
  textOrEmpty,
} from "../http/fields.ts";
import { nothing, pageOf, pageToWire } from "../http/paging.ts";

const empty = z.object({});
const oneModel = z.object({ model: loggedModelWire });

export function loggedModelEndpoints(store: TrackingStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/logged-models",
      policy: writes(within("logged model", "experiment_id"), read("run", "source_run_id")),
      summary: "Create a logged model",
      input: z.object({
        experiment_id: requiredText,
        name: text,
        model_type: textOrEmpty,
        source_run_id: textOrEmpty,
        params: keyValues,
        tags: keyValues,
      }),
      output: oneModel,
      run: async (input) => {
        const model = await store.createLoggedModel({
          experimentId: experimentId(input.experiment_id),
          modelType: input.model_type,
          params: input.params,
          tags: input.tags,
          sourceRunId: runId(input.source_run_id),
          ...given({ name: nonEmpty(input.name) }),
        });
        return { model: loggedModelToWire(model) };
      },
    }),
    endpoint({
      method: "POST",
      path: "/logged-models/search",
      policy: reads(),
      summary: "Search logged models",
      input: searchSchema,
      output: pageOf("models", loggedModelWire),
      run: async (input, _, caller) => {
        const page = await store.searchLoggedModels({
          experimentIds: caller.searchable("logged_model", input.experiment_ids).map(experimentId),
          datasets: input.datasets.map(toDatasetFilter),
          orderBy: input.order_by.map(toOrder),
          ...given({
            filter: nonEmpty(input.filter),
            // In protobuf an unset number reads as 0, so 0 means the default.
            maxResults: input.max_results === 0 ? undefined : input.max_results,
            pageToken: nonEmpty(input.page_token),
          }),
        });
        return pageToWire("models", page, loggedModelToWire);
      },
    }),
    endpoint({
      method: "GET",
      path: "/logged-models/:model_id",
      policy: reads(read("logged model", ":model_id")),
      summary: "Get a logged model",
      input: z.object({ allow_deleted: text }),
      output: oneModel,
      run: async (input, params) => {
        const allowDeleted = input.allow_deleted?.toLowerCase() === "true";
        return {
          model: loggedModelToWire(await store.getLoggedModel(loggedModelId(params.model_id ?? ""), { allowDeleted })),
        };
      },
    }),
    endpoint({
      method: "PATCH",
      path: "/logged-models/:model_id",
      policy: writes(update("logged model", ":model_id")),
      summary: "Set the status of a logged model whose files are written",
      input: z.object({ model_id: requiredText, status: requiredEnumOf(LOGGED_MODEL_STATUSES, 0) }),
      output: oneModel,
      run: async (input, params) => {
        return { model: loggedModelToWire(await store.finalizeLoggedModel(sameModel(input, params), input.status)) };
      },
    }),
    endpoint({
      method: "DELETE",
      path: "/logged-models/:model_id",
      policy: writes(remove("logged model", ":model_id")),
      summary: "Delete a logged model",
      input: empty,
      output: nothing,
      run: async (_, params) => {
        await store.deleteLoggedModel(loggedModelId(params.model_id ?? ""));
        return {};
      },
    }),
    endpoint({
      method: "PATCH",
      path: "/logged-models/:model_id/tags",
      policy: writes(update("logged model", ":model_id")),
      summary: "Set tags of a logged model",
      input: z.object({ tags: keyValues }),
      output: nothing,
      run: async (input, params) => {
        await store.setLoggedModelTags(loggedModelId(params.model_id ?? ""), input.tags);
        return {};
      },
    }),
    endpoint({
      method: "DELETE",
      path: "/logged-models/:model_id/tags/:tag_key",
      policy: writes(remove("logged model", ":model_id")),
      summary: "Delete a tag of a logged model",
      input: empty,
      output: nothing,
      run: async (_, params) => {
        await store.deleteLoggedModelTag(loggedModelId(params.model_id ?? ""), params.tag_key ?? "");
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/logged-models/:model_id/params",
      policy: writes(update("logged model", ":model_id")),
      summary: "Add params to a logged model",
      input: z.object({ model_id: requiredText, params: keyValues }),
      output: nothing,
      run: async (input, params) => {
        await store.logLoggedModelParams(sameModel(input, params), input.params);
        return {};
      },
    }),
  ];
}

const searchSchema = z.object({
  experiment_ids: requiredList(requiredText),
  filter: text,
  datasets: list(z.object({ dataset_name: textOrEmpty, dataset_digest: text })),
  max_results: int64,
  order_by: list(
    z.object({ field_name: textOrEmpty, ascending: boolOrTrue, dataset_name: text, dataset_digest: text }),
  ),
  page_token: text,
});
type Search = z.output<typeof searchSchema>;

const toDatasetFilter = ({ dataset_name, dataset_digest }: Search["datasets"][number]) => ({
  datasetName: dataset_name,
  ...given({ datasetDigest: nonEmpty(dataset_digest) }),
});

const toOrder = (order: Search["order_by"][number]) => ({
  fieldName: order.field_name,
  ascending: order.ascending,
  ...given({ datasetName: nonEmpty(order.dataset_name), datasetDigest: nonEmpty(order.dataset_digest) }),
});

/** MLflow wants the id in the body too; when body and path disagree, guessing would change the wrong model. */
function sameModel(input: { model_id: string }, params: Readonly<Record<string, string>>) {
  if (input.model_id !== params.model_id) {
    throw invalid(
      `Invalid value "${input.model_id}" for parameter 'model_id' supplied: the path of the request names '${params.model_id}'.`,
    );
  }
  return loggedModelId(input.model_id);
}

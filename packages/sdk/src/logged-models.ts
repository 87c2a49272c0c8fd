import type { LoggedModel, LoggedModelStatus } from "@esteira/core/entities/logged-model";
import type { Page } from "@esteira/core/entities/page";
import type { Param, Tag } from "@esteira/core/entities/tag";
import type { ExperimentId, LoggedModelId, RunId } from "@esteira/core/ids";
import { loggedModelWire } from "@esteira/core/wire/logged-model";
import { z } from "zod";
import { pageOf } from "./search.ts";
import { nothing, type Transport } from "./transport.ts";

const one = z.object({ model: loggedModelWire }).transform((wire) => wire.model);

export function loggedModelsOf(transport: Transport) {
  return {
    create: (input: {
      experimentId: ExperimentId;
      name: string;
      sourceRunId?: RunId;
      modelType?: string;
      params?: readonly Param[];
      tags?: readonly Tag[];
    }): Promise<LoggedModel> =>
      transport.call("POST", "logged-models", one, {
        body: {
          experiment_id: input.experimentId,
          name: input.name,
          source_run_id: input.sourceRunId,
          model_type: input.modelType,
          params: input.params,
          tags: input.tags,
        },
      }),
    get: (id: LoggedModelId): Promise<LoggedModel> => transport.call("GET", `logged-models/${id}`, one),
    finalize: (id: LoggedModelId, status: LoggedModelStatus): Promise<LoggedModel> =>
      transport.call("PATCH", `logged-models/${id}`, one, { body: { model_id: id, status } }),
    delete: (id: LoggedModelId) => transport.call("DELETE", `logged-models/${id}`, nothing),
    setTags: (id: LoggedModelId, tags: readonly Tag[]) =>
      transport.call("PATCH", `logged-models/${id}/tags`, nothing, { body: { tags } }),
    logParams: (id: LoggedModelId, params: readonly Param[]) =>
      transport.call("POST", `logged-models/${id}/params`, nothing, { body: { model_id: id, params } }),
    search: (query: {
      experimentIds: readonly ExperimentId[];
      filter?: string;
      maxResults?: number;
      pageToken?: string;
    }): Promise<Page<LoggedModel>> =>
      transport.call("POST", "logged-models/search", pageOf("models", loggedModelWire), {
        body: {
          experiment_ids: query.experimentIds,
          filter: query.filter,
          max_results: query.maxResults,
          page_token: query.pageToken,
        },
      }),
  };
}

import type { RegistryStore } from "@esteira/core/registry-store";
import { modelVersionToWire, registeredModelToWire } from "@esteira/core/wire/registered-model";
import { z } from "zod";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import {
  given,
  int64AtMost,
  keyValues,
  nonEmpty,
  requiredText,
  searchFields,
  text,
  textOrEmpty,
  texts,
} from "../http/fields.ts";
import { listToWire, pageToWire } from "../http/paging.ts";

const MAX_MODELS = 1000;
const DEFAULT_MODELS = 100;

const byName = z.object({ name: requiredText });

export function registeredModelEndpoints(store: RegistryStore): readonly Endpoint[] {
  return [
    endpoint(
      "POST",
      "/registered-models/create",
      z.object({ name: requiredText, tags: keyValues, description: text }),
      async ({ name, tags, description }) => ({
        registered_model: registeredModelToWire(
          await store.createRegisteredModel({ name, tags, ...given({ description }) }),
        ),
      }),
    ),
    endpoint("GET", "/registered-models/get", byName, async ({ name }) => ({
      registered_model: registeredModelToWire(await store.getRegisteredModel(name)),
    })),
    endpoint(
      "POST",
      "/registered-models/rename",
      z.object({ name: requiredText, new_name: requiredText }),
      async (input) => ({
        registered_model: registeredModelToWire(await store.renameRegisteredModel(input.name, input.new_name)),
      }),
    ),
    endpoint(
      "PATCH",
      "/registered-models/update",
      z.object({ name: requiredText, description: textOrEmpty }),
      async ({ name, description }) => ({
        registered_model: registeredModelToWire(await store.updateRegisteredModel(name, { description })),
      }),
    ),
    endpoint("DELETE", "/registered-models/delete", byName, async ({ name }) => {
      await store.deleteRegisteredModel(name);
      return {};
    }),
    endpoint(
      "GET",
      "/registered-models/search",
      z.object({ ...searchFields, max_results: int64AtMost(MAX_MODELS) }),
      async (input) => {
        const page = await store.searchRegisteredModels({
          maxResults: input.max_results ?? DEFAULT_MODELS,
          orderBy: input.order_by,
          ...given({ filter: nonEmpty(input.filter), pageToken: nonEmpty(input.page_token) }),
        });
        return pageToWire("registered_models", page, registeredModelToWire);
      },
    ),
    endpoint(
      ["GET", "POST"],
      "/registered-models/get-latest-versions",
      z.object({ name: requiredText, stages: texts }),
      async ({ name, stages }) =>
        listToWire("model_versions", await store.getLatestVersions(name, stages), modelVersionToWire),
    ),
    endpoint(
      "POST",
      "/registered-models/set-tag",
      z.object({ name: requiredText, key: requiredText, value: textOrEmpty }),
      async ({ name, key, value }) => {
        await store.setRegisteredModelTag(name, { key, value });
        return {};
      },
    ),
    endpoint(
      "DELETE",
      "/registered-models/delete-tag",
      z.object({ name: requiredText, key: requiredText }),
      async ({ name, key }) => {
        await store.deleteRegisteredModelTag(name, key);
        return {};
      },
    ),
  ];
}

import type { RegistryStore } from "@esteira/core/registry-store";
import {
  modelVersionToWire,
  modelVersionWire,
  registeredModelToWire,
  registeredModelWire,
} from "@esteira/core/wire/registered-model";
import { z } from "zod";
import { NEW_MODEL, read, reads, registers, remove, update } from "../access/policy.ts";
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
import { listToWire, nothing, pageOf, pageToWire } from "../http/paging.ts";

const MAX_MODELS = 1000;
const DEFAULT_MODELS = 100;

const byName = z.object({ name: requiredText });
const oneModel = z.object({ registered_model: registeredModelWire });

export function registeredModelEndpoints(store: RegistryStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/registered-models/create",
      policy: registers(NEW_MODEL),
      summary: "Create a registered model",
      input: z.object({ name: requiredText, tags: keyValues, description: text }),
      output: oneModel,
      run: async ({ name, tags, description }, _, caller) => ({
        registered_model: registeredModelToWire(
          await store
            .as(caller.actor)
            .createRegisteredModel({ name, tags, ...given({ description, owner: caller.user?.id }) }),
        ),
      }),
    }),
    endpoint({
      method: "GET",
      path: "/registered-models/get",
      policy: reads(read("model", "name")),
      summary: "Get a registered model",
      input: byName,
      output: oneModel,
      run: async ({ name }) => ({
        registered_model: registeredModelToWire(await store.getRegisteredModel(name)),
      }),
    }),
    endpoint({
      method: "POST",
      path: "/registered-models/rename",
      policy: registers(update("model", "name")),
      summary: "Rename a registered model",
      input: z.object({ name: requiredText, new_name: requiredText }),
      output: oneModel,
      run: async (input, _, caller) => ({
        registered_model: registeredModelToWire(
          await store.as(caller.actor).renameRegisteredModel(input.name, input.new_name),
        ),
      }),
    }),
    endpoint({
      method: "PATCH",
      path: "/registered-models/update",
      policy: registers(update("model", "name")),
      summary: "Set the description of a registered model",
      input: z.object({ name: requiredText, description: textOrEmpty }),
      output: oneModel,
      run: async ({ name, description }, _, caller) => ({
        registered_model: registeredModelToWire(
          await store.as(caller.actor).updateRegisteredModel(name, { description }),
        ),
      }),
    }),
    endpoint({
      method: "DELETE",
      path: "/registered-models/delete",
      policy: registers(remove("whole model", "name")),
      summary: "Delete a registered model and its versions",
      input: byName,
      output: nothing,
      run: async ({ name }, _, caller) => {
        await store.as(caller.actor).deleteRegisteredModel(name);
        return {};
      },
    }),
    endpoint({
      method: "GET",
      path: "/registered-models/search",
      policy: reads(),
      summary: "Search registered models",
      input: z.object({ ...searchFields, max_results: int64AtMost(MAX_MODELS) }),
      output: pageOf("registered_models", registeredModelWire),
      run: async (input, _, caller) => {
        const page = await store.searchRegisteredModels({
          maxResults: input.max_results ?? DEFAULT_MODELS,
          orderBy: input.order_by,
          ...given({
            filter: nonEmpty(input.filter),
            pageToken: nonEmpty(input.page_token),
            visible: caller.models(),
          }),
        });
        return pageToWire("registered_models", page, registeredModelToWire);
      },
    }),
    endpoint({
      method: ["GET", "POST"],
      path: "/registered-models/get-latest-versions",
      policy: reads(read("version", "name")),
      summary: "Get the newest version of each stage",
      input: z.object({ name: requiredText, stages: texts }),
      output: z.object({ model_versions: z.array(modelVersionWire).optional() }),
      run: async ({ name, stages }) =>
        listToWire("model_versions", await store.getLatestVersions(name, stages), modelVersionToWire),
    }),
    endpoint({
      method: "POST",
      path: "/registered-models/set-tag",
      policy: registers(update("model", "name")),
      summary: "Set a tag of a registered model",
      input: z.object({ name: requiredText, key: requiredText, value: textOrEmpty }),
      output: nothing,
      run: async ({ name, key, value }, _, caller) => {
        await store.as(caller.actor).setRegisteredModelTag(name, { key, value });
        return {};
      },
    }),
    endpoint({
      method: "DELETE",
      path: "/registered-models/delete-tag",
      policy: registers(update("model", "name")),
      summary: "Delete a tag of a registered model",
      input: z.object({ name: requiredText, key: requiredText }),
      output: nothing,
      run: async ({ name, key }, _, caller) => {
        await store.as(caller.actor).deleteRegisteredModelTag(name, key);
        return {};
      },
    }),
  ];
}

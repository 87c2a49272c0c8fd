import type { Page, SearchQuery } from "@esteira/core/entities/page";
import type { ModelVersion, RegisteredModel } from "@esteira/core/entities/registered-model";
import type { Tag } from "@esteira/core/entities/tag";
import { EsteiraError } from "@esteira/core/errors";
import { modelVersionWire, registeredModelWire } from "@esteira/core/wire/registered-model";
import { z } from "zod";
import { getOrCreate } from "./ensure.ts";
import { pageOf, searchToWire } from "./search.ts";
import { nothing, type Transport } from "./transport.ts";

const one = z.object({ registered_model: registeredModelWire }).transform((wire) => wire.registered_model);
const version = z.object({ model_version: modelVersionWire }).transform((wire) => wire.model_version);

export function registeredModelsOf(transport: Transport) {
  const create = (input: { name: string; description?: string; tags?: readonly Tag[] }): Promise<RegisteredModel> =>
    transport.call("POST", "registered-models/create", one, {
      body: { name: input.name, description: input.description, tags: input.tags },
    });
  const get = (name: string): Promise<RegisteredModel> =>
    transport.call("GET", "registered-models/get", one, { query: { name } });
  const getByAlias = (name: string, alias: string): Promise<ModelVersion> =>
    transport.call("GET", "registered-models/alias", version, { query: { name, alias } });

  return {
    create,
    get,
    getByAlias,
    /** The version that the alias names; undefined when the model or the alias does not exist. */
    async findByAlias(name: string, alias: string): Promise<ModelVersion | undefined> {
      try {
        return await getByAlias(name, alias);
      } catch (error) {
        if (
          error instanceof EsteiraError &&
          /not found|does not exist|INVALID/i.test(`${error.code} ${error.message}`)
        ) {
          return undefined;
        }
        throw error;
      }
    },
    /** The registered model of this name, made when there is none. */
    ensure: (input: { name: string; description?: string; tags?: readonly Tag[] }): Promise<RegisteredModel> =>
      getOrCreate(
        () => get(input.name),
        () => create(input),
      ),
    search: (query: SearchQuery = {}): Promise<Page<RegisteredModel>> =>
      transport.call("GET", "registered-models/search", pageOf("registered_models", registeredModelWire), {
        query: searchToWire(query),
      }),
    rename: (name: string, newName: string): Promise<RegisteredModel> =>
      transport.call("POST", "registered-models/rename", one, { body: { name, new_name: newName } }),
    update: (name: string, description: string): Promise<RegisteredModel> =>
      transport.call("PATCH", "registered-models/update", one, { body: { name, description } }),
    delete: (name: string) => transport.call("DELETE", "registered-models/delete", nothing, { body: { name } }),
    setTag: (name: string, tag: Tag) =>
      transport.call("POST", "registered-models/set-tag", nothing, { body: { name, ...tag } }),
    deleteTag: (name: string, key: string) =>
      transport.call("DELETE", "registered-models/delete-tag", nothing, { body: { name, key } }),
    setAlias: (name: string, alias: string, versionNumber: string) =>
      transport.call("POST", "registered-models/alias", nothing, { body: { name, alias, version: versionNumber } }),
    deleteAlias: (name: string, alias: string) =>
      transport.call("DELETE", "registered-models/alias", nothing, { body: { name, alias } }),
    latestVersions: (name: string, stages: readonly string[] = []): Promise<readonly ModelVersion[]> =>
      transport.call(
        "POST",
        "registered-models/get-latest-versions",
        z.object({ model_versions: z.array(modelVersionWire).default([]) }).transform((wire) => wire.model_versions),
        { body: { name, stages } },
      ),
  };
}

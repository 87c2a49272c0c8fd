import { STAGES, type Stage } from "@esteira/core/entities/registered-model";
import { invalid } from "@esteira/core/errors";
import { loggedModelId, runId } from "@esteira/core/ids";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { modelVersionToWire } from "@esteira/core/wire/registered-model";
import { z } from "zod";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import {
  boolOrFalse,
  given,
  int64AtMost,
  keyValues,
  nonEmpty,
  requiredText,
  searchFields,
  text,
  textOrEmpty,
} from "../http/fields.ts";
import { pageToWire } from "../http/paging.ts";
import { linkVersionToModel } from "./model-link.ts";
import { resolveVersionSource } from "./version-source.ts";

const MAX_VERSIONS = 200_000;
const DEFAULT_VERSIONS = 10_000;

const byVersion = z.object({ name: requiredText, version: requiredText });

export function modelVersionEndpoints(store: RegistryStore & TrackingStore): readonly Endpoint[] {
  return [
    endpoint("POST", "/model-versions/create", createSchema, async (input) => {
      const {
        source,
        runId: run,
        modelId: model,
      } = await resolveVersionSource(store, {
        source: input.source,
        tags: input.tags,
        ...given({ runId: input.run_id, modelId: input.model_id }),
      });
      const version = await store.createModelVersion({
        name: input.name,
        source,
        tags: input.tags,
        ...given({
          runId: run === undefined ? undefined : runId(run),
          modelId: model === undefined ? undefined : loggedModelId(model),
          runLink: nonEmpty(input.run_link),
          description: nonEmpty(input.description),
        }),
      });
      if (model !== undefined) await linkVersionToModel(store, loggedModelId(model), version);
      return { model_version: modelVersionToWire(version) };
    }),
    endpoint("GET", "/model-versions/get", byVersion, async ({ name, version }) => ({
      model_version: modelVersionToWire(await store.getModelVersion(name, version)),
    })),
    endpoint(
      "PATCH",
      "/model-versions/update",
      z.object({ name: requiredText, version: requiredText, description: textOrEmpty }),
      async ({ name, version, description }) => ({
        model_version: modelVersionToWire(await store.updateModelVersion(name, version, { description })),
      }),
    ),
    endpoint("DELETE", "/model-versions/delete", byVersion, async ({ name, version }) => {
      await store.deleteModelVersion(name, version);
      return {};
    }),
    endpoint(
      "POST",
      "/model-versions/transition-stage",
      z.object({
        name: requiredText,
        version: requiredText,
        stage: requiredText,
        archive_existing_versions: boolOrFalse,
      }),
      async (input) => ({
        model_version: modelVersionToWire(
          await store.transitionStage(input.name, input.version, {
            stage: parseStage(input.stage),
            archiveExistingVersions: input.archive_existing_versions,
          }),
        ),
      }),
    ),
    endpoint(
      "GET",
      "/model-versions/search",
      z.object({ ...searchFields, max_results: int64AtMost(MAX_VERSIONS) }),
      async (input) => {
        const page = await store.searchModelVersions({
          maxResults: input.max_results ?? DEFAULT_VERSIONS,
          orderBy: input.order_by,
          ...given({ filter: nonEmpty(input.filter), pageToken: nonEmpty(input.page_token) }),
        });
        return pageToWire("model_versions", page, modelVersionToWire);
      },
    ),
    endpoint("GET", "/model-versions/get-download-uri", byVersion, async ({ name, version }) => ({
      artifact_uri: await store.getDownloadUri(name, version),
    })),
    endpoint(
      "POST",
      "/model-versions/set-tag",
      z.object({ name: requiredText, version: requiredText, key: requiredText, value: textOrEmpty }),
      async ({ name, version, key, value }) => {
        await store.setModelVersionTag(name, version, { key, value });
        return {};
      },
    ),
    endpoint(
      "DELETE",
      "/model-versions/delete-tag",
      z.object({ name: requiredText, version: requiredText, key: requiredText }),
      async ({ name, version, key }) => {
        await store.deleteModelVersionTag(name, version, key);
        return {};
      },
    ),
  ];
}

const createSchema = z.object({
  name: requiredText,
  source: requiredText,
  run_id: text,
  tags: keyValues,
  run_link: text,
  description: text,
  model_id: text,
});

/** Stage names are matched without case, as MLflow does. */
function parseStage(name: string): Stage {
  const stage = STAGES.find((known) => known.toLowerCase() === name.toLowerCase());
  if (stage !== undefined) return stage;
  throw invalid(`Invalid Model Version stage: ${name}. Value must be one of ${STAGES.join(", ")}.`);
}

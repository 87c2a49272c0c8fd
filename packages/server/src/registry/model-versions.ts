import { STAGES, type Stage } from "@esteira/core/entities/registered-model";
import { invalid } from "@esteira/core/errors";
import { loggedModelId, runId } from "@esteira/core/ids";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { modelVersionToWire, modelVersionWire } from "@esteira/core/wire/registered-model";
import { z } from "zod";
import { read, reads, registers, registersAs, remove, update, within } from "../access/policy.ts";
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
import { nothing, pageOf, pageToWire } from "../http/paging.ts";
import { linkVersionToModel } from "./model-link.ts";
import { resolveVersionSource } from "./version-source.ts";

const MAX_VERSIONS = 200_000;
const DEFAULT_VERSIONS = 10_000;

const byVersion = z.object({ name: requiredText, version: requiredText });
const oneVersion = z.object({ model_version: modelVersionWire });

export function modelVersionEndpoints(
  store: RegistryStore & TrackingStore,
  options: { allowedHostSchemes: readonly string[] },
): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/model-versions/create",
      policy: registersAs("register")(
        within("version", "name"),
        read("run", "run_id"),
        read("logged model", "model_id"),
        read("version source", "source"),
      ),
      summary: "Create a version of a registered model",
      input: createSchema,
      output: oneVersion,
      run: async (input, _, caller) => {
        const {
          source,
          runId: run,
          modelId: model,
        } = await resolveVersionSource(
          store,
          { source: input.source, tags: input.tags, ...given({ runId: input.run_id, modelId: input.model_id }) },
          options,
        );
        const version = await store.as(caller.actor).createModelVersion({
          name: input.name,
          source,
          tags: input.tags,
          runId: runId(run ?? ""),
          ...given({
            modelId: model === undefined ? undefined : loggedModelId(model),
            runLink: nonEmpty(input.run_link),
            description: input.description ?? "",
          }),
        });
        if (model !== undefined) await linkVersionToModel(store, loggedModelId(model), version);
        return { model_version: modelVersionToWire(version) };
      },
    }),
    endpoint({
      method: "GET",
      path: "/model-versions/get",
      policy: reads(read("version", "name")),
      summary: "Get a version",
      input: byVersion,
      output: oneVersion,
      run: async ({ name, version }) => ({
        model_version: modelVersionToWire(await store.getModelVersion(name, version)),
      }),
    }),
    endpoint({
      method: "PATCH",
      path: "/model-versions/update",
      policy: registersAs("register")(update("version", "name")),
      summary: "Set the description of a version",
      input: z.object({ name: requiredText, version: requiredText, description: text }),
      output: oneVersion,
      run: async ({ name, version, description }, _, caller) => ({
        model_version: modelVersionToWire(
          await store.as(caller.actor).updateModelVersion(name, version, given({ description })),
        ),
      }),
    }),
    endpoint({
      method: "DELETE",
      path: "/model-versions/delete",
      policy: registers(remove("version", "name")),
      summary: "Delete a version",
      input: byVersion,
      output: nothing,
      run: async ({ name, version }, _, caller) => {
        await store.as(caller.actor).deleteModelVersion(name, version);
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/model-versions/transition-stage",
      policy: registersAs("promote")(update("version", "name")),
      summary: "Move a version to a stage",
      input: z.object({
        name: requiredText,
        version: requiredText,
        stage: requiredText,
        archive_existing_versions: boolOrFalse,
      }),
      output: oneVersion,
      run: async (input, _, caller) => ({
        model_version: modelVersionToWire(
          await store.as(caller.actor).transitionStage(input.name, input.version, {
            stage: parseStage(input.stage),
            archiveExistingVersions: input.archive_existing_versions,
          }),
        ),
      }),
    }),
    endpoint({
      method: "GET",
      path: "/model-versions/search",
      policy: reads(),
      summary: "Search versions",
      input: z.object({ ...searchFields, max_results: int64AtMost(MAX_VERSIONS) }),
      output: pageOf("model_versions", modelVersionWire),
      run: async (input, _, caller) => {
        const page = await store.searchModelVersions({
          maxResults: input.max_results ?? DEFAULT_VERSIONS,
          orderBy: input.order_by,
          ...given({
            filter: nonEmpty(input.filter),
            pageToken: nonEmpty(input.page_token),
            visible: caller.versions(),
          }),
        });
        return pageToWire("model_versions", page, modelVersionToWire);
      },
    }),
    endpoint({
      method: "GET",
      path: "/model-versions/get-download-uri",
      policy: reads(read("version", "name")),
      summary: "Get the URI of a version's files",
      input: z.object({ name: textOrEmpty, version: textOrEmpty }),
      output: z.object({ artifact_uri: z.string() }),
      run: async ({ name, version }) => ({
        artifact_uri: await store.getDownloadUri(name, version),
      }),
    }),
    endpoint({
      method: "POST",
      path: "/model-versions/set-tag",
      policy: registersAs("register")(update("version", "name")),
      summary: "Set a tag of a version",
      input: z.object({ name: requiredText, version: requiredText, key: requiredText, value: textOrEmpty }),
      output: nothing,
      run: async ({ name, version, key, value }, _, caller) => {
        await store.as(caller.actor).setModelVersionTag(name, version, { key, value });
        return {};
      },
    }),
    endpoint({
      method: "DELETE",
      path: "/model-versions/delete-tag",
      policy: registers(remove("version", "name")),
      summary: "Delete a tag of a version",
      input: z.object({ name: requiredText, version: requiredText, key: requiredText }),
      output: nothing,
      run: async ({ name, version, key }, _, caller) => {
        await store.as(caller.actor).deleteModelVersionTag(name, version, key);
        return {};
      },
    }),
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

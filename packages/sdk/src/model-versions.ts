import type { Page, SearchQuery } from "@esteira/core/entities/page";
import type { ModelVersion, Stage } from "@esteira/core/entities/registered-model";
import type { Tag } from "@esteira/core/entities/tag";
import type { LoggedModelId, RunId } from "@esteira/core/ids";
import { modelVersionWire } from "@esteira/core/wire/registered-model";
import { z } from "zod";
import { pageOf, searchToWire } from "./search.ts";
import { nothing, type Transport } from "./transport.ts";

const one = z.object({ model_version: modelVersionWire }).transform((wire) => wire.model_version);

export function modelVersionsOf(transport: Transport) {
  return {
    create: (input: {
      name: string;
      source: string;
      runId?: RunId;
      modelId?: LoggedModelId;
      description?: string;
      tags?: readonly Tag[];
    }): Promise<ModelVersion> =>
      transport.call("POST", "model-versions/create", one, {
        body: {
          name: input.name,
          source: input.source,
          run_id: input.runId,
          model_id: input.modelId,
          description: input.description,
          tags: input.tags,
        },
      }),
    get: (name: string, version: string): Promise<ModelVersion> =>
      transport.call("GET", "model-versions/get", one, { query: { name, version } }),
    search: (query: SearchQuery = {}): Promise<Page<ModelVersion>> =>
      transport.call("GET", "model-versions/search", pageOf("model_versions", modelVersionWire), {
        query: searchToWire(query),
      }),
    update: (name: string, version: string, description: string): Promise<ModelVersion> =>
      transport.call("PATCH", "model-versions/update", one, { body: { name, version, description } }),
    delete: (name: string, version: string) =>
      transport.call("DELETE", "model-versions/delete", nothing, { body: { name, version } }),
    transitionStage: (
      name: string,
      version: string,
      change: { stage: Stage; archiveExistingVersions: boolean },
    ): Promise<ModelVersion> =>
      transport.call("POST", "model-versions/transition-stage", one, {
        body: { name, version, stage: change.stage, archive_existing_versions: change.archiveExistingVersions },
      }),
    setTag: (name: string, version: string, tag: Tag) =>
      transport.call("POST", "model-versions/set-tag", nothing, { body: { name, version, ...tag } }),
    deleteTag: (name: string, version: string, key: string) =>
      transport.call("DELETE", "model-versions/delete-tag", nothing, { body: { name, version, key } }),
    /** Where the version's files are: an artifact URI for `artifacts`. */
    downloadUri: (name: string, version: string): Promise<string> =>
      transport.call(
        "GET",
        "model-versions/get-download-uri",
        z.object({ artifact_uri: z.string() }).transform((wire) => wire.artifact_uri),
        { query: { name, version } },
      ),
  };
}

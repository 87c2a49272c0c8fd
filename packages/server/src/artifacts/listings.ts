import { loggedModelId, runId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { fileInfoToWire, fileInfoWire } from "@esteira/core/wire/file-info";
import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import { z } from "zod";
import { read, reads } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { text } from "../http/fields.ts";
import { listToWire } from "../http/paging.ts";
import { withRunId } from "../http/run-id.ts";
import { checkInnerPath, joinPath, proxiedPath } from "./artifact-uri.ts";

const listing = z.object({ root_uri: z.string(), files: z.array(fileInfoWire).optional() });

/** What lies in one folder of a run's or a logged model's artifacts; paths are relative to that root. */
export function artifactListEndpoints(store: TrackingStore, artifacts: ArtifactStore): readonly Endpoint[] {
  const list = async (rootUri: string, folder: string) => {
    const files = await artifacts.list(joinPath(proxiedPath(rootUri), folder));
    return {
      root_uri: rootUri,
      ...listToWire("files", files, (file) => fileInfoToWire({ ...file, path: joinPath(folder, file.path) })),
    };
  };
  return [
    endpoint({
      method: "GET",
      path: "/artifacts/list",
      policy: reads(read("run", "run_id")),
      summary: "List a folder of a run's artifacts",
      input: withRunId({ path: text, page_token: text }),
      output: listing,
      run: async (input) => {
        const run = await store.getRun(runId(input.run_id));
        return list(run.info.artifactUri, checkInnerPath(input.path ?? ""));
      },
    }),
    endpoint({
      method: "GET",
      path: "/logged-models/:model_id/artifacts/directories",
      policy: reads(read("logged model", ":model_id")),
      summary: "List a folder of a logged model's artifacts",
      input: z.object({ artifact_directory_path: text, page_token: text }),
      output: listing,
      run: async (input, params) => {
        const model = await store.getLoggedModel(loggedModelId(params.model_id ?? ""));
        return list(model.artifactUri, checkInnerPath(input.artifact_directory_path ?? ""));
      },
    }),
  ];
}

import { loggedModelId, runId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { fileInfoToWire } from "@esteira/core/wire/file-info";
import { z } from "zod";
import { read, reads } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { text } from "../http/fields.ts";
import { pageToWire } from "../http/paging.ts";
import { withRunId } from "../http/run-id.ts";
import { checkInnerPath, joinPath } from "./artifact-uri.ts";
import { listFolder, pageAnswer, pageFields } from "./list-page.ts";
import type { ArtifactLocations } from "./locations.ts";

const listing = z.object({ root_uri: z.string(), ...pageAnswer });

/** What lies in one folder of a run's or a logged model's artifacts; paths are relative to that root. */
export function artifactListEndpoints(store: TrackingStore, locations: ArtifactLocations): readonly Endpoint[] {
  const list = async (rootUri: string, folder: string, page: Parameters<typeof listFolder>[2]) => {
    const { store: artifacts, folder: root } = locations.find(rootUri);
    const found = await listFolder(artifacts, joinPath(root, folder), page);
    return {
      root_uri: rootUri,
      ...pageToWire("files", found, (file) => fileInfoToWire({ ...file, path: joinPath(folder, file.path) })),
    };
  };
  return [
    endpoint({
      method: "GET",
      path: "/artifacts/list",
      policy: reads(read("run", "run_id")),
      summary: "List a folder of a run's artifacts",
      input: withRunId({ path: text, ...pageFields }),
      output: listing,
      run: async (input) => {
        const folder = checkInnerPath(input.path ?? "");
        const run = await store.getRun(runId(input.run_id));
        return list(run.info.artifactUri, folder, input);
      },
    }),
    endpoint({
      method: "GET",
      path: "/logged-models/:model_id/artifacts/directories",
      policy: reads(read("logged model", ":model_id")),
      summary: "List a folder of a logged model's artifacts",
      input: z.object({ artifact_directory_path: text, ...pageFields }),
      output: listing,
      run: async (input, params) => {
        const folder = checkInnerPath(input.artifact_directory_path ?? "");
        const model = await store.getLoggedModel(loggedModelId(params.model_id ?? ""));
        return list(model.artifactUri, folder, input);
      },
    }),
  ];
}

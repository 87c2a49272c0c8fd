import { EsteiraError } from "@esteira/core/errors";
import { loggedModelId, runId } from "@esteira/core/ids";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import { checked } from "../access/guard.ts";
import { type Policy, read, reads } from "../access/policy.ts";
import { nonEmpty, requiredText, text } from "../http/fields.ts";
import { joinRunId, withRunId } from "../http/run-id.ts";
import { parseRequest } from "../http/validation.ts";
import { checkInnerPath, joinPath } from "./artifact-uri.ts";
import type { ArtifactLocations } from "./locations.ts";
import { sendArtifact } from "./send.ts";

const ofRun = withRunId({ path: requiredText });
const ofVersion = z.object({ name: requiredText, version: requiredText, path: requiredText });
const ofModel = z.object({ artifact_file_path: text });

const download = (summary: string, input: z.ZodObject, policy: Policy) => ({
  config: { operation: { summary, tag: "artifacts", input, output: { type: "application/octet-stream" } }, policy },
});

/** Artifacts by what they belong to (a run, a model version, a logged model), for browsers and the web UI. */
export function mountArtifactDownloads(
  app: FastifyInstance,
  store: TrackingStore & RegistryStore,
  locations: ArtifactLocations,
): void {
  const send = (rootUri: string, path: string, request: FastifyRequest, reply: FastifyReply) => {
    const { store: artifacts, folder } = locations.find(rootUri);
    return sendArtifact(artifacts, joinPath(folder, path), request, reply);
  };

  app.get(
    "/get-artifact",
    download("Download an artifact of a run", ofRun, reads(read("run", "run_id"))),
    checked(
      (request) => {
        const { run_id, path } = parseRequest(ofRun, joinRunId(request.query));
        return { run_id, path: checkInnerPath(path) };
      },
      async ({ run_id, path }, request, reply) => {
        const run = await store.getRun(runId(run_id));
        return send(run.info.artifactUri, path, request, reply);
      },
    ),
  );
  app.get(
    "/model-versions/get-artifact",
    download("Download an artifact of a model version", ofVersion, reads(read("version", "name"))),
    checked(
      (request) => {
        const { path, ...version } = parseRequest(ofVersion, request.query);
        return { ...version, path: checkInnerPath(path) };
      },
      async ({ name, version, path }, request, reply) =>
        send(await store.getDownloadUri(name, version), path, request, reply),
    ),
  );
  app.get(
    "/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files",
    download("Download an artifact of a logged model", ofModel, reads(read("logged model", ":model_id"))),
    checked(
      (request) => {
        const path = nonEmpty(parseRequest(ofModel, request.query).artifact_file_path);
        if (path !== undefined) return { path: checkInnerPath(path) };
        throw new EsteiraError("BAD_REQUEST", 'Request must include the "artifact_file_path" query parameter.');
      },
      async ({ path }, request, reply) => {
        const { model_id } = request.params as { model_id: string };
        const model = await store.getLoggedModel(loggedModelId(model_id));
        return send(model.artifactUri, path, request, reply);
      },
    ),
  );
}

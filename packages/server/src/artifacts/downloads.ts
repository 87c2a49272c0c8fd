import { loggedModelId, runId } from "@esteira/core/ids";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { checked } from "../access/guard.ts";
import { type Policy, read, reads, update, writes } from "../access/policy.ts";
import { requiredText } from "../http/fields.ts";
import type { Operation } from "../http/operation.ts";
import { nothing } from "../http/paging.ts";
import { joinRunId, withRunId } from "../http/run-id.ts";
import { parseRequest } from "../http/validation.ts";
import { checkInnerPath, joinPath, proxiedPath } from "./artifact-uri.ts";
import { sendArtifact } from "./send.ts";
import { streamBodies, withUpload } from "./upload-body.ts";

const ofRun = withRunId({ path: requiredText });
const ofVersion = z.object({ name: requiredText, version: requiredText, path: requiredText });
const ofModel = z.object({ artifact_file_path: requiredText });

const download = (summary: string, input: z.ZodObject, policy: Policy) => ({
  config: { operation: { summary, tag: "artifacts", input, output: { type: "application/octet-stream" } }, policy },
});
const UPLOAD: Operation = {
  summary: "Upload an artifact of a run",
  tag: "artifacts",
  query: ofRun,
  body: { type: "application/octet-stream" },
  output: nothing,
};

/** Artifacts by what they belong to (a run, a model version, a logged model), for browsers and the web UI. */
export function mountArtifactDownloads(
  app: FastifyInstance,
  store: TrackingStore & RegistryStore,
  artifacts: ArtifactStore,
): void {
  const pathOf = (rootUri: string, path: string) => joinPath(proxiedPath(rootUri), checkInnerPath(path));

  const readRun = (request: FastifyRequest) => parseRequest(ofRun, joinRunId(request.query));
  app.get(
    "/get-artifact",
    download("Download an artifact of a run", ofRun, reads(read("run", "run_id"))),
    checked(readRun, async ({ run_id, path }, request, reply) => {
      const run = await store.getRun(runId(run_id));
      return sendArtifact(artifacts, pathOf(run.info.artifactUri, path), request, reply);
    }),
  );
  app.get(
    "/model-versions/get-artifact",
    download("Download an artifact of a model version", ofVersion, reads(read("version", "name"))),
    checked(
      (request) => parseRequest(ofVersion, request.query),
      async ({ name, version, path }, request, reply) => {
        const root = await store.getDownloadUri(name, version);
        return sendArtifact(artifacts, pathOf(root, path), request, reply);
      },
    ),
  );
  app.get(
    "/ajax-api/2.0/mlflow/logged-models/:model_id/artifacts/files",
    download("Download an artifact of a logged model", ofModel, reads(read("logged model", ":model_id"))),
    checked(
      (request) => parseRequest(ofModel, request.query),
      async ({ artifact_file_path }, request, reply) => {
        const { model_id } = request.params as { model_id: string };
        const model = await store.getLoggedModel(loggedModelId(model_id));
        return sendArtifact(artifacts, pathOf(model.artifactUri, artifact_file_path), request, reply);
      },
    ),
  );
  app.register(async (scope) => {
    streamBodies(scope);
    scope.post(
      "/ajax-api/2.0/mlflow/upload-artifact",
      { config: { operation: UPLOAD, policy: writes(update("run", "run_id")) } },
      checked(readRun, async ({ run_id, path }, request) => {
        const run = await store.getRun(runId(run_id));
        await withUpload(request, (source) => artifacts.write(pathOf(run.info.artifactUri, path), source));
        return {};
      }),
    );
  });
}

import { invalid } from "@esteira/core/errors";
import { runId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import type { ArtifactSource } from "@esteira/store/artifacts/artifact-store";
import type { FastifyInstance } from "fastify";
import { z } from "zod";
import { checked } from "../access/guard.ts";
import { update, writes } from "../access/policy.ts";
import { nonEmpty, text } from "../http/fields.ts";
import type { Operation } from "../http/operation.ts";
import { joinRunId } from "../http/run-id.ts";
import { parseRequest } from "../http/validation.ts";
import { checkInnerPath, joinPath } from "./artifact-uri.ts";
import type { ArtifactLocations } from "./locations.ts";
import { streamBodies, withUpload } from "./upload-body.ts";

/** What MLflow's pages send are small files; programs use the proxy, which has no limit. */
const MAX_BYTES = 10 * 1024 * 1024;

const fields = z.object({ run_uuid: text, run_id: text, path: text });
const OPERATION: Operation = {
  summary: "Upload a small artifact of a run",
  tag: "artifacts",
  query: fields,
  body: { type: "application/octet-stream" },
  output: { type: "application/json" },
};

/** The upload by which MLflow's pages add to a run. */
export function mountRunUpload(app: FastifyInstance, store: TrackingStore, locations: ArtifactLocations): void {
  app.register(async (scope) => {
    streamBodies(scope);
    scope.post(
      "/ajax-api/2.0/mlflow/upload-artifact",
      { config: { operation: OPERATION, policy: writes(update("run", "run_id")) } },
      checked(
        (request) => {
          const query = parseRequest(fields, joinRunId(request.query));
          const run_id = given(query.run_id, "run_uuid");
          return { run_id, path: checkInnerPath(given(query.path, "path")) };
        },
        async ({ run_id, path }, request, reply) => {
          const run = await store.getRun(runId(run_id));
          const { store: artifacts, folder } = locations.find(run.info.artifactUri);
          await withUpload(request, (source) => artifacts.write(joinPath(folder, path), limited(source)));
          return reply.type("application/json").send("");
        },
      ),
    );
  });
}

function given(value: string | undefined, name: string): string {
  const text = nonEmpty(value);
  if (text === undefined) throw invalid(`Request must specify ${name}.`);
  return text;
}

async function* limited(source: ArtifactSource): ArtifactSource {
  let bytes = 0;
  for await (const chunk of source) {
    bytes += chunk.length;
    if (bytes > MAX_BYTES) throw invalid("Artifact size is too large. Max size is 10MB.");
    yield chunk;
  }
  if (bytes === 0) throw invalid("Request must specify data.");
}

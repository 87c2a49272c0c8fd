import { invalid } from "@esteira/core/errors";
import { fileInfoToWire, fileInfoWire } from "@esteira/core/wire/file-info";
import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { text } from "../http/fields.ts";
import type { Operation } from "../http/operation.ts";
import { listToWire, nothing } from "../http/paging.ts";
import { parseRequest } from "../http/validation.ts";
import { checkInnerPath } from "./artifact-uri.ts";
import { sendArtifact } from "./send.ts";
import { streamBodies, withUpload } from "./upload-body.ts";

const PREFIXES = ["/api/2.0/mlflow-artifacts/artifacts", "/ajax-api/2.0/mlflow-artifacts/artifacts"];
const listing = z.object({ path: text });

const OPERATIONS = {
  list: {
    summary: "List a folder of the artifacts behind this server",
    tag: "artifacts",
    input: listing,
    output: z.object({ files: z.array(fileInfoWire).optional() }),
  },
  download: {
    summary: "Download an artifact, whole or (with Range) in part",
    tag: "artifacts",
    output: { type: "application/octet-stream" },
  },
  upload: {
    summary: "Upload an artifact",
    tag: "artifacts",
    body: { type: "application/octet-stream" },
    output: { type: "text/plain" },
  },
  remove: { summary: "Delete an artifact or a folder of them", tag: "artifacts", output: nothing },
} satisfies Record<string, Operation>;

/** Clients read and write artifacts through the server: the `mlflow-artifacts:` scheme. */
export function mountArtifactProxy(app: FastifyInstance, artifacts: ArtifactStore): void {
  app.register(async (scope) => {
    streamBodies(scope);
    for (const prefix of PREFIXES) {
      scope.get(prefix, { config: { operation: OPERATIONS.list } }, async (request) => {
        const { path } = parseRequest(listing, request.query);
        return listToWire("files", await artifacts.list(checkInnerPath(path ?? "")), fileInfoToWire);
      });
      scope.get(`${prefix}/*`, { config: { operation: OPERATIONS.download } }, (request, reply) =>
        sendArtifact(artifacts, filePath(request), request, reply),
      );
      scope.put(`${prefix}/*`, { config: { operation: OPERATIONS.upload } }, async (request, reply) => {
        await withUpload(request, (source) => artifacts.write(filePath(request), source));
        return reply.send("");
      });
      scope.delete(`${prefix}/*`, { config: { operation: OPERATIONS.remove } }, async (request) => {
        await artifacts.remove(filePath(request));
        return {};
      });
    }
  });
}

function filePath(request: FastifyRequest): string {
  const path = (request.params as { "*": string })["*"];
  if (path === "") throw invalid("Invalid path: it must name a file or folder.");
  if (path.endsWith("/")) throw invalid("Artifact path must include a filename (cannot end with '/').");
  return checkInnerPath(path);
}

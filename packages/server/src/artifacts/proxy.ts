import type { FileInfo } from "@esteira/core/entities/file-info";
import { invalid } from "@esteira/core/errors";
import { fileInfoToWire } from "@esteira/core/wire/file-info";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Caller } from "../access/caller.ts";
import { checked } from "../access/guard.ts";
import { manage, read, reads, update, writes } from "../access/policy.ts";
import { text } from "../http/fields.ts";
import type { Operation } from "../http/operation.ts";
import { nothing, pageToWire } from "../http/paging.ts";
import { parseRequest } from "../http/validation.ts";
import { checkInnerPath } from "./artifact-uri.ts";
import { listFolder, pageAnswer, pageFields } from "./list-page.ts";
import type { ArtifactLocations } from "./locations.ts";
import { sendArtifact } from "./send.ts";
import { streamBodies, withUpload } from "./upload-body.ts";

const PREFIXES = ["/api/2.0/mlflow-artifacts/artifacts", "/ajax-api/2.0/mlflow-artifacts/artifacts"];
const listing = z.object({ path: text, ...pageFields });

const OPERATIONS = {
  list: {
    summary: "List a folder of the artifacts behind this server",
    tag: "artifacts",
    input: listing,
    output: z.object(pageAnswer),
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
export function mountArtifactProxy(app: FastifyInstance, locations: ArtifactLocations): void {
  app.register(async (scope) => {
    streamBodies(scope);
    for (const prefix of PREFIXES) {
      scope.get(
        prefix,
        { config: { operation: OPERATIONS.list, policy: reads(read("artifact path", "path")) } },
        checked(
          (request) => {
            const { path, ...page } = parseRequest(listing, request.query);
            return { path: checkInnerPath(path ?? ""), page };
          },
          async ({ path, page }, { caller }) => {
            const { items, ...rest } = await listFolder(locations.served(), path, page);
            const seen = path === "" ? items.filter(isSeenBy(caller)) : items;
            return pageToWire("files", { items: seen, ...rest }, fileInfoToWire);
          },
        ),
      );
      scope.get(
        `${prefix}/*`,
        { config: { operation: OPERATIONS.download, policy: reads(read("artifact path", "path")) } },
        checked(filePath, ({ path }, request, reply) => sendArtifact(locations.served(), path, request, reply)),
      );
      scope.put(
        `${prefix}/*`,
        { config: { operation: OPERATIONS.upload, policy: writes(update("artifact path", "path")) } },
        checked(filePath, async ({ path }, request, reply) => {
          await withUpload(request, (source, size) => locations.served().write(path, source, size));
          return reply.send("");
        }),
      );
      scope.delete(
        `${prefix}/*`,
        { config: { operation: OPERATIONS.remove, policy: writes(manage("artifact path", "path")) } },
        checked(filePath, async ({ path }) => {
          await locations.served().remove(path);
          return {};
        }),
      );
    }
  });
}

function filePath(request: FastifyRequest): { path: string } {
  const path = (request.params as { "*": string })["*"];
  if (path === "") throw invalid("Invalid path: it must name a file or folder.");
  if (path.endsWith("/")) throw invalid("Artifact path must include a filename (cannot end with '/').");
  return { path: checkInnerPath(path) };
}

/** Folders below the root are experiments; who may not read all of them is told of none but these. */
function isSeenBy(caller: Caller): (file: FileInfo) => boolean {
  const seen = caller.experiments();
  if (seen === undefined) return () => true;
  return ({ path }) => /^\d+$/.test(path) && seen.ids.includes(path) === (seen.mode === "only");
}

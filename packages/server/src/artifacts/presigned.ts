import { invalid } from "@esteira/core/errors";
import { loggedModelId, runId } from "@esteira/core/ids";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { z } from "zod";
import { read, reads, update, writes } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { int64, nonEmpty, requiredText, text } from "../http/fields.ts";
import { checkInnerPath, joinPath, schemeOf } from "./artifact-uri.ts";
import { contentType } from "./content.ts";
import type { ArtifactLocations } from "./locations.ts";
import { directOf } from "./multipart.ts";

const UPLOAD_SECONDS = 900;
const DOWNLOAD_SECONDS = 300;
/** Longer than this no provider signs. */
const MAX_SECONDS = 604_800;

const signed = { presigned_url: z.string(), headers: z.record(z.string(), z.string()).optional() };

/** Addresses for artifacts that do not pass through the server: of runs and logged models with a root of their own. */
export function presignedEndpoints(
  store: TrackingStore,
  locations: ArtifactLocations,
  options: { readonly downloadSeconds?: number | undefined } = {},
): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/artifacts/presigned-upload-url",
      policy: writes(update("run", "run_id"), update("logged model", "model_id")),
      summary: "Get an address to which an artifact can be uploaded straight to the object store",
      input: z.object({ run_id: text, model_id: text, path: requiredText, expiration: int64 }),
      output: z.object(signed),
      run: async (input) => {
        const [run, model] = [nonEmpty(input.run_id), nonEmpty(input.model_id)];
        if ((run === undefined) === (model === undefined)) {
          throw invalid("Exactly one of run_id and model_id must be provided.");
        }
        const path = checkInnerPath(input.path);
        const seconds = checkSeconds(input.expiration ?? UPLOAD_SECONDS);
        const uri =
          run === undefined
            ? (await store.getLoggedModel(loggedModelId(model ?? ""))).artifactUri
            : (await store.getRun(runId(run))).info.artifactUri;
        refuseProxied(uri, "upload", "");
        const { store: artifacts, folder } = locations.find(uri);
        const target = joinPath(folder, path);
        const { url, headers } = await directOf(artifacts, "Presigned upload").signUpload(
          target,
          contentType(path),
          seconds,
        );
        return { presigned_url: url, headers };
      },
    }),
    endpoint({
      method: "POST",
      path: "/artifacts/presigned-download-url",
      policy: reads(read("run", "run_id")),
      summary: "Get an address at which an artifact of a run can be downloaded straight from the object store",
      input: z.object({ run_id: requiredText, path: requiredText, expiration: int64 }),
      output: z.object({ ...signed, file_size: z.number().optional() }),
      run: async (input) => {
        const path = checkInnerPath(input.path);
        const seconds = checkSeconds(input.expiration ?? options.downloadSeconds ?? DOWNLOAD_SECONDS);
        const uri = (await store.getRun(runId(input.run_id))).info.artifactUri;
        refuseProxied(uri, "download", "runs with ");
        const { store: artifacts, folder } = locations.find(uri);
        const transfers = directOf(artifacts, "Presigned download");
        const { url, size } = await transfers.signDownload(joinPath(folder, path), seconds);
        return { presigned_url: url, file_size: size };
      },
    }),
  ];
}

function checkSeconds(seconds: number): number {
  if (seconds >= 1 && seconds <= MAX_SECONDS) return seconds;
  throw invalid(`expiration must be between 1 and ${MAX_SECONDS} seconds (got ${seconds}).`);
}

function refuseProxied(uri: string, kind: string, owner: string): void {
  const scheme = schemeOf(uri);
  if (scheme === undefined || !["http", "https", "mlflow-artifacts"].includes(scheme)) return;
  throw invalid(
    `Presigned ${kind} is not supported for ${owner}proxied artifact storage (artifact URI scheme: ${scheme}). This endpoint requires a ${owner === "" ? "" : "run with a "}direct cloud storage artifact URI.`,
  );
}

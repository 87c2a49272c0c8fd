import { EsteiraError, invalid } from "@esteira/core/errors";
import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import type { DirectTransfers } from "@esteira/store/artifacts/direct-transfers";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { checked } from "../access/guard.ts";
import { read, reads, update, writes } from "../access/policy.ts";
import type { Endpoint } from "../http/endpoint.ts";
import { int64OrZero, requiredList, requiredText, text, textOrEmpty } from "../http/fields.ts";
import { nothing } from "../http/paging.ts";
import { parseRequest } from "../http/validation.ts";
import { checkInnerPath, joinPath } from "./artifact-uri.ts";
import type { ArtifactLocations } from "./locations.ts";

/** S3's own limit. */
const MAX_PARTS = 10_000;
const DOWNLOAD_SECONDS = 300;

const creation = z.object({ path: requiredText, num_parts: int64OrZero });
const completion = z.object({
  path: requiredText,
  upload_id: textOrEmpty,
  parts: requiredList(z.object({ part_number: int64OrZero, etag: textOrEmpty, url: text })),
});
const abortion = z.object({ path: requiredText, upload_id: textOrEmpty });
const headers = z.record(z.string(), z.string());
const credential = z.object({ url: z.string(), part_number: z.number(), headers: headers.optional() });

const UPLOADS = writes(update("artifact path", "path"));
const DOWNLOADS = reads(read("artifact path", "path"));
const tag = "mpu";

/** Large files go between a client and an object store in parts; the server only signs the addresses. */
export function multipartEndpoints(
  locations: ArtifactLocations,
  options: { readonly downloadSeconds?: number | undefined } = {},
): readonly Endpoint[] {
  const direct = (kind: string): DirectTransfers => directOf(locations.served(), kind);
  return [
    {
      methods: ["POST"],
      path: "/mpu/create/*",
      policy: UPLOADS,
      operation: {
        summary: "Begin an upload in parts, which go straight to the object store",
        tag,
        input: creation,
        output: z.object({ upload_id: z.string(), credentials: z.array(credential) }),
      },
      handle: checked(reader(creation), async ({ path, num_parts }) => {
        const transfers = direct("Multipart upload");
        if (num_parts < 1 || num_parts > MAX_PARTS) {
          throw invalid(`num_parts is ${num_parts}; it must be from 1 to ${MAX_PARTS}.`);
        }
        const { uploadId, parts } = await transfers.createUpload(path, num_parts);
        // As protobuf writes a map: left out when empty.
        const credentials = parts.map(({ url, headers }, index) => ({
          url,
          part_number: index + 1,
          ...(Object.keys(headers).length === 0 ? {} : { headers }),
        }));
        return { upload_id: uploadId, credentials };
      }),
    },
    {
      methods: ["POST"],
      path: "/mpu/complete/*",
      policy: UPLOADS,
      operation: { summary: "Make one file of the parts that were uploaded", tag, input: completion, output: nothing },
      handle: checked(reader(completion), async ({ path, upload_id, parts }) => {
        const uploaded = parts.map(({ part_number, etag }) => ({ partNumber: part_number, etag }));
        await direct("Multipart upload").completeUpload(path, upload_id, uploaded);
        return {};
      }),
    },
    {
      methods: ["POST"],
      path: "/mpu/abort/*",
      policy: UPLOADS,
      operation: { summary: "Give up an upload in parts", tag, input: abortion, output: nothing },
      handle: checked(reader(abortion), async ({ path, upload_id }) => {
        await direct("Multipart upload").abortUpload(path, upload_id);
        return {};
      }),
    },
    {
      methods: ["GET"],
      path: "/presigned/*",
      policy: DOWNLOADS,
      operation: {
        summary: "Get an address at which an artifact can be downloaded straight from the object store",
        tag,
        output: z.object({ url: z.string(), headers, file_size: z.number() }),
      },
      handle: checked(
        (request) => ({ path: folderOf(request) }),
        async ({ path }) => {
          const transfers = direct("Multipart download");
          const signed = await transfers.signDownload(path, options.downloadSeconds ?? DOWNLOAD_SECONDS);
          return { url: signed.url, headers: signed.headers, file_size: signed.size };
        },
      ),
    },
  ];
}

const folderOf = (request: FastifyRequest): string => checkInnerPath((request.params as { "*": string })["*"]);

/** The address names the folder; the body names the client's local file, maybe with its whole path, whose name it gets. */
const reader =
  <Fields extends z.ZodObject<{ path: typeof requiredText }>>(fields: Fields) =>
  (request: FastifyRequest) => {
    const folder = folderOf(request);
    const input = parseRequest(fields, request.body ?? {});
    const name = checkInnerPath(input.path.slice(input.path.lastIndexOf("/") + 1));
    if (name === "") throw invalid("Invalid path: it must name a file.");
    return { ...input, path: joinPath(folder, name) };
  };

/** Clients know by the beginning of this sentence that they must send the file through the server. */
export function directOf(store: ArtifactStore, kind: string): DirectTransfers {
  if (store.direct !== undefined) return store.direct;
  throw new EsteiraError("NOT_IMPLEMENTED", `${kind} is not supported for the current artifact repository`);
}

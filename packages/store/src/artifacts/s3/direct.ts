import {
  AbortMultipartUploadCommand,
  CompleteMultipartUploadCommand,
  CreateMultipartUploadCommand,
  GetObjectCommand,
  HeadObjectCommand,
  PutObjectCommand,
  UploadPartCommand,
} from "@aws-sdk/client-s3";
import { getSignedUrl } from "@aws-sdk/s3-request-presigner";
import { attachment } from "../attachment.ts";
import type { DirectTransfers } from "../direct-transfers.ts";
import type { Bucket } from "./bucket.ts";
import { UPLOAD_ARGUMENTS, type UploadArguments } from "./settings.ts";

/** A part may wait for all those before it. */
const PART_EXPIRES_SECONDS = 12 * 60 * 60;

export function directTransfers(bucket: Bucket, checkFree: (path: string) => Promise<void>): DirectTransfers {
  const { client, target, explained } = bucket;
  return {
    signDownload: (path, expiresIn) =>
      explained(path, async () => {
        const Key = bucket.keyOf(path);
        const { ContentLength = 0 } = await client.send(new HeadObjectCommand({ ...target, Key }));
        const command = new GetObjectCommand({ ...target, Key, ResponseContentDisposition: attachment(path) });
        return { url: await getSignedUrl(client, command, { expiresIn }), headers: {}, size: ContentLength };
      }),
    signUpload: (path, contentType, expiresIn) =>
      explained(path, async () => {
        const Key = bucket.keyOf(path);
        await checkFree(path);
        const headers = uploadHeaders(bucket.settings.uploadArguments);
        const command = new PutObjectCommand({ ...target, ...bucket.uploadParams, Key, ContentType: contentType });
        const url = await getSignedUrl(client, command, {
          expiresIn,
          signableHeaders: new Set(["host", "content-type", ...Object.keys(headers)]),
          unhoistableHeaders: new Set(Object.keys(headers)),
        });
        return { url, headers: { "Content-Type": contentType, ...headers } };
      }),
    createUpload: (path, parts) =>
      explained(path, async () => {
        const Key = bucket.keyOf(path);
        await checkFree(path);
        const { UploadId } = await client.send(
          new CreateMultipartUploadCommand({ ...target, ...bucket.uploadParams, Key }),
        );
        const signed = [];
        for (let PartNumber = 1; PartNumber <= parts; PartNumber++) {
          const command = new UploadPartCommand({ ...target, Key, UploadId, PartNumber });
          signed.push({ url: await getSignedUrl(client, command, { expiresIn: PART_EXPIRES_SECONDS }), headers: {} });
        }
        return { uploadId: UploadId ?? "", parts: signed };
      }),
    completeUpload: (path, UploadId, parts) =>
      explained(path, async () => {
        const Parts = parts.map(({ partNumber, etag }) => ({ PartNumber: partNumber, ETag: etag }));
        await client.send(
          new CompleteMultipartUploadCommand({
            ...target,
            Key: bucket.keyOf(path),
            UploadId,
            MultipartUpload: { Parts },
          }),
        );
      }),
    abortUpload: (path, UploadId) =>
      explained(path, async () => {
        await client.send(new AbortMultipartUploadCommand({ ...target, Key: bucket.keyOf(path), UploadId }));
      }),
  };
}

/** What was promised when the address was signed, the client must say again. */
function uploadHeaders(promised: UploadArguments): Record<string, string> {
  const headers: Record<string, string> = {};
  for (const [name, value] of Object.entries(promised))
    headers[UPLOAD_ARGUMENTS[name as keyof UploadArguments]] = value;
  return headers;
}

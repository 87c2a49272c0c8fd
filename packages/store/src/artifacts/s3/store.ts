import { Readable } from "node:stream";
import {
  AbortMultipartUploadCommand,
  DeleteObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  ListMultipartUploadsCommand,
  ListObjectsV2Command,
} from "@aws-sdk/client-s3";
import { Upload } from "@aws-sdk/lib-storage";
import { invalid } from "@esteira/core/errors";
import { parseFolderPath } from "../artifact-path.ts";
import type {
  ArtifactSource,
  ArtifactVersion,
  ByteRange,
  DirectArtifactStore,
  OpenArtifact,
} from "../artifact-store.ts";
import { type Bucket, openBucket } from "./bucket.ts";
import { createS3Client } from "./client.ts";
import { directTransfers } from "./direct.ts";
import { isMissing, s3Code } from "./errors.ts";
import { freeNames } from "./free-name.ts";
import { isFolder, listAll, listSome } from "./listing.ts";
import type { S3Location, S3Settings } from "./settings.ts";

const PART_BYTES = 8 * 1024 * 1024;
const PARTS_AT_ONCE = 3;
const MAX_PARTS = 10_000;
const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/** Artifacts as objects under one prefix of a bucket, of AWS or any server that speaks S3. */
export function s3ArtifactStore(location: S3Location, settings: S3Settings): DirectArtifactStore {
  const bucket = openBucket(createS3Client(settings), location, settings);
  const checkFree = freeNames(bucket);
  const { explained } = bucket;
  return {
    list: (path) => explained(path, () => listAll(bucket, parseFolderPath(path))),
    listPage: (path, options) => explained(path, () => listSome(bucket, parseFolderPath(path), options)),
    stat: (path) => explained(path, () => statObject(bucket, path)),
    open: (path, range) => explained(path, () => openObject(bucket, path, range)),
    write: (path, source, size) =>
      explained(path, async () => {
        const key = bucket.keyOf(path);
        await checkFree(path);
        await putObject(bucket, key, source, size);
      }),
    remove: (path) => explained(path, () => removeObjects(bucket, bucket.keyOf(path))),
    sweep: () => explained("", () => abortAbandoned(bucket)),
    direct: directTransfers(bucket, checkFree),
  };
}

const versionOf = (answer: { ETag?: string | undefined; LastModified?: Date | undefined }, size: number) => ({
  size,
  etag: answer.ETag ?? `"${size}"`,
  modified: answer.LastModified ?? new Date(0),
});

async function statObject(bucket: Bucket, path: string): Promise<ArtifactVersion> {
  const key = bucket.keyOf(path);
  try {
    const answer = await bucket.client.send(new HeadObjectCommand({ ...bucket.target, Key: key }));
    return versionOf(answer, answer.ContentLength ?? 0);
  } catch (error) {
    throw await missingOrFolder(bucket, path, error);
  }
}

async function openObject(bucket: Bucket, path: string, range?: ByteRange): Promise<OpenArtifact> {
  const Key = bucket.keyOf(path);
  const Range = range === undefined ? undefined : rangeHeader(range);
  try {
    const answer = await bucket.client.send(new GetObjectCommand({ ...bucket.target, Key, Range }));
    const total = /\/(\d+)$/.exec(answer.ContentRange ?? "")?.[1];
    return {
      ...versionOf(answer, total === undefined ? (answer.ContentLength ?? 0) : Number(total)),
      stream: answer.Body instanceof Readable ? answer.Body : Readable.from([]),
    };
  } catch (error) {
    if (s3Code(error) === "InvalidRange" && range?.start === 0) {
      // No part of an empty file can be asked for.
      const version = await statObject(bucket, path);
      if (version.size === 0) return { ...version, stream: Readable.from([]) };
    }
    throw await missingOrFolder(bucket, path, error);
  }
}

function rangeHeader({ start, end }: ByteRange): string {
  if (!Number.isSafeInteger(start) || start < 0 || (end !== undefined && end < start)) {
    throw invalid(`Invalid range of bytes: ${start} to ${end}.`);
  }
  return `bytes=${start}-${end ?? ""}`;
}

async function missingOrFolder(bucket: Bucket, path: string, error: unknown): Promise<unknown> {
  if (!isMissing(error) || !(await isFolder(bucket, bucket.keyOf(path)))) return error;
  return invalid(`Artifact path refers to a directory, not a file: '${path}'`);
}

/** A few parts at a time are in memory; the object appears when the last one is there. */
async function putObject(bucket: Bucket, Key: string, source: ArtifactSource, size = 0): Promise<void> {
  const upload = new Upload({
    client: bucket.client,
    params: { ...bucket.target, ...bucket.uploadParams, Key, Body: Readable.from(bytesOf(source)) },
    partSize: Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS)),
    queueSize: PARTS_AT_ONCE,
  });
  await upload.done();
}

async function* bytesOf(source: ArtifactSource): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) yield typeof chunk === "string" ? Buffer.from(chunk) : chunk;
}

async function removeObjects(bucket: Bucket, key: string): Promise<void> {
  await bucket.client.send(new DeleteObjectCommand({ ...bucket.target, Key: key })).catch((error: unknown) => {
    if (!isMissing(error)) throw error;
  });
  for (;;) {
    const page = await bucket.client.send(new ListObjectsV2Command({ ...bucket.target, Prefix: `${key}/` }));
    const keys = (page.Contents ?? []).map(({ Key }) => ({ Key }));
    if (keys.length === 0) return;
    const answer = await bucket.client.send(
      new DeleteObjectsCommand({ ...bucket.target, Delete: { Objects: keys, Quiet: true } }),
    );
    const failed = answer.Errors?.[0];
    if (failed !== undefined) throw Object.assign(new Error(failed.Message), { name: failed.Code ?? "Error" });
  }
}

async function abortAbandoned(bucket: Bucket): Promise<void> {
  const Prefix = bucket.prefixOf([]);
  const { Uploads = [] } = await bucket.client.send(new ListMultipartUploadsCommand({ ...bucket.target, Prefix }));
  for (const { Key, UploadId, Initiated } of Uploads) {
    if (Initiated === undefined || Date.now() - Initiated.getTime() < ABANDONED_AFTER_MS) continue;
    await bucket.client.send(new AbortMultipartUploadCommand({ ...bucket.target, Key, UploadId }));
  }
}

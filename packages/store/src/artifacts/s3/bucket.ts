import type { PutObjectCommandInput, S3Client } from "@aws-sdk/client-s3";
import { invalid } from "@esteira/core/errors";
import { parseArtifactPath } from "../artifact-path.ts";
import { explainS3Error } from "./errors.ts";
import type { S3Location, S3Settings, UploadArguments } from "./settings.ts";

const MAX_KEY_BYTES = 1024;

/** A bucket, or what lies under one prefix of it, with the settings of every call. */
export interface Bucket {
  readonly client: S3Client;
  readonly location: S3Location;
  readonly settings: S3Settings;
  /** The fields that name the bucket in a call. */
  readonly target: { readonly Bucket: string; readonly ExpectedBucketOwner?: string };
  /** Fields of every upload. */
  readonly uploadParams: Pick<PutObjectCommandInput, keyof UploadArguments>;
  /** The key of a path that a client sent. */
  keyOf(path: string): string;
  /** What every key in a folder begins with. */
  prefixOf(segments: readonly string[]): string;
  /** Does one thing and tells its faults as sentences. */
  explained<T>(path: string, work: () => Promise<T>): Promise<T>;
}

export function openBucket(client: S3Client, location: S3Location, settings: S3Settings): Bucket {
  const { bucket, prefix } = location;
  const under = (segments: readonly string[]) => [...(prefix === "" ? [] : [prefix]), ...segments];
  return {
    client,
    location,
    settings,
    target: {
      Bucket: bucket,
      ...(settings.bucketOwner === undefined ? {} : { ExpectedBucketOwner: settings.bucketOwner }),
    },
    // Which values there are is S3's to say.
    uploadParams: settings.uploadArguments as Bucket["uploadParams"],
    keyOf: (path) => {
      const key = under(parseArtifactPath(path)).join("/");
      if (Buffer.byteLength(key) > MAX_KEY_BYTES) throw invalid(`Invalid path: '${path}' cannot be used.`);
      return key;
    },
    prefixOf: (segments) =>
      under(segments)
        .map((segment) => `${segment}/`)
        .join(""),
    explained: async (path, work) => {
      try {
        return await work();
      } catch (error) {
        throw explainS3Error(error, path, bucket);
      }
    },
  };
}

import { invalid } from "@esteira/core/errors";

export interface S3Location {
  readonly bucket: string;
  /** Without slashes at its ends; "" for the whole bucket. */
  readonly prefix: string;
}

/** Of MLflow's extra arguments of uploads, those that mean the same for every way to upload. */
export const UPLOAD_ARGUMENTS = {
  ACL: "x-amz-acl",
  RequestPayer: "x-amz-request-payer",
  SSEKMSEncryptionContext: "x-amz-server-side-encryption-context",
  SSEKMSKeyId: "x-amz-server-side-encryption-aws-kms-key-id",
  ServerSideEncryption: "x-amz-server-side-encryption",
  StorageClass: "x-amz-storage-class",
  Tagging: "x-amz-tagging",
} as const;

export type UploadArguments = { readonly [Name in keyof typeof UPLOAD_ARGUMENTS]?: string };

export interface S3Settings {
  readonly endpoint?: string;
  readonly region: string;
  /** `http://host/bucket/key` instead of `http://bucket.host/key`; few servers but AWS's have a name for each bucket. */
  readonly pathStyle: boolean;
  readonly verifyTls: boolean;
  /** The account that must own the bucket. */
  readonly bucketOwner?: string;
  readonly uploadArguments: UploadArguments;
}

export type Env = Readonly<Record<string, string | undefined>>;

const BUCKET = /^[A-Za-z0-9][A-Za-z0-9._-]{1,254}$/;

/** Reads `s3://bucket` and `s3://bucket/prefix`. */
export function parseS3Uri(uri: string): S3Location {
  const match = /^s3:\/\/([^/?#]+)(?:\/([^?#]*))?$/i.exec(uri);
  const [bucket, prefix] = [match?.[1] ?? "", (match?.[2] ?? "").replace(/^\/+|\/+$/g, "")];
  if (!BUCKET.test(bucket) || prefix.split("/").some((part) => part === "." || part === "..")) {
    throw invalid(`'${uri}' is no S3 location; use s3://bucket or s3://bucket/prefix.`);
  }
  return { bucket, prefix };
}

/** MLflow's own variables, and AWS's. Keys and profiles are read by the AWS SDK itself. */
export function s3Settings(env: Env): S3Settings {
  const endpoint = set(env.MLFLOW_S3_ENDPOINT_URL) ?? set(env.AWS_ENDPOINT_URL_S3) ?? set(env.AWS_ENDPOINT_URL);
  if (endpoint !== undefined && !/^https?:\/\/[^/]/i.test(endpoint)) {
    throw invalid(`MLFLOW_S3_ENDPOINT_URL is '${endpoint}'; it must begin with http:// or https://.`);
  }
  const owner = set(env.MLFLOW_S3_EXPECTED_BUCKET_OWNER);
  return {
    ...(endpoint === undefined ? {} : { endpoint }),
    region: set(env.AWS_REGION) ?? set(env.AWS_DEFAULT_REGION) ?? "us-east-1",
    pathStyle: isPathStyle(set(env.MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE) ?? "auto", endpoint),
    verifyTls: !/^(true|1)$/i.test(env.MLFLOW_S3_IGNORE_TLS ?? ""),
    ...(owner === undefined ? {} : { bucketOwner: owner }),
    uploadArguments: uploadArguments(set(env.MLFLOW_S3_UPLOAD_EXTRA_ARGS)),
  };
}

const set = (value: string | undefined): string | undefined => (value === "" ? undefined : value);

function isPathStyle(style: string, endpoint: string | undefined): boolean {
  if (style === "auto") return endpoint !== undefined;
  if (style === "path" || style === "virtual") return style === "path";
  throw invalid(`MLFLOW_BOTO_CLIENT_ADDRESSING_STYLE is '${style}'; it must be auto, path or virtual.`);
}

function uploadArguments(json: string | undefined): UploadArguments {
  if (json === undefined) return {};
  const known = Object.keys(UPLOAD_ARGUMENTS);
  const parsed = parseObject(json);
  for (const [name, value] of Object.entries(parsed ?? { "": "" })) {
    if (parsed !== undefined && known.includes(name) && typeof value === "string") continue;
    throw invalid(
      `MLFLOW_S3_UPLOAD_EXTRA_ARGS must be a JSON object of texts, with no names but ${known.join(", ")}; it is ${json}`,
    );
  }
  return { ...parsed };
}

function parseObject(json: string): Record<string, string> | undefined {
  try {
    const value: unknown = JSON.parse(json);
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, string>)
      : undefined;
  } catch {
    return undefined;
  }
}

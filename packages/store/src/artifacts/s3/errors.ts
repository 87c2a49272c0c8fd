import { type ErrorCode, EsteiraError, invalid, notFound } from "@esteira/core/errors";

const UNREACHABLE = new Set([
  "ECONNREFUSED",
  "ECONNRESET",
  "EHOSTUNREACH",
  "ENETUNREACH",
  "ENOTFOUND",
  "EAI_AGAIN",
  "EPIPE",
  "ETIMEDOUT",
  "TimeoutError",
  "RequestTimeout",
  "NetworkingError",
]);
const BUSY = new Set(["SlowDown", "ServiceUnavailable", "InternalError", "Throttling", "ThrottlingException"]);
const BAD_PARTS = new Set(["InvalidPart", "InvalidPartOrder", "EntityTooSmall", "EntityTooLarge", "MalformedXML"]);
const BAD_KEYS = new Set(["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"]);

/** Which of S3's errors this is. An answer without a body (HEAD) has its status alone. */
export function s3Code(error: unknown): string {
  if (!(error instanceof Error)) return "";
  const status = "$metadata" in error ? statusOf(error.$metadata) : undefined;
  const isVague =
    error.name === "Error" || error.name === "UnknownError" || error.name === "Unknown" || error.name === "";
  if ("code" in error && typeof error.code === "string" && isVague) return error.code;
  if (!isVague) return error.name;
  return status === undefined ? "" : String(status);
}

const statusOf = (metadata: unknown): number | undefined =>
  typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
    ? Number(metadata.httpStatusCode)
    : undefined;

export const isMissing = (error: unknown): boolean => ["NoSuchKey", "NotFound", "404"].includes(s3Code(error));

/** Faults of S3 that are no defect of ours, as sentences; every other error stays as it is. */
export function explainS3Error(error: unknown, path: string, bucket: string): unknown {
  if (error instanceof EsteiraError) return error;
  const code = s3Code(error);
  const told = (errorCode: ErrorCode, sentence: string) => new EsteiraError(errorCode, sentence, { cause: error });
  if (code === "NoSuchBucket") return told("RESOURCE_DOES_NOT_EXIST", `The bucket '${bucket}' does not exist.`);
  if (code === "NoSuchUpload") {
    return told("RESOURCE_DOES_NOT_EXIST", `No such upload of '${path}': it has ended, or it is of another file.`);
  }
  if (isMissing(error)) return notFound(`No such artifact: '${path}'`);
  if (BAD_PARTS.has(code)) {
    return invalid(`The parts of '${path}' do not make a file: send every part, in order, with the ETag that it got.`);
  }
  if (code === "InvalidRange") return invalid(`Invalid range of bytes of '${path}'.`);
  if (code === "KeyTooLongError" || code === "InvalidURI") return invalid(`Invalid path: '${path}' cannot be used.`);
  if (code === "AccessDenied" || code === "403" || code === "AllAccessDisabled") {
    return told(
      "PERMISSION_DENIED",
      `The bucket '${bucket}' refuses this server: give its keys the right to '${path}'.`,
    );
  }
  if (BAD_KEYS.has(code)) {
    return told("PERMISSION_DENIED", `The bucket '${bucket}' does not accept this server's keys (${code}).`);
  }
  if (code === "CredentialsProviderError") {
    return told(
      "PERMISSION_DENIED",
      `This server has no keys for the bucket '${bucket}': set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, a profile or a role.`,
    );
  }
  if (BUSY.has(code) || UNREACHABLE.has(code)) {
    return told("TEMPORARILY_UNAVAILABLE", `The bucket '${bucket}' cannot be reached now (${code}); try again.`);
  }
  return error;
}

/** What AWS answers when it does not do what it is asked, as sentences. */

import { type ErrorCode, EsteiraError } from "@esteira/core/errors";
import { z } from "zod";

const NO_KEYS = new Set(["CredentialsProviderError", "TokenProviderError"]);
const BAD_KEYS = new Set([
  ...["ExpiredToken", "ExpiredTokenException", "UnrecognizedClientException", "InvalidClientTokenId"],
  ...["InvalidSignatureException", "SignatureDoesNotMatch", "MissingAuthenticationToken", "IncompleteSignature"],
]);
const FORBIDDEN = new Set(["AccessDenied", "AccessDeniedException", "UnauthorizedOperation"]);
const BUSY = new Set([
  ...["Throttling", "ThrottlingException", "TooManyRequestsException", "RequestLimitExceeded", "ServiceUnavailable"],
  ...["InternalFailure", "InternalServerException", "ModelNotReadyException", "ConcurrentUpdateException"],
]);
const UNREACHABLE = new Set([
  ...["ECONNREFUSED", "ECONNRESET", "EHOSTUNREACH", "ENETUNREACH", "ENOTFOUND", "EAI_AGAIN", "EPIPE", "ETIMEDOUT"],
  ...["TimeoutError", "RequestTimeout", "NetworkingError"],
]);

const nameOf = (error: unknown): string => (error instanceof Error ? error.name : "");
const saidBy = (error: unknown): string => (error instanceof Error ? error.message : String(error));
const isRefused = (error: unknown): boolean => /^(ValidationException|ResourceNotFound)/.test(nameOf(error));

/** SageMaker has no error of its own for what is not there. */
export const isMissing = (error: unknown): boolean =>
  (isRefused(error) && /could not find|does not exist|not found/i.test(saidBy(error))) ||
  ["ResourceNotFound", "ResourceNotFoundException", "ObjectNotFoundException"].includes(nameOf(error));

export const isTaken = (error: unknown): boolean =>
  ["ResourceInUse", "ValidationException"].includes(nameOf(error)) && /already exist/i.test(saidBy(error));

/** It is being changed. */
export const isInProgress = (error: unknown): boolean =>
  ["ResourceInUse", "ValidationException"].includes(nameOf(error)) &&
  /in[- ]progress|is (being|currently)/i.test(saidBy(error));

/** @param doing what was asked, in the words of a sentence: "create the endpoint pix". */
export async function asked<T>(doing: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw explained(error, doing);
  }
}

/** Undefined in place of what is not there. */
export async function ifThere<T>(doing: string, work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (isMissing(error)) return undefined;
    throw explained(error, doing);
  }
}

/** What a container itself answered in place of predictions, which AWS hands on as an error of its own; undefined for all other errors. */
export function refusalOf(error: unknown): { readonly status: number; readonly text: string } | undefined {
  if (nameOf(error) !== "ModelError") return undefined;
  const { data } = z.object({ OriginalStatusCode: z.int(), OriginalMessage: z.string().default("") }).safeParse(error);
  return data && { status: data.OriginalStatusCode, text: data.OriginalMessage };
}

/** Faults that are no defect of ours; every other error stays as it is. */
export function explained(error: unknown, doing: string): unknown {
  if (error instanceof EsteiraError) return error;
  const name = nameOf(error);
  const said = saidBy(error).trim().replace(/\.$/, "");
  const told = (code: ErrorCode, sentence: string) => new EsteiraError(code, sentence, { cause: error });
  if (/^Region is missing/.test(said))
    return told("INVALID_PARAMETER_VALUE", "No region of AWS is said: give --region, or set AWS_REGION.");
  if (NO_KEYS.has(name)) {
    return told(
      "UNAUTHENTICATED",
      `There are no credentials for AWS here: set AWS_PROFILE, AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or a role (${said}).`,
    );
  }
  if (BAD_KEYS.has(name))
    return told("UNAUTHENTICATED", `AWS does not accept the credentials (${name}): sign in again.`);
  if (FORBIDDEN.has(name)) {
    return told(
      "PERMISSION_DENIED",
      `AWS does not let us ${doing}: ${said}. 'esteira sagemaker policy' prints what must be allowed.`,
    );
  }
  if (/LimitExceeded/.test(name) && name !== "RequestLimitExceeded")
    return told("REQUEST_LIMIT_EXCEEDED", `AWS cannot ${doing}, a quota is reached: ${said}.`);
  if (name === "ResourceInUse") return told("TEMPORARILY_UNAVAILABLE", `AWS cannot ${doing} now: ${said}.`);
  const code = error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : name;
  if (UNREACHABLE.has(code)) return told("TEMPORARILY_UNAVAILABLE", `AWS cannot be reached (${code}), to ${doing}.`);
  const status = statusOf(error);
  if (BUSY.has(name) || (status ?? 0) >= 500)
    return told("TEMPORARILY_UNAVAILABLE", `AWS cannot ${doing} now, tried several times (${name}): ${said}.`);
  if (status !== undefined) return told("INVALID_PARAMETER_VALUE", `AWS refuses to ${doing}: ${said} (${name}).`);
  return error;
}

function statusOf(error: unknown): number | undefined {
  if (!(error instanceof Error) || !("$metadata" in error)) return undefined;
  const { $metadata: metadata } = error;
  return typeof metadata === "object" && metadata !== null && "httpStatusCode" in metadata
    ? Number(metadata.httpStatusCode)
    : undefined;
}

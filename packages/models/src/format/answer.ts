import { EsteiraError, isErrorCode } from "@esteira/core/errors";
import { parseJson } from "./json.ts";

/** An answer to a request of MLflow's scoring protocol, as HTTP carries it. */
export interface Answer {
  readonly status: number;
  /** The Content-Type. */
  readonly type: string;
  readonly body: string;
}

/** A request is refused with an answer that is no error of ours: 415 in plain words, or what another server's code said. */
export class RefusedRequest extends Error {
  override readonly name = "RefusedRequest";
  readonly answer: Answer;

  constructor(answer: Answer) {
    super(`The request was refused with HTTP ${answer.status}`);
    this.answer = answer;
  }
}

/** A refusal of MLflow's scoring server as one of our errors. */
export function errorOf({ status, body }: Answer): EsteiraError {
  let error: unknown;
  try {
    error = parseJson(body, "The error");
  } catch {
    // Plain words.
  }
  if (typeof error === "object" && error !== null && "error_code" in error && "message" in error)
    return new EsteiraError(isErrorCode(error.error_code) ? error.error_code : "INTERNAL_ERROR", String(error.message));
  return new EsteiraError(status < 500 ? "BAD_REQUEST" : "INTERNAL_ERROR", body.slice(0, 500));
}

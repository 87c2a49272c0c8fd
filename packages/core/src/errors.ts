/**
 * The one error class and its table. Codes, HTTP statuses, `sqlstate` and `error_class` are those that MLflow 3.17
 * puts on the wire, so a client that knows MLflow's errors knows ours.
 */

interface ErrorKind {
  readonly status: number;
  readonly sqlstate: string;
  readonly errorClass: string;
}

const TABLE = {
  INVALID_PARAMETER_VALUE: { status: 400, sqlstate: "KAM01", errorClass: "INVALID_PARAMETER" },
  RESOURCE_DOES_NOT_EXIST: { status: 404, sqlstate: "KAM00", errorClass: "RESOURCE_NOT_FOUND" },
  ENDPOINT_NOT_FOUND: { status: 404, sqlstate: "KAM00", errorClass: "ENDPOINT_NOT_FOUND" },
  RESOURCE_ALREADY_EXISTS: { status: 400, sqlstate: "KAM00", errorClass: "RESOURCE_ALREADY_EXISTS" },
  INVALID_STATE: { status: 500, sqlstate: "KAM00", errorClass: "INVALID_STATE" },
  BAD_REQUEST: { status: 400, sqlstate: "KAM00", errorClass: "BAD_REQUEST" },
  PERMISSION_DENIED: { status: 403, sqlstate: "KAM00", errorClass: "PERMISSION_DENIED" },
  UNAUTHENTICATED: { status: 401, sqlstate: "KAM00", errorClass: "UNAUTHENTICATED" },
  REQUEST_LIMIT_EXCEEDED: { status: 429, sqlstate: "KAM00", errorClass: "REQUEST_LIMIT_EXCEEDED" },
  NOT_IMPLEMENTED: { status: 501, sqlstate: "KAM00", errorClass: "NOT_IMPLEMENTED" },
  TEMPORARILY_UNAVAILABLE: { status: 503, sqlstate: "KAM00", errorClass: "TEMPORARILY_UNAVAILABLE" },
  INTERNAL_ERROR: { status: 500, sqlstate: "KAM00", errorClass: "INTERNAL_ERROR" },
} as const satisfies Record<string, ErrorKind>;

export type ErrorCode = keyof typeof TABLE;

export interface ErrorBody {
  readonly error_code: ErrorCode;
  readonly message: string;
  readonly sqlstate: string;
  readonly error_class: string;
}

/** A fault with MLflow's `error_code`. The message is one sentence for a person: what, where, what was expected. */
export class EsteiraError extends Error {
  override readonly name = "EsteiraError";
  readonly code: ErrorCode;
  /** A finer `error_class` than the code's own, where MLflow has one. */
  readonly errorClass: string;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; errorClass?: string }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errorClass = options?.errorClass ?? TABLE[code].errorClass;
  }

  get status(): number {
    return TABLE[this.code].status;
  }

  toBody(): ErrorBody {
    return {
      error_code: this.code,
      message: this.message,
      sqlstate: TABLE[this.code].sqlstate,
      error_class: this.errorClass,
    };
  }
}

export const ERROR_CODES = Object.keys(TABLE) as readonly ErrorCode[];
export const isErrorCode = (code: unknown): code is ErrorCode => typeof code === "string" && Object.hasOwn(TABLE, code);

export const invalid = (message: string): EsteiraError => new EsteiraError("INVALID_PARAMETER_VALUE", message);
export const notFound = (message: string): EsteiraError => new EsteiraError("RESOURCE_DOES_NOT_EXIST", message);
export const alreadyExists = (message: string): EsteiraError => new EsteiraError("RESOURCE_ALREADY_EXISTS", message);

/**
 * The one error class and its table. Codes, HTTP statuses, `sqlstate` and `error_class` are those that MLflow 3.17
 * puts on the wire, so a client that knows MLflow's errors knows ours.
 */

interface ErrorKind {
  readonly status: number;
  readonly sqlstate?: string;
  readonly errorClass?: string;
}

const TABLE = {
  INVALID_PARAMETER_VALUE: { status: 400, sqlstate: "KAM00", errorClass: "INVALID_PARAMETER_VALUE" },
  RESOURCE_DOES_NOT_EXIST: { status: 404, sqlstate: "KAM00", errorClass: "RESOURCE_NOT_FOUND" },
  ENDPOINT_NOT_FOUND: { status: 404, sqlstate: "KAM00", errorClass: "RESOURCE_NOT_FOUND" },
  RESOURCE_ALREADY_EXISTS: { status: 400, sqlstate: "KAM00", errorClass: "RESOURCE_ALREADY_EXISTS" },
  INVALID_STATE: { status: 500, sqlstate: "XXM00", errorClass: "CLIENT_INTERNAL_ERROR" },
  BAD_REQUEST: { status: 400, sqlstate: "KAM00", errorClass: "INVALID_PARAMETER_VALUE" },
  PERMISSION_DENIED: { status: 403, sqlstate: "KAM00", errorClass: "PERMISSION_DENIED" },
  UNAUTHENTICATED: { status: 401 },
  REQUEST_LIMIT_EXCEEDED: { status: 429 },
  NOT_IMPLEMENTED: { status: 501 },
  FEATURE_DISABLED: { status: 500, sqlstate: "KAM00", errorClass: "FEATURE_DISABLED" },
  TEMPORARILY_UNAVAILABLE: { status: 503, sqlstate: "XXM00", errorClass: "CLIENT_INTERNAL_ERROR" },
  DEADLINE_EXCEEDED: { status: 504 },
  INTERNAL_ERROR: { status: 500, sqlstate: "XXM00", errorClass: "CLIENT_INTERNAL_ERROR" },
} as const satisfies Record<string, ErrorKind>;

/** Finer classes than a code's own, which have a state of their own. */
const SQLSTATE_OF_CLASS: Readonly<Record<string, string>> = { SCHEMA_ENFORCEMENT_FAILED: "KAM01" };

export type ErrorCode = keyof typeof TABLE;

export interface ErrorBody {
  readonly error_code: ErrorCode;
  readonly message: string;
  readonly sqlstate?: string;
  readonly error_class?: string;
}

/** A fault with MLflow's `error_code`. The message is one sentence for a person: what, where, what was expected. */
export class EsteiraError extends Error {
  override readonly name = "EsteiraError";
  readonly code: ErrorCode;
  /** A finer `error_class` than the code's own, where MLflow has one. */
  readonly errorClass: string | undefined;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; errorClass?: string }) {
    super(message, options?.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    const kind: ErrorKind = TABLE[code];
    this.errorClass = options?.errorClass ?? kind.errorClass;
  }

  get status(): number {
    return TABLE[this.code].status;
  }

  toBody(): ErrorBody {
    const { code, message, errorClass } = this;
    const kind: ErrorKind = TABLE[code];
    const sqlstate = SQLSTATE_OF_CLASS[errorClass ?? ""] ?? kind.sqlstate;
    return {
      error_code: code,
      message,
      ...(sqlstate === undefined ? {} : { sqlstate }),
      ...(errorClass === undefined ? {} : { error_class: errorClass }),
    };
  }
}

export const ERROR_CODES = Object.keys(TABLE) as readonly ErrorCode[];
export const isErrorCode = (code: unknown): code is ErrorCode => typeof code === "string" && Object.hasOwn(TABLE, code);

export const invalid = (message: string): EsteiraError => new EsteiraError("INVALID_PARAMETER_VALUE", message);
export const notFound = (message: string): EsteiraError => new EsteiraError("RESOURCE_DOES_NOT_EXIST", message);
export const alreadyExists = (message: string): EsteiraError => new EsteiraError("RESOURCE_ALREADY_EXISTS", message);

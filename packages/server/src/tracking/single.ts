import { EsteiraError } from "@esteira/core/errors";

/** A single metric or param is logged as a batch of one; its fault must not speak of `metrics[0]`. */
export function asSingle(error: unknown): unknown {
  if (!(error instanceof EsteiraError) || !/'(metrics|params)\[0\]\./.test(error.message)) return error;
  const message = error.message.replace(/'(metrics|params)\[0\]\./, "'");
  return new EsteiraError(error.code, message, { cause: error, errorClass: error.errorClass });
}

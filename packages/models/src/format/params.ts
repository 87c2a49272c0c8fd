/** Inference parameters against a signature's params schema, as MLflow enforces them. */

import { EsteiraError } from "@esteira/core/errors";
import { pythonJson } from "@esteira/core/python-json";
import type { ParamSpec } from "./signature.ts";

export type Params = Readonly<Record<string, unknown>>;

const paramError = (message: string): EsteiraError =>
  new EsteiraError("INVALID_PARAMETER_VALUE", message, { errorClass: "INVALID_PARAMETER_VALUE" });

/** A value of the declared type, or undefined. Whole numbers widen; nothing narrows, and text is never a number. */
function convert(value: unknown, type: ParamSpec["type"]): unknown {
  if (value === null) return null;
  switch (type) {
    case "boolean":
      return typeof value === "boolean" ? value : undefined;
    case "integer":
    case "long":
      return typeof value === "number" && Number.isInteger(value) ? value : undefined;
    case "float":
    case "double":
      return typeof value === "number" ? value : undefined;
    case "string":
      return typeof value === "string" ? value : undefined;
    case "datetime":
      return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? value : undefined;
    case "object":
      return typeof value === "object" && !Array.isArray(value) ? value : undefined;
    default:
      return undefined;
  }
}

function enforceOne(spec: ParamSpec, value: unknown): unknown {
  const fail = (expected: string): never => {
    throw paramError(
      `Invalid parameters found: '${spec.name}' is ${pythonJson(value).slice(0, 60)}, expected ${expected} of type ${spec.type}`,
    );
  };
  if (spec.shape === null) return convert(value, spec.type) ?? (value === null ? null : fail("a value"));
  if (!Array.isArray(value)) return fail("a list");
  return value.map((item: unknown) => convert(item, spec.type) ?? (item === null ? null : fail("a list")));
}

/**
 * The parameters that the schema declares, with its defaults for those not given. Unknown ones are left out; without a
 * schema all are. Throws INVALID_PARAMETER_VALUE when a value has another type.
 */
export function enforceParams(params: unknown, specs: readonly ParamSpec[] | undefined): Params {
  if (specs === undefined) return {};
  const given = params ?? {};
  if (typeof given !== "object" || Array.isArray(given))
    throw paramError("Parameters must be an object of names and values");
  const entries = new Map(Object.entries(given));
  return Object.fromEntries(
    specs.map((spec) => [spec.name, entries.has(spec.name) ? enforceOne(spec, entries.get(spec.name)) : spec.default]),
  );
}

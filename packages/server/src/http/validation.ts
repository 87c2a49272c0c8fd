import { EsteiraError, invalid } from "@esteira/core/errors";
import { stringifyJson } from "@esteira/core/wire/json";
import type { z } from "zod";
import { MISSING, WRONG_TYPE } from "./fields.ts";

/** Ends MLflow's messages about parameters. */
export const SEE = "See the API docs for more information about request parameters.";
const MAX_SHOWN = 300;

/** Reads a request by its schema. Faults are worded as MLflow words them, so scripts that match messages keep working. */
export function parseRequest<S extends z.ZodType>(schema: S, input: unknown): z.output<S> {
  const result = schema.safeParse(input);
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  if (issue === undefined) throw invalid("The request could not be read.");
  const parameter = pathText(issue.path);
  if (parameter === "") {
    throw new EsteiraError("BAD_REQUEST", "The request body must be a JSON object, for example {}.");
  }
  const value = valueAt(input, issue.path);
  if (issue.message === MISSING) throw invalid(`Missing value for required parameter '${parameter}'. ${SEE}`);
  if (issue.code !== "custom" || issue.message === WRONG_TYPE) {
    const hint = `Hint: Value was of type '${pythonType(value)}'.`;
    throw invalid(`Invalid value ${shown(value)} for parameter '${parameter}' supplied:  ${hint} ${SEE}`);
  }
  throw invalid(issue.message);
}

const pathText = (path: readonly PropertyKey[]): string =>
  path.reduce<string>((text, part) => {
    if (typeof part === "number") return `${text}[${part}]`;
    return text === "" ? String(part) : `${text}.${String(part)}`;
  }, "");

const valueAt = (input: unknown, path: readonly PropertyKey[]): unknown =>
  path.reduce<unknown>(
    (value, part) => (typeof value === "object" && value !== null ? Reflect.get(value, part) : undefined),
    input,
  );

/** A value as JSON, cut to a length that fits a message; a value too deep to print is named instead. */
function shown(value: unknown): string {
  try {
    const json = stringifyJson(value) ?? "null";
    return json.length > MAX_SHOWN ? `${json.slice(0, MAX_SHOWN)}...` : json;
  } catch {
    return "(too deeply nested to show)";
  }
}

/** MLflow's hints name Python's types. */
function pythonType(value: unknown): string {
  if (value === null || value === undefined) return "NoneType";
  if (typeof value === "string") return "str";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "int";
  if (typeof value === "number") return Number.isInteger(value) ? "int" : "float";
  return Array.isArray(value) ? "list" : "dict";
}

import { ERROR_CODES } from "@esteira/core/errors";
import { z } from "zod";
import { isRepeated } from "../http/fields.ts";
import type { Operation } from "../http/operation.ts";
import type { MountedRoute } from "./mounted-routes.ts";

type Json = { readonly [key: string]: unknown };

export interface ApiDescription {
  readonly openapi: "3.1.0";
  readonly info: { readonly title: string; readonly version: string; readonly description: string };
  readonly servers: readonly { readonly url: string }[];
  readonly paths: Readonly<Record<string, Readonly<Record<string, Json>>>>;
  readonly components: Json;
}

const ERROR_RESPONSES: readonly (readonly [string, string])[] = [
  ["400", "The request is malformed, or asks for something that is not allowed or exists already."],
  ["403", "The host or the page that asks is not trusted."],
  ["404", "What the request names does not exist."],
  ["default", "Any other fault: too large (413), busy (503), or a defect of the server (500)."],
];

const errorBody = z
  .object({
    error_code: z.enum(ERROR_CODES as [string, ...string[]]),
    message: z.string(),
    sqlstate: z.string().optional(),
    error_class: z.string().optional(),
  })
  .meta({ id: "Error" });

/** The OpenAPI description of the routes that are mounted, from the very schemas that read their requests. */
export function describeApi(routes: readonly MountedRoute[], version: string, prefix = ""): ApiDescription {
  const schemas: Record<string, unknown> = {};
  const paths: Record<string, Record<string, Json>> = {};
  const schemaOf = (schema: z.ZodType): Json => {
    const { $schema: _, $defs, ...json } = z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });
    Object.assign(schemas, fromDefs($defs ?? {}));
    return fromDefs(json) as Json;
  };
  const error = { description: "A fault", content: { "application/json": { schema: schemaOf(errorBody) } } };
  for (const { method, url, operation } of routes) {
    if (operation === undefined) continue;
    const { path, names } = openApiPath(url);
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = {
      operationId: operationId(method, path),
      summary: operation.summary,
      tags: [operation.tag],
      parameters: [...names.map(pathParameter), ...queryParameters(method, operation, schemaOf)],
      ...requestBody(method, operation, schemaOf),
      responses: {
        ...goodResponse(operation, schemaOf),
        ...Object.fromEntries(ERROR_RESPONSES.map(([status, description]) => [status, { ...error, description }])),
      },
    };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Esteira",
      version,
      description:
        "MLflow's REST API, version 3.17, as this server speaks it. Absent fields mean empty or zero; unknown fields are ignored.",
    },
    servers: [{ url: prefix === "" ? "/" : prefix }],
    paths,
    components: { schemas },
  };
}

function openApiPath(url: string): { path: string; names: readonly string[] } {
  const names: string[] = [];
  const path = url
    .replace(/:([A-Za-z_]+)/g, (_, name: string) => {
      names.push(name);
      return `{${name}}`;
    })
    .replace(/\*$/, () => {
      names.push("path");
      return "{path}";
    });
  return { path, names };
}

const operationId = (method: string, path: string): string =>
  `${method.toLowerCase()}${path.replace(/[^A-Za-z0-9]+/g, "_").replace(/_$/, "")}`;

const pathParameter = (name: string): Json => ({
  name,
  in: "path",
  required: true,
  schema: { type: "string", minLength: 1 },
});

function queryParameters(
  method: string,
  { input, query }: Operation,
  schemaOf: (schema: z.ZodType) => Json,
): readonly Json[] {
  const fields = method === "GET" ? (input ?? query) : query;
  if (fields === undefined) return [];
  const { properties, required } = schemaOf(fields) as { properties: Record<string, Json>; required?: string[] };
  return Object.entries(properties).map(([name, schema]) => ({
    name,
    in: "query",
    required: required?.includes(name) ?? false,
    schema: isRepeated(fields.shape[name]) ? arrayOf(schema) : schema,
  }));
}

/** A repeated field may be null in a body; in a query there is no null. */
const arrayOf = (schema: Json): Json => ({ ...schema, type: "array" });

function requestBody(method: string, { input, body }: Operation, schemaOf: (schema: z.ZodType) => Json): Json {
  if (body !== undefined) {
    return {
      requestBody: { required: true, content: { [body.type]: { schema: { type: "string", format: "binary" } } } },
    };
  }
  if (method === "GET" || input === undefined || Object.keys(input.shape).length === 0) return {};
  return { requestBody: { required: true, content: { "application/json": { schema: schemaOf(input) } } } };
}

function goodResponse({ output }: Operation, schemaOf: (schema: z.ZodType) => Json): Json {
  const description = "The answer";
  if (output instanceof z.ZodType) {
    return { 200: { description, content: { "application/json": { schema: schemaOf(output) } } } };
  }
  if ("redirect" in output) return { 302: { description: "The page to go on with, in the header Location" } };
  // An empty answer that calls itself JSON, as MLflow's does, has nothing in it to describe; a stream is no text as a whole.
  const isText = output.type !== "application/json" && output.type !== "text/event-stream";
  const schema = isText ? { schema: { type: "string" } } : {};
  return { 200: { description, content: { [output.type]: schema } } };
}

/** zod keeps named schemas in `$defs`; here they are components that all operations share. */
function fromDefs(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(fromDefs);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      key === "$ref" && typeof item === "string" ? item.replace("#/$defs/", "#/components/schemas/") : fromDefs(item),
    ]),
  );
}

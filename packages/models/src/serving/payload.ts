/** The JSON body of an invocation: which of MLflow's four forms it takes, and the frame of cells that it holds. */

import { EsteiraError } from "@esteira/core/errors";
import { badRequest } from "../format/cells.ts";
import { type Frame, schemaError } from "../format/enforce.ts";
import { parseJson } from "../format/json.ts";
import { NumberRows } from "../format/number-rows.ts";
import { isTensorSchema, type Schema } from "../format/signature.ts";
import { decodeBody } from "./body-text.ts";
import { readNumberBody } from "./number-body.ts";

const FORMS = ["dataframe_split", "dataframe_records", "instances", "inputs"] as const;
type Form = (typeof FORMS)[number];
/** Where rows may stand as lists. */
const PLACES = [["dataframe_split", "data"], ["instances"], ["inputs"]] as const;

type Dictionary = Readonly<Record<string, unknown>>;
type Rows = readonly (readonly unknown[])[] | NumberRows;

const isDictionary = (value: unknown): value is Dictionary =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const isLists = (value: readonly unknown[]): value is readonly (readonly unknown[])[] => value.every(Array.isArray);
const isRecords = (value: readonly unknown[]): value is readonly Dictionary[] => value.every(isDictionary);

const expected = `The input must be a JSON object with exactly one of the fields ${FORMS.join(", ")}`;

export interface Payload {
  readonly frame: Frame;
  /** What stood under `params`, unchecked. */
  readonly params: unknown;
}

/** Rows of lists into columns; short rows are filled up with null. */
function fromRows(rows: Rows, width: number, names: readonly string[] | undefined, source: Frame["source"]): Frame {
  if (rows instanceof NumberRows) return { source, names, columns: rows.columns, rowCount: rows.rowCount };
  const columns = Array.from({ length: width }, (_, i) => rows.map((row) => (i < row.length ? row[i] : null)));
  return { source, names, columns, rowCount: rows.length };
}

/** Objects into columns, in order of first appearance; what a row lacks is null. */
function fromRecords(records: readonly Dictionary[], source: Frame["source"]): Frame {
  const names = new Set<string>();
  for (const record of records) for (const name of Object.keys(record)) names.add(name);
  const columns = Array.from(names, (name) =>
    records.map((record) => (Object.hasOwn(record, name) ? record[name] : null)),
  );
  return { source, names: [...names], columns, rowCount: records.length };
}

const longest = (rows: Rows): number =>
  rows instanceof NumberRows ? rows.columns.length : rows.reduce((most, row) => Math.max(most, row.length), 0);

const countOf = (rows: Rows): number => (rows instanceof NumberRows ? rows.rowCount : rows.length);

/** What stands under `data`: one value in place of a row is a row of one. */
function toRows(data: unknown): Rows | undefined {
  if (data instanceof NumberRows) return data;
  if (!Array.isArray(data)) return undefined;
  const items: readonly unknown[] = data;
  return isLists(items) ? items : items.map((cell) => [cell]);
}

function splitForm(value: unknown): Frame {
  if (!isDictionary(value)) throw badRequest("dataframe_split must be an object with the fields columns and data");
  const unknown = Object.keys(value).filter((key) => key !== "columns" && key !== "data" && key !== "index");
  const rows = toRows(value.data);
  if (unknown.length > 0 || rows === undefined)
    throw badRequest(
      `dataframe_split must have the field data, and may have columns and index; it has ${Object.keys(value).join(", ") || "none"}`,
    );
  const { columns, index } = value;
  const rowCount = countOf(rows);
  if (index !== undefined && index !== null && !(Array.isArray(index) && index.length === rowCount))
    throw badRequest(`dataframe_split.index must have one entry for each of the ${rowCount} rows`);
  const width = longest(rows);
  if (columns === undefined || columns === null) return fromRows(rows, width, undefined, "table");
  if (!Array.isArray(columns)) throw badRequest("dataframe_split.columns must be a list of names");
  const names = columns.map(String);
  if (rowCount > 0 && width !== names.length)
    throw badRequest(`dataframe_split names ${names.length} columns, but its data has ${width}`);
  return fromRows(rows, names.length, names, "table");
}

function recordsForm(value: unknown): Frame {
  if (!Array.isArray(value)) throw badRequest("dataframe_records must be a list of objects, one a row");
  const items: readonly unknown[] = value;
  if (isRecords(items)) return fromRecords(items, "table");
  if (isLists(items)) return fromRows(items, longest(items), undefined, "table");
  if (value.some(isDictionary)) throw badRequest("dataframe_records must hold objects only, one a row");
  return { source: "table", names: undefined, columns: [items], rowCount: items.length };
}

/** An object of columns; one value in place of a list counts for every row. */
function fromColumns(value: Dictionary, unequal: (message: string) => Error): Frame {
  const names = Object.keys(value);
  const lists = Object.values(value).filter(Array.isArray);
  const rowCount = lists.length > 0 ? lists[0]!.length : names.length > 0 ? 1 : 0;
  if (lists.some((list) => list.length !== rowCount))
    throw unequal("The columns of the input are not of one length; every column must have one value a row");
  const columns = Object.values(value).map((cells): readonly unknown[] =>
    Array.isArray(cells) ? cells : new Array<unknown>(rowCount).fill(cells),
  );
  return { source: "array", names, columns, rowCount };
}

/** Rows as `instances` groups them: a value that a row lacks leaves its column short. */
function instanceRecords(records: readonly Dictionary[], schema: Schema | undefined): Frame {
  const frame = fromRecords(records, "array");
  const isOptional = (name: string): boolean =>
    schema?.some((spec) => spec.kind === "column" && spec.name === name && !spec.required) === true;
  for (const name of frame.names ?? [])
    if (!isOptional(name) && !records.every((record) => Object.hasOwn(record, name)))
      throw badRequest(`instances: not every row has a value for '${name}'`);
  return frame;
}

function listForm(form: Form, value: unknown, schema: Schema | undefined): Frame {
  const unequal = form === "instances" ? badRequest : schemaError;
  if (value instanceof NumberRows) return fromRows(value, longest(value), undefined, "array");
  if (isDictionary(value)) return fromColumns(value, unequal);
  if (!Array.isArray(value))
    return { source: "array", names: undefined, columns: [[value]], rowCount: 1, isFlat: true };
  const items: readonly unknown[] = value;
  if (items.length > 0 && isRecords(items))
    return form === "instances" ? instanceRecords(items, schema) : fromRecords(items, "array");
  if (items.length > 0 && isLists(items)) {
    const width = longest(items);
    if (items.some((row) => row.length !== width)) throw badRequest(`${form}: the rows are not of one length`);
    return fromRows(items, width, undefined, "array");
  }
  if (items.some((item) => typeof item === "object" && item !== null))
    throw badRequest(`${form}: lists, objects and plain values are mixed`);
  const isNumberList = schema !== undefined && (isTensorSchema(schema) || schema.length === 1);
  if (!isNumberList && schema === undefined)
    throw badRequest(`${form}: a list of rows or an object of columns is expected, not a list of plain values`);
  return { source: "array", names: undefined, columns: [items], rowCount: items.length, isFlat: true };
}

/**
 * Reads a JSON body. Unknown fields beside the form are ignored, as MLflow ignores them.
 * Throws BAD_REQUEST when it is not JSON or not one of the forms.
 */
export function parsePayload(text: string, schema: Schema | undefined): Payload {
  let body: unknown;
  try {
    body = parseJson(text, "The body");
  } catch (error) {
    throw badRequest(error instanceof EsteiraError ? error.message : String(error));
  }
  return toPayload(body, schema);
}

/** As `parsePayload`; rows of numbers are read from the bytes, and come as columns of numbers. Throws BAD_REQUEST too where it is not UTF-8. */
export function parsePayloadBytes(bytes: Buffer, schema: Schema | undefined): Payload {
  const body = readNumberBody(bytes, PLACES);
  return body === undefined ? parsePayload(decodeBody(bytes), schema) : toPayload(body, schema);
}

function toPayload(body: unknown, schema: Schema | undefined): Payload {
  if (!isDictionary(body))
    throw badRequest(
      `${expected}, not ${Array.isArray(body) ? "a list" : `${body === null ? "null" : `a ${typeof body}`}`}`,
    );
  const present = FORMS.filter((form) => Object.hasOwn(body, form));
  const [form] = present;
  if (form === undefined || present.length > 1)
    throw badRequest(`${expected}; it has ${Object.keys(body).slice(0, 20).join(", ") || "none"}`);
  const value = body[form];
  const read = { dataframe_split: splitForm, dataframe_records: recordsForm };
  const frame = form === "instances" || form === "inputs" ? listForm(form, value, schema) : read[form](value);
  return { frame, params: body.params };
}

/**
 * A table of requests as Databricks' serving keeps them (inference tables): a row a request, with its body and its answer as JSON. A request of several
 * rows is several decisions. Columns: https://docs.databricks.com/aws/en/machine-learning/model-serving/inference-tables.
 */

import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import { type LogDefaults, type LoggedDecision, UNKNOWN } from "./logged-decision.ts";
import type { MappedFile, MappedRows } from "./mapped-file.ts";

const OK = 200;

/** Whether a file has the columns of such a table. */
export const isInferenceTable = (names: readonly string[]): boolean =>
  ["databricks_request_id", "request", "response"].every((name) => names.includes(name));

const record = z.record(z.string(), z.unknown());
const requestWire = z.union([
  z.object({ dataframe_records: z.array(record).min(1) }),
  z.object({ dataframe_split: z.object({ columns: z.array(z.string()), data: z.array(z.array(z.unknown())).min(1) }) }),
  z.object({ inputs: z.union([z.array(record).min(1), z.record(z.string(), z.array(z.unknown()).min(1))]) }),
]);
const responseWire = z.object({ predictions: z.array(z.unknown()) });
const metadataWire = z.object({
  model_name: z.string().optional(),
  model_version: z.union([z.string(), z.number()]).optional(),
  endpoint_name: z.string().optional(),
});

export interface InferenceRows {
  readonly decisions: readonly LoggedDecision[];
  /** Whether the request failed, so that nothing was decided. */
  readonly failed: boolean;
}

/** What each request decided, in the table's order. Throws INVALID_PARAMETER_VALUE with the row of the first that cannot be read. */
export async function* readInferenceTable(file: MappedFile, defaults: LogDefaults): AsyncGenerator<InferenceRows> {
  for await (const rows of file.rows(4096))
    for (let at = 0; at < rows.rowCount; at++) {
      const status = rows.cells("status_code")?.[at];
      const failed = status !== undefined && status !== null && Number(status) !== OK;
      yield { decisions: failed ? [] : decisionsOf(file, rows, at, defaults), failed };
    }
}

function decisionsOf(file: MappedFile, rows: MappedRows, at: number, defaults: LogDefaults): readonly LoggedDecision[] {
  const where = `${file.path}, row ${rows.firstRow + at}`;
  const cell = (name: string): unknown => rows.cells(name)?.[at] ?? null;
  const table = tableOf(parsed(cell("request")));
  if (table === undefined)
    throw invalid(
      `${where}, column 'request': expected a body with dataframe_records, dataframe_split or named inputs, as JSON.`,
    );
  const { data: answer } = responseWire.safeParse(parsed(cell("response")));
  if (answer === undefined) throw invalid(`${where}, column 'response': expected an answer with predictions, as JSON.`);
  if (answer.predictions.length !== table.rows.length)
    throw invalid(
      `${where}: the request has ${table.rows.length} rows and the answer ${answer.predictions.length} predictions.`,
    );
  const decidedAt = instantOf(cell("timestamp_ms") ?? cell("request_time"));
  if (decidedAt === undefined)
    throw invalid(`${where}: neither timestamp_ms nor request_time is an instant (milliseconds, or a time stamp).`);
  const metadata = metadataWire.safeParse(parsed(cell("request_metadata"))).data;
  const id = String(cell("client_request_id") ?? cell("databricks_request_id"));
  const latency = Number(cell("execution_time_ms") ?? cell("execution_duration_ms") ?? Number.NaN);
  const fraction = Number(cell("sampling_fraction") ?? 1);
  return answer.predictions.map((prediction, row) => ({
    id: answer.predictions.length === 1 ? id : `${id}#${row}`,
    ...{ at: decidedAt, eventAt: null, arm: null, action: null, subjects: [] },
    model: {
      name: defaults.model ?? metadata?.model_name ?? metadata?.endpoint_name ?? UNKNOWN,
      version: defaults.version ?? String(metadata?.model_version ?? UNKNOWN),
    },
    score: scoreOf(prediction),
    threshold: defaults.threshold ?? null,
    latencyMs: Number.isFinite(latency) ? latency : null,
    weight: fraction > 0 && fraction <= 1 ? 1 / fraction : 1,
    names: table.names,
    values: table.rows[row] ?? [],
  }));
}

/** A number, or the last of a list of two: the chance of the positive class. */
function scoreOf(prediction: unknown): number | null {
  if (typeof prediction === "number") return prediction;
  if (!Array.isArray(prediction) || prediction.length > 2) return null;
  const last: unknown = prediction.at(-1);
  return typeof last === "number" ? last : null;
}

/** JSON of a text; what is no text is what it is. */
function parsed(cell: unknown): unknown {
  if (typeof cell !== "string") return cell;
  try {
    return JSON.parse(cell);
  } catch {
    return undefined;
  }
}

function instantOf(cell: unknown): number | undefined {
  const value =
    cell instanceof Date
      ? cell.getTime()
      : typeof cell === "string" && !/^\d+$/.test(cell)
        ? Date.parse(cell)
        : Number(cell ?? Number.NaN);
  return Number.isFinite(value) ? value : undefined;
}

interface RequestTable {
  readonly names: readonly string[];
  readonly rows: readonly (readonly unknown[])[];
}

function tableOf(body: unknown): RequestTable | undefined {
  const { data: request } = requestWire.safeParse(body);
  if (request === undefined) return undefined;
  if ("dataframe_records" in request) return ofRecords(request.dataframe_records);
  if ("dataframe_split" in request)
    return { names: request.dataframe_split.columns, rows: request.dataframe_split.data };
  const { inputs } = request;
  if (Array.isArray(inputs)) return ofRecords(inputs);
  const names = Object.keys(inputs);
  const count = Math.max(0, ...names.map((name) => inputs[name]?.length ?? 0));
  return { names, rows: Array.from({ length: count }, (_, row) => names.map((name) => inputs[name]?.[row])) };
}

function ofRecords(records: readonly Readonly<Record<string, unknown>>[]): RequestTable {
  const names = [...new Set(records.flatMap((one) => Object.keys(one)))];
  return { names, rows: records.map((one) => names.map((name) => one[name])) };
}

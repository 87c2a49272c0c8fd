import { experimentId } from "@esteira/core/ids";
import { runClient } from "../api/run-client.ts";
import { type Column, NAME_COLUMN, sourceColumns } from "./columns.ts";
import { derived } from "./derived.ts";
import { type Frame, numberAt, rowsOf, textAt, type Values, withAnswer } from "./frame.ts";
import { MOST_RUNS } from "./frame-store.ts";
import { type RunsSearch, viewOf } from "./search.ts";

export type ExportFormat = "csv" | "parquet";

/** One column of the file: texts, numbers, or times in milliseconds since the epoch. */
interface Exported {
  readonly name: string;
  readonly kind: "text" | "number" | "time";
  readonly values: readonly (string | number | undefined)[];
}

const TIMES = new Set(["attributes.start_time", "attributes.end_time"]);
const COLUMNS_AT_ONCE = 20;

/** All runs of the table in its order, not only those in view, and every text as long as it is. */
export async function exportedColumns(
  experiment: string,
  search: RunsSearch,
  shown: Frame,
  rows: Int32Array,
  columns: readonly Column[],
): Promise<readonly Exported[]> {
  const ids = [...new Set([NAME_COLUMN, ...columns.map(({ id }) => id)])];
  const frame = await wholeTexts(experiment, search, shown, ids);
  const places = rowsOf(frame);
  const wanted = [...rows].map((row) => shown.ids[row] ?? "");
  const at = wanted.map((id) => places.get(id) ?? -1);
  return [
    { name: "run_id", kind: "text", values: wanted },
    ...ids
      .filter((id) => id !== "attributes.run_id")
      .flatMap((id): Exported[] => {
        const values = frame.columns.get(id);
        return values === undefined ? [] : [exported(id, values, at)];
      }),
  ];
}

function exported(id: string, values: Values, at: readonly number[]): Exported {
  const name = id.startsWith("attributes.") ? id.slice("attributes.".length) : id;
  if (values.kind === "number") {
    return { name, kind: TIMES.has(id) ? "time" : "number", values: at.map((row) => numberAt(values, row)) };
  }
  return { name, kind: "text", values: at.map((row) => textAt(values, row)) };
}

/** The columns as the server has them now, where the table has only the beginnings of texts or does not have them yet. */
async function wholeTexts(
  experiment: string,
  search: RunsSearch,
  shown: Frame,
  ids: readonly string[],
): Promise<Frame> {
  const missing = ids.flatMap(sourceColumns).filter((column) => {
    const values = shown.columns.get(column);
    return values === undefined || shown.partial.has(column) || (values.kind === "text" && values.isCut);
  });
  let frame = shown;
  for (let from = 0; from < missing.length; from += COLUMNS_AT_ONCE) {
    const answer = await runClient.columns(
      {
        experimentIds: [experimentId(experiment)],
        viewType: viewOf(search),
        columns: missing.slice(from, from + COLUMNS_AT_ONCE),
        maxRuns: MOST_RUNS,
      },
      frame.name || undefined,
    );
    frame = derived(withAnswer(frame, answer));
  }
  return frame;
}

/** What a spreadsheet would take for a formula: a quote before it makes it a text. */
const FORMULA = /^[=+\-@\t\r]/;

function csvText(value: string): string {
  const safe = FORMULA.test(value) && !Number.isFinite(Number(value)) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const csvCell = ({ kind }: Exported, value: string | number | undefined): string => {
  if (value === undefined) return "";
  if (typeof value === "string") return csvText(value);
  return kind === "time" ? new Date(value).toISOString() : String(value);
};

/** Rows that one piece of the file has: no single text grows to the size of the whole. */
const ROWS_AT_ONCE = 5000;

export function csvOf(columns: readonly Exported[]): Blob {
  const count = columns[0]?.values.length ?? 0;
  const parts = [`${columns.map(({ name }) => csvText(name)).join(",")}\r\n`];
  for (let from = 0; from < count; from += ROWS_AT_ONCE) {
    let part = "";
    for (let row = from; row < Math.min(count, from + ROWS_AT_ONCE); row++)
      part += `${columns.map((column) => csvCell(column, column.values[row])).join(",")}\r\n`;
    parts.push(part);
  }
  return new Blob(parts, { type: "text/csv;charset=utf-8" });
}

/** The writer is fetched when it is wanted. */
export async function parquetOf(columns: readonly Exported[]): Promise<Blob> {
  const { parquetWriteBuffer } = await import("hyparquet-writer");
  const buffer = parquetWriteBuffer({
    columnData: columns.map(({ name, kind, values }) => {
      if (kind === "time") {
        const data = values.map((value) => (value === undefined ? null : new Date(Number(value))));
        return { name, data, type: "TIMESTAMP" as const, nullable: true };
      }
      const data = values.map((value) => value ?? null);
      return { name, data, type: kind === "text" ? ("STRING" as const) : ("DOUBLE" as const), nullable: true };
    }),
  });
  return new Blob([buffer], { type: "application/vnd.apache.parquet" });
}

/** Hands a file to the browser's downloads. */
export function download(blob: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(blob);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}

/** A name that any file system takes. */
export const fileName = (experiment: string, format: ExportFormat): string =>
  `${experiment.replace(/[^\p{L}\p{N}_.-]+/gu, "-").slice(0, 60) || "runs"}-runs.${format}`;

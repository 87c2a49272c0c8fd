import { availableParallelism } from "node:os";
import { invalid } from "@esteira/core/errors";
import { CategoryWindow } from "@esteira/lifecycle/monitoring/distribution/category-window";
import { numberReference } from "@esteira/lifecycle/monitoring/distribution/number-reference";
import { NumberWindow } from "@esteira/lifecycle/monitoring/distribution/number-window";
import { weightsForHours } from "@esteira/lifecycle/monitoring/distribution/season";
import { effectiveRows, weightedReference } from "@esteira/lifecycle/monitoring/distribution/weighted-reference";
import { type CountedFeature, countedDrift, type DriftRow } from "@esteira/lifecycle/monitoring/drift";
import type { MonitorSettings } from "@esteira/lifecycle/monitoring/settings";
import { STANDARD_SETTINGS } from "@esteira/lifecycle/monitoring/settings";
import { countGroups, type GroupOfFile, openDecisions } from "./count-groups.ts";
import { countOnThread } from "./count-thread.ts";
import { Counting, type Counts, categoriesOf, type Measured, numbersOf, type Span } from "./counts.ts";

/** A column that is compared with the reference's. */
export interface AnalysedColumn {
  readonly column: string;
  readonly kind: "number" | "category";
  /** Share of the model's gain, 0 to 1; 1 for what every decision has, as its score. */
  readonly importance: number;
}

export interface AnalysisInput {
  /** Parquet files of decisions; rows outside of the span are left out. */
  readonly files: readonly string[];
  readonly span: Span;
  readonly reference: {
    readonly files: readonly string[];
    readonly span: Span;
    /** Most rows that are read of it, evenly spread. Default 200,000. */
    readonly limit?: number;
  };
  /** The column of instants: milliseconds since the epoch, or timestamps. */
  readonly time: string;
  readonly columns: readonly AnalysedColumn[];
  /** Whether the reference is given the span's mix of hours of the week. Default true. */
  readonly isSeasonal?: boolean;
  readonly settings?: Partial<MonitorSettings>;
  /** Default: as many as the machine has cores. */
  readonly threads?: number;
}

export interface Analysis {
  readonly rows: number;
  readonly referenceRows: number;
  /** Rows by the instant at which an hour begins, ascending. */
  readonly hours: readonly { readonly from: number; readonly rows: number }[];
  /** The newest row; NaN of none. */
  readonly newest: number;
  /** Share of the rows whose hour of the week the reference knows, whether it was weighted by it or not. */
  readonly seasonCovered: number;
  /** The largest impact first. */
  readonly drift: readonly DriftRow[];
}

const REFERENCE_ROWS = 200_000;
/** Below it a thread takes longer to start than to count. */
const ROWS_FOR_A_THREAD = 200_000;

/**
 * How decisions differ from a reference, column by column, read as they are and in constant memory: a column of one row group at a time, on all
 * cores. PSI and Kolmogorov-Smirnov are those of the reference's rows that were read and of all rows of the span. Where the reference is larger
 * than its limit, a distribution function of its sample is off by at most sqrt(ln(2 / a) / 2n) with probability 1 - a (Dvoretzky, Kiefer,
 * Wolfowitz): 0.3 points for 200,000 rows and a = 0.05; where more values than 16,384 differ, by another 1/16,384.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for a file that is none or lacks a column, and for a reference without rows.
 */
export async function analyse(input: AnalysisInput): Promise<Analysis> {
  const settings = { ...STANDARD_SETTINGS, ...input.settings };
  const names = [input.time, ...input.columns.map(({ column }) => column)];
  const parts = await groupsOf(input.files, names);
  const sample = await readReference(input, names);
  const measured = input.columns.map(({ column, kind }, at): Measured => {
    if (kind === "category") return { kind, column };
    return { kind, column, reference: numberReference(numbersOf(sample.columns[at]!, undefined)) };
  });
  const { time, span } = input;
  const { offsetHours } = settings;
  const counts = await countAll({ measured, span, offsetHours, time }, parts, input.threads ?? availableParallelism());
  const season = weightsForHours(sample.times, counts.hoursOfWeek, offsetHours);
  const weights = input.isSeasonal === false ? undefined : season.weights;
  const counted = input.columns.map((column, at) =>
    weighted(column, counts.columns[at]!, sample.columns[at]!, weights),
  );
  return {
    rows: counts.rows,
    referenceRows: sample.times.length,
    hours: [...counts.hours].sort(([one], [other]) => one - other).map(([from, rows]) => ({ from, rows })),
    newest: counts.rows === 0 ? Number.NaN : counts.last,
    seasonCovered: season.covered,
    drift: countedDrift(counted, settings),
  };
}

/** The window was counted before its mix of hours was known; now its reference gets it. */
function weighted(
  { column: name, kind, importance }: AnalysedColumn,
  counts: Counts["columns"][number],
  cells: ArrayLike<unknown>,
  weights: Float64Array | undefined,
): CountedFeature {
  if (kind === "number" && "cells" in counts) {
    const values = numbersOf(cells, undefined);
    const now = new NumberWindow(weights === undefined ? counts.reference : weightedReference(values, weights));
    now.merge(counts);
    return { name, importance, counted: { kind, now } };
  }
  const before = new CategoryWindow().add(categoriesOf(cells, undefined), weights);
  const now = new CategoryWindow();
  if ("counts" in counts) now.merge(counts);
  const known = weights === undefined ? 1 : effectiveRows(weights) / before.count;
  return { name, importance, counted: { kind: "category", before, now, known } };
}

interface Part extends GroupOfFile {
  readonly rows: number;
}

async function groupsOf(files: readonly string[], names: readonly string[]): Promise<Part[]> {
  const parts: Part[] = [];
  for (const path of files) {
    const source = await openDecisions(path);
    const lacking = names.find((name) => !source.elements.has(name));
    if (lacking !== undefined)
      throw invalid(
        `${path} has no column '${lacking}'; it has ${source.names.slice(0, 12).join(", ")}${source.names.length > 12 ? ", …" : ""}.`,
      );
    parts.push(...source.groups.map((rows, group) => ({ path, group, rows })));
  }
  return parts;
}

async function countAll(
  task: Omit<Parameters<typeof countGroups>[0], "parts">,
  parts: readonly Part[],
  threads: number,
): Promise<Counts> {
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const wanted = Math.max(1, Math.min(threads, parts.length, Math.floor(rows / ROWS_FOR_A_THREAD)));
  if (wanted === 1) return countGroups({ ...task, parts });
  const shares = Array.from({ length: wanted }, (_, share) => parts.filter((_, at) => at % wanted === share));
  const whole = new Counting(task.measured, task.span, task.offsetHours);
  for (const counts of await Promise.all(shares.map((share) => countOnThread({ ...task, parts: share }))))
    whole.merge(counts);
  return whole.counts;
}

/** Every n-th row of the reference's span, so that at most the limit is in memory. */
async function readReference(
  { reference, time, columns }: AnalysisInput,
  names: readonly string[],
): Promise<{ readonly times: Float64Array; readonly columns: readonly ArrayLike<unknown>[] }> {
  const { files, span, limit = REFERENCE_ROWS } = reference;
  const parts = await groupsOf(files, names);
  const stride = Math.max(1, Math.ceil(parts.reduce((sum, part) => sum + part.rows, 0) / limit));
  const times: number[] = [];
  const kept: unknown[][] = columns.map(() => []);
  let row = 0;
  for (const { path, group, rows } of parts) {
    const source = await openDecisions(path);
    const instants = numbersOf((await source.readCells(group, [time]))[0]!, undefined);
    const chosen: number[] = [];
    for (let at = (stride - (row % stride)) % stride; at < rows; at += stride)
      if (instants[at]! >= span.from && instants[at]! < span.to) chosen.push(at);
    row += rows;
    for (const at of chosen) times.push(instants[at]!);
    for (const [which, { column }] of columns.entries()) {
      const cells = (await source.readCells(group, [column]))[0]!;
      for (const at of chosen) kept[which]!.push(cells[at]);
    }
  }
  if (times.length === 0)
    throw invalid("The reference has no row in its span; give files and a span in which there are decisions.");
  return { times: Float64Array.from(times), columns: kept };
}

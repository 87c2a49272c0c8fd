import { type Frame, LOGGED_NAN, MISSING, numbersOf, ranksOf, textAt, type Values } from "./frame.ts";
import { ordered } from "./order.ts";

export const AGGREGATES = ["mean", "min", "max", "std", "count"] as const;
export type Aggregate = (typeof AGGREGATES)[number];

/** Runs that have the same value in a column. */
export interface Group {
  /** Names it among all groups of the table. */
  readonly id: string;
  readonly column: string;
  /** The value in common; undefined of the runs that have none. A day of `start_time` is its first millisecond. */
  readonly value: string | number | undefined;
  /** In the order of the table. */
  readonly rows: Int32Array;
  readonly groups: readonly Group[];
}

export const START_COLUMN = "attributes.start_time";

/** For each row the number of its group in a column, and what the groups have in common. */
interface Parts {
  readonly codes: Int32Array;
  readonly values: readonly (string | number)[];
  /** Numbers by which groups stand in order. */
  readonly ranks: Float64Array;
}

function partsOf(column: string, values: Values): Parts {
  if (values.kind === "text") return { codes: values.codes, values: values.texts, ranks: ranksOf(values) };
  const known = new Map<number, number>();
  const codes = new Int32Array(values.values.length).fill(-1);
  for (const [row, value] of values.values.entries()) {
    if (Number.isNaN(value)) continue;
    const part = column === START_COLUMN ? new Date(value).setHours(0, 0, 0, 0) : value;
    let code = known.get(part);
    if (code === undefined) {
      code = known.size;
      known.set(part, code);
    }
    codes[row] = code;
  }
  const parts = [...known.keys()];
  return {
    codes,
    values: parts.map((part) => (part === LOGGED_NAN ? Number.NaN : part)),
    ranks: Float64Array.from(parts),
  };
}

/** How groups stand: by a figure of a column, or by what they have in common. */
export interface GroupOrder {
  readonly column: string | undefined;
  readonly descending: boolean;
  readonly aggregate: Aggregate;
}

/**
 * Rows in groups of one column, those in groups of the next. Undefined while a column is not here. Groups of missing values
 * come last.
 */
export function groupsOf(
  frame: Frame,
  rows: Int32Array,
  columns: readonly string[],
  order: GroupOrder,
  path = "",
): readonly Group[] | undefined {
  const [column, ...rest] = columns;
  if (column === undefined) return [];
  const values = frame.columns.get(column);
  if (values === undefined) return undefined;
  const parts = partsOf(column, values);
  const missing = parts.values.length;
  const sizes = new Uint32Array(missing + 1);
  const codeOf = (row: number) => {
    const code = parts.codes[row] ?? -1;
    return code === -1 ? missing : code;
  };
  for (const row of rows) sizes[codeOf(row)]!++;
  const members = new Map<number, Int32Array>();
  const filled = new Uint32Array(missing + 1);
  for (const row of rows) {
    const code = codeOf(row);
    let own = members.get(code);
    if (own === undefined) {
      own = new Int32Array(sizes[code]!);
      members.set(code, own);
    }
    own[filled[code]!++] = row;
  }
  const found = [...members].map(([code, own]): Group & { rank: number } => {
    const value = parts.values[code];
    const id = `${path}/${code === missing ? "" : `=${value}`}`;
    const groups = groupsOf(frame, own, rest, order, id) ?? [];
    return { id, column, value, rows: own, groups, rank: parts.ranks[code] ?? MISSING };
  });
  const sorted = order.column === undefined || order.column === column ? undefined : frame.columns.get(order.column);
  const byFigure = sorted !== undefined && isNumeric(sorted);
  const keys = Float64Array.from(found, (group) =>
    byFigure ? figureOf(sorted, group.rows, order.aggregate) : group.rank,
  );
  const descending = (byFigure || order.column === column) && order.descending;
  const places = Int32Array.from(found, (_, at) => at);
  return [...ordered(places, keys, descending)].map((at) => {
    const { rank: _, ...group } = found[at]!;
    return group;
  });
}

export const isNumeric = (values: Values): boolean => values.kind === "number" || numbersOf(values) !== undefined;

export interface Summary {
  readonly count: number;
  readonly mean: number;
  readonly min: number;
  readonly max: number;
  /** Of a sample: divided by count - 1. NaN of fewer than two. */
  readonly std: number;
}

const summaries = new WeakMap<Values, WeakMap<Int32Array, Summary>>();

/** What the finite values of these rows are together. Infinities and NaN are in none of it. */
export function summaryOf(values: Values, rows: Int32Array): Summary {
  let known = summaries.get(values);
  if (known === undefined) {
    known = new WeakMap();
    summaries.set(values, known);
  }
  let summary = known.get(rows);
  if (summary === undefined) {
    summary = summarize(valueReader(values), rows);
    known.set(rows, summary);
  }
  return summary;
}

function summarize(valueAt: (row: number) => number, rows: Int32Array): Summary {
  let count = 0;
  let mean = 0;
  let squares = 0;
  let min = Number.POSITIVE_INFINITY;
  let max = Number.NEGATIVE_INFINITY;
  for (const row of rows) {
    const value = valueAt(row);
    if (!isPlain(value)) continue;
    count++;
    const off = value - mean;
    mean += off / count;
    squares += off * (value - mean);
    if (value < min) min = value;
    if (value > max) max = value;
  }
  if (count === 0) return { count, mean: Number.NaN, min: Number.NaN, max: Number.NaN, std: Number.NaN };
  return { count, mean, min, max, std: count < 2 ? Number.NaN : Math.sqrt(squares / (count - 1)) };
}

const LARGEST = Number.MAX_VALUE;
const isPlain = (value: number): boolean => value > -LARGEST && value < LARGEST;

/** A numeric column's value of a row; NaN where it has none. */
function valueReader(values: Values): (row: number) => number {
  if (values.kind === "number") return (row) => values.values[row] ?? MISSING;
  const numbers = numbersOf(values);
  return (row) => numbers?.[values.codes[row] ?? -1] ?? MISSING;
}

/** The figure itself; NaN where there is none. */
export const figureOf = (values: Values, rows: Int32Array, aggregate: Aggregate): number =>
  summaryOf(values, rows)[aggregate];

/** How many of the rows' values lie in each of `bins` equal parts of a range. */
export function histogramOf(
  values: Values,
  rows: Int32Array,
  range: { min: number; max: number },
  bins: number,
): Uint32Array {
  const counts = new Uint32Array(bins);
  const valueAt = valueReader(values);
  const width = range.max - range.min;
  for (const row of rows) {
    const value = valueAt(row);
    if (!isPlain(value)) continue;
    const bin = width > 0 ? Math.floor(((value - range.min) / width) * bins) : 0;
    counts[Math.min(bins - 1, Math.max(0, bin))]!++;
  }
  return counts;
}

/** The one value that all of these rows have in a column of texts; undefined when they have several or none. */
export function commonText(values: Values, rows: Int32Array): string | undefined {
  if (values.kind !== "text") return undefined;
  const first = rows[0];
  if (first === undefined) return undefined;
  const code = values.codes[first];
  for (const row of rows) if (values.codes[row] !== code) return undefined;
  return textAt(values, first);
}

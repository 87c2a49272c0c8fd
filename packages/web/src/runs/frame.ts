import type { NumberColumn, TextColumn } from "@esteira/core/entities/run-columns";
import type { RunId } from "@esteira/core/ids";
import type { RunColumnsAnswer } from "@esteira/core/wire/run-columns";

/** How numbers are kept: a run without one has NaN, and a logged NaN is Infinity (infinities are logged as ±1.8e308). */
export const MISSING = Number.NaN;
export const LOGGED_NAN = Number.POSITIVE_INFINITY;

export interface NumberValues {
  readonly kind: "number";
  readonly values: Float64Array;
}
export interface TextValues {
  readonly kind: "text";
  /** The different texts. */
  readonly texts: readonly string[];
  /** For each row the place of its text; -1 where it has none. */
  readonly codes: Int32Array;
  /** Whether some text is longer than what is here of it. */
  readonly isCut: boolean;
}
export type Values = NumberValues | TextValues;

/** The runs of a table as columns. A frame never changes: news make another one, which shares what stayed. */
export interface Frame {
  /** The server's name for this list of runs; empty when it was changed here. */
  readonly name: string;
  readonly ids: readonly RunId[];
  /** Whether the server has more runs than these. */
  readonly hasMore: boolean;
  readonly columns: ReadonlyMap<string, Values>;
  /** Columns of which only some rows are here yet. */
  readonly partial: ReadonlySet<string>;
}

const ofNumbers = ({ numbers }: NumberColumn): NumberValues => ({
  kind: "number",
  values: Float64Array.from(numbers, (value) => (value === null ? MISSING : Number.isNaN(value) ? LOGGED_NAN : value)),
});
const ofTexts = ({ texts, codes, isCut }: TextColumn): TextValues => ({
  kind: "text",
  texts,
  codes: Int32Array.from(codes),
  isCut,
});
const valuesOf = (column: NumberColumn | TextColumn): Values =>
  column.kind === "number" ? ofNumbers(column) : ofTexts(column);

/** The frame after an answer that was asked for with the frame's name: the same runs with more columns, or other runs. */
export function withAnswer(frame: Frame | undefined, answer: RunColumnsAnswer): Frame {
  const fresh = new Map(answer.columns.map((column) => [column.column, valuesOf(column)]));
  if (answer.runIds === undefined && frame !== undefined) {
    const partial = new Set([...frame.partial].filter((column) => !fresh.has(column)));
    return { ...frame, columns: new Map([...frame.columns, ...fresh]), partial };
  }
  const ids = answer.runIds ?? [];
  const columns = new Map<string, Values>();
  const partial = new Set<string>();
  if (frame !== undefined) {
    const places = rowsOf(frame);
    const from = Int32Array.from(ids, (id) => places.get(id) ?? -1);
    const isWhole = !frame.hasMore && from.every((row) => row !== -1);
    for (const [column, values] of frame.columns) {
      if (fresh.has(column)) continue;
      columns.set(column, taken(values, from));
      if (!isWhole || frame.partial.has(column)) partial.add(column);
    }
  }
  for (const [column, values] of fresh) columns.set(column, values);
  return { name: answer.frame, ids, hasMore: answer.hasMore, columns, partial };
}

/** The rows `from` of a column, in their order; -1 gives a missing value. */
function taken(values: Values, from: Int32Array): Values {
  if (values.kind === "number") {
    return { kind: "number", values: Float64Array.from(from, (row) => values.values[row] ?? MISSING) };
  }
  return { ...values, codes: from.map((row) => values.codes[row] ?? -1) };
}

/** The frame after news of some runs: rows that it has are brought up to date, others are added at its end. */
export function withNews(frame: Frame, answer: RunColumnsAnswer): Frame {
  const places = rowsOf(frame);
  const news = answer.runIds ?? [];
  const added = news.filter((id) => !places.has(id));
  const ids = added.length === 0 ? frame.ids : [...frame.ids, ...added];
  const places2 = new Map(added.map((id, at) => [id, frame.ids.length + at]));
  const at = Int32Array.from(news, (id) => places.get(id) ?? places2.get(id) ?? -1);
  const told = new Map(answer.columns.map((column) => [column.column, valuesOf(column)]));
  const columns = new Map<string, Values>();
  let changed = added.length > 0;
  for (const [column, old] of frame.columns) {
    const fresh = told.get(column);
    const next = fresh === undefined ? old : patched(old, fresh, at, ids.length);
    columns.set(column, next.kind === old.kind && lengthOf(next) !== ids.length ? lengthened(next, ids.length) : next);
    if (columns.get(column) !== old) changed = true;
  }
  if (!changed) return frame;
  return { ...frame, name: added.length === 0 ? frame.name : "", ids, columns };
}

const lengthOf = (values: Values): number => (values.kind === "number" ? values.values : values.codes).length;

function lengthened(values: Values, length: number): Values {
  if (values.kind === "number") {
    const longer = new Float64Array(length).fill(MISSING);
    longer.set(values.values);
    return { kind: "number", values: longer };
  }
  const longer = new Int32Array(length).fill(-1);
  longer.set(values.codes);
  return { ...values, codes: longer };
}

/** `old` with the rows of `fresh` at the places `at`; the very same object where nothing is different. */
function patched(old: Values, fresh: Values, at: Int32Array, length: number): Values {
  if (old.kind === "number") {
    if (fresh.kind !== "number") return old;
    if (length === old.values.length && at.every((row, each) => Object.is(old.values[row], fresh.values[each])))
      return old;
    const values = new Float64Array(length).fill(MISSING);
    values.set(old.values);
    for (const [each, row] of at.entries()) values[row] = fresh.values[each] ?? MISSING;
    return { kind: "number", values };
  }
  if (fresh.kind !== "text") return old;
  const textAt = (values: TextValues, row: number) => values.texts[values.codes[row] ?? -1];
  if (length === old.codes.length && at.every((row, each) => textAt(old, row) === textAt(fresh, each))) return old;
  const known = new Map(old.texts.map((text, code) => [text, code]));
  const codes = new Int32Array(length).fill(-1);
  codes.set(old.codes);
  for (const [each, row] of at.entries()) {
    const text = textAt(fresh, each);
    if (text === undefined) {
      codes[row] = -1;
      continue;
    }
    let code = known.get(text);
    if (code === undefined) {
      code = known.size;
      known.set(text, code);
    }
    codes[row] = code;
  }
  return { kind: "text", texts: [...known.keys()], codes, isCut: old.isCut || fresh.isCut };
}

/** The frame without some runs. */
export function without(frame: Frame, gone: ReadonlySet<string>): Frame {
  const kept = frame.ids.flatMap((id, row) => (gone.has(id) ? [] : [row]));
  if (kept.length === frame.ids.length) return frame;
  const from = Int32Array.from(kept);
  return {
    ...frame,
    name: "",
    ids: kept.map((row) => frame.ids[row]!),
    columns: new Map([...frame.columns].map(([column, values]) => [column, taken(values, from)])),
  };
}

const places = new WeakMap<readonly RunId[], ReadonlyMap<string, number>>();
/** Rows by id. */
export function rowsOf({ ids }: Frame): ReadonlyMap<string, number> {
  let known = places.get(ids);
  if (known === undefined) {
    known = new Map(ids.map((id, row) => [id, row]));
    places.set(ids, known);
  }
  return known;
}

const numbersByTexts = new WeakMap<readonly string[], Float64Array | null>();
/** A text column's texts as numbers, if all of them are numbers. */
export function numbersOf({ texts }: TextValues): Float64Array | undefined {
  let numbers = numbersByTexts.get(texts);
  if (numbers === undefined) {
    const isNumeric = texts.length > 0 && texts.every((text) => text.trim() !== "" && Number.isFinite(Number(text)));
    numbers = isNumeric ? Float64Array.from(texts, Number) : null;
    numbersByTexts.set(texts, numbers);
  }
  return numbers ?? undefined;
}

const ranksByTexts = new WeakMap<readonly string[], Float64Array>();
/** The place of each text among all when they are sorted, as numbers where they are numbers. */
export function ranksOf(values: TextValues): Float64Array {
  const numbers = numbersOf(values);
  if (numbers !== undefined) return numbers;
  let ranks = ranksByTexts.get(values.texts);
  if (ranks === undefined) {
    ranks = new Float64Array(values.texts.length);
    const order = values.texts.map((text, code) => ({ text, code })).sort((a, b) => (a.text < b.text ? -1 : 1));
    for (const [rank, { code }] of order.entries()) ranks[code] = rank;
    ranksByTexts.set(values.texts, ranks);
  }
  return ranks;
}

const keysByCodes = new WeakMap<Int32Array, Float64Array>();
/** A column as numbers that sort its rows; MISSING where a row has no value. */
export function sortKeys(values: Values): Float64Array {
  if (values.kind === "number") return values.values;
  let keys = keysByCodes.get(values.codes);
  if (keys === undefined) {
    const ranks = ranksOf(values);
    const { codes } = values;
    // Loops, here and below: a hundred thousand calls of a function take longer than a frame.
    keys = new Float64Array(codes.length);
    for (let row = 0; row < codes.length; row++) {
      const code = codes[row]!;
      keys[row] = code === -1 ? MISSING : ranks[code]!;
    }
    keysByCodes.set(values.codes, keys);
  }
  return keys;
}

/** All rows, in the order of the frame. */
export function allRows({ ids }: Frame): Int32Array {
  const rows = new Int32Array(ids.length);
  for (let row = 0; row < rows.length; row++) rows[row] = row;
  return rows;
}

export const textAt = (values: TextValues, row: number): string | undefined => values.texts[values.codes[row] ?? -1];
/** A logged value, NaN among them; undefined where the row has none. */
export const numberAt = ({ values }: NumberValues, row: number): number | undefined => {
  const value = values[row] ?? MISSING;
  return value === LOGGED_NAN ? Number.NaN : Number.isNaN(value) ? undefined : value;
};

import type { Comparison, Field, Filter } from "@esteira/core/search/ast";
import { comparisonsOf } from "@esteira/core/search/ast";
import { type Frame, LOGGED_NAN, type TextValues } from "./frame.ts";

/** Attributes that a frame has as columns. */
const ATTRIBUTES = new Set(["run_name", "status", "user_id", "start_time", "end_time"]);
const RUN_ID = "attributes.run_id";
const ASCII = /^[\x20-\x7e]*$/;

/** The column that holds a field; undefined of those that only the server knows. */
function columnOfField({ entity, key }: Field): string | undefined {
  if (entity === "attribute") return key === "run_id" || ATTRIBUTES.has(key) ? `attributes.${key}` : undefined;
  return entity === "dataset" ? undefined : `${entity}s.${key}`;
}

/** Whether this comparison means the same here and on the server, by its operator and value. */
function isSame(comparison: Comparison): boolean {
  switch (comparison.operator) {
    // The server's regular expressions are RE2's.
    case "RLIKE":
    case "NOT RLIKE":
      return false;
    // A backslash in a pattern, and letters beyond English without their case, are each database's own matter.
    case "LIKE":
    case "NOT LIKE":
      return !comparison.value.includes("\\");
    case "ILIKE":
    case "NOT ILIKE":
      return ASCII.test(comparison.value) && !comparison.value.includes("\\");
    case ">":
    case ">=":
    case "<":
    case "<=":
      return typeof comparison.value === "number";
    default:
      return true;
  }
}

/** The columns by which the browser can decide this filter by itself; undefined when only the server can. */
export function columnsOfFilter(filter: Filter): readonly string[] | undefined {
  const columns = new Set<string>();
  for (const comparison of comparisonsOf(filter)) {
    const column = columnOfField(comparison.field);
    if (column === undefined || !isSame(comparison)) return undefined;
    if (column !== RUN_ID) columns.add(column);
  }
  return [...columns];
}

/**
 * For each row 1 where it matches, as the server would decide, of a filter that `columnsOfFilter` takes; undefined where a column is not here as a whole, or has
 * longer texts than are here.
 */
export function matches(filter: Filter, frame: Frame): Uint8Array | undefined {
  switch (filter.kind) {
    case "not":
      return inverted(matches(filter.operand, frame));
    case "comparison":
      return compare(filter, frame);
    default: {
      const isAnd = filter.kind === "and";
      let found: Uint8Array | undefined;
      for (const operand of filter.operands) {
        const more = matches(operand, frame);
        if (more === undefined) return undefined;
        if (found === undefined) found = more;
        else
          for (let row = 0; row < found.length; row++)
            found[row] = isAnd ? found[row]! & more[row]! : found[row]! | more[row]!;
      }
      return found;
    }
  }
}

function inverted(found: Uint8Array | undefined): Uint8Array | undefined {
  if (found !== undefined) for (let row = 0; row < found.length; row++) found[row] = 1 - found[row]!;
  return found;
}

function compare(comparison: Comparison, frame: Frame): Uint8Array | undefined {
  const column = columnOfField(comparison.field);
  if (column === undefined) return undefined;
  if (column === RUN_ID) {
    const test = textTest(comparison);
    return Uint8Array.from(frame.ids, (id) => Number(test(id)));
  }
  const values = frame.columns.get(column);
  if (values === undefined || frame.partial.has(column)) return undefined;
  return values.kind === "number" ? compareNumbers(comparison, values.values) : compareTexts(comparison, values);
}

function compareNumbers(comparison: Comparison, values: Float64Array): Uint8Array {
  const test = numberTest(comparison);
  const isNull = comparison.operator === "IS NULL";
  // Unequal to every number and in no range: nothing else is true of NaN.
  const isNanToo =
    comparison.operator === "!=" || comparison.operator === "NOT BETWEEN" || comparison.operator === "IS NOT NULL";
  const found = new Uint8Array(values.length);
  for (let row = 0; row < values.length; row++) {
    const value = values[row]!;
    found[row] = Number(value === LOGGED_NAN ? isNanToo : Number.isNaN(value) ? isNull : test(value));
  }
  return found;
}

function numberTest(comparison: Comparison): (value: number) => boolean {
  switch (comparison.operator) {
    case "IS NULL":
      return () => false;
    case "BETWEEN":
      return (value) => value >= comparison.low && value <= comparison.high;
    case "NOT BETWEEN":
      return (value) => value < comparison.low || value > comparison.high;
    case "=":
    case "!=":
    case ">":
    case ">=":
    case "<":
    case "<=": {
      const other = Number(comparison.value);
      return {
        "=": (value: number) => value === other,
        "!=": (value: number) => value !== other,
        ">": (value: number) => value > other,
        ">=": (value: number) => value >= other,
        "<": (value: number) => value < other,
        "<=": (value: number) => value <= other,
      }[comparison.operator];
    }
    default:
      return () => true;
  }
}

function compareTexts(comparison: Comparison, values: TextValues): Uint8Array | undefined {
  const { operator } = comparison;
  const asksForValue = operator !== "IS NULL" && operator !== "IS NOT NULL";
  if (asksForValue && values.isCut) return undefined;
  const test = textTest(comparison);
  const passing = Uint8Array.from(values.texts, (text) => Number(test(text)));
  const missing = Number(operator === "IS NULL");
  const { codes } = values;
  const found = new Uint8Array(codes.length);
  for (let row = 0; row < codes.length; row++) {
    const code = codes[row]!;
    found[row] = code === -1 ? missing : passing[code]!;
  }
  return found;
}

function textTest(comparison: Comparison): (text: string) => boolean {
  switch (comparison.operator) {
    case "IS NULL":
      return () => false;
    case "IN":
    case "NOT IN": {
      const listed = new Set(comparison.values);
      const wanted = comparison.operator === "IN";
      return (text) => listed.has(text) === wanted;
    }
    case "LIKE":
    case "ILIKE":
    case "NOT LIKE":
    case "NOT ILIKE": {
      const flags = comparison.operator.endsWith("ILIKE") ? "isu" : "su";
      const wanted = !comparison.operator.startsWith("NOT");
      const pattern = new RegExp(`^${comparison.value.replace(/[%_]|[^\w\s]/g, inPattern)}$`, flags);
      return (text) => pattern.test(text) === wanted;
    }
    case "=":
      return (text) => text === comparison.value;
    case "!=":
      return (text) => text !== comparison.value;
    default:
      return () => true;
  }
}

const SPECIAL = /[\\^$.*+?()[\]{}|/-]/;
const inPattern = (sign: string): string =>
  sign === "%" ? ".*" : sign === "_" ? "." : SPECIAL.test(sign) ? (sign === "-" ? "\\x2d" : `\\${sign}`) : sign;

/** Rows of which `found` has 1. */
export function rowsWhere(found: Uint8Array): Int32Array {
  let count = 0;
  for (const one of found) count += one;
  const rows = new Int32Array(count);
  let at = 0;
  for (let row = 0; row < found.length; row++) if (found[row] === 1) rows[at++] = row;
  return rows;
}

/** Those of the rows of which `mask` has 1. */
export function rowsIn(rows: Int32Array, mask: Uint8Array): Int32Array {
  const kept = new Int32Array(rows.length);
  let at = 0;
  for (let each = 0; each < rows.length; each++) {
    const row = rows[each]!;
    if (mask[row] === 1) kept[at++] = row;
  }
  return kept.slice(0, at);
}

/**
 * One row under way through a pipeline, and where its columns lie in it. All numbers of a row are in one array: a number
 * takes one place, a vector as many as it has elements, so a stage works on offsets that are known before the first row.
 */

import { invalid } from "@esteira/core/errors";

export interface Row {
  readonly numbers: Float64Array;
  /** 1 where the number, or the vector that begins there, is null. */
  readonly nulls: Uint8Array;
  readonly texts: (string | null)[];
}

/** Spark's types of numbers, as MLflow's signatures name them. */
export type NumberType = "double" | "float" | "integer" | "long" | "boolean";

/** What MLlib keeps about a number: whether it is one of a few categories, and its name inside a vector. */
export interface Attribute {
  readonly name?: string;
  /** Present for a category: how many there are. */
  readonly categories?: number;
  /** Their names, in order of the index. */
  readonly values?: readonly string[];
}

export interface NumberColumn {
  readonly kind: "number";
  readonly name: string;
  readonly at: number;
  readonly type: NumberType;
  readonly attribute?: Attribute;
}

export interface TextColumn {
  readonly kind: "text";
  readonly name: string;
  /** The place in `texts`. */
  readonly at: number;
}

export interface VectorColumn {
  readonly kind: "vector";
  readonly name: string;
  /** The place of the first element in `numbers`. */
  readonly at: number;
  readonly size: number;
  /** One an element, when anything is known of them. */
  readonly attributes?: readonly Attribute[];
}

export type Column = NumberColumn | TextColumn | VectorColumn;

/** The columns that exist after the stages so far. A name may be given anew; the row keeps both places. */
export interface Layout {
  number(name: string, type?: NumberType, attribute?: Attribute): NumberColumn;
  text(name: string): TextColumn;
  vector(name: string, size: number, attributes?: readonly Attribute[]): VectorColumn;
  /** Throws INVALID_PARAMETER_VALUE when there is no column of the name. */
  column(name: string): Column;
  numberColumn(name: string): NumberColumn;
  vectorColumn(name: string): VectorColumn;
  has(name: string): boolean;
  /** Gives a column another name or other attributes, in the same place. */
  put(column: Column): void;
  remove(name: string): void;
  /** The columns there are, in order of their making. */
  columns(): readonly Column[];
  createRow(): Row;
}

/** More numbers a row than this are refused: no pipeline that fits into memory has them. */
const MAX_NUMBERS = 10_000_000;

export function createLayout(): Layout {
  const columns = new Map<string, Column>();
  let numbers = 0;
  let texts = 0;
  const take = (count: number): number => {
    const at = numbers;
    numbers += count;
    if (numbers > MAX_NUMBERS) throw invalid(`The pipeline needs more than ${MAX_NUMBERS} numbers a row`);
    return at;
  };
  const keep = <C extends Column>(column: C): C => {
    columns.set(column.name, column);
    return column;
  };
  const find = (name: string): Column => {
    const column = columns.get(name);
    if (column === undefined)
      throw invalid(`The pipeline has no column '${name}' at this stage; it has ${[...columns.keys()].join(", ")}`);
    return column;
  };
  return {
    number: (name, type = "double", attribute) =>
      keep({ kind: "number", name, at: take(1), type, ...(attribute && { attribute }) }),
    text: (name) => keep({ kind: "text", name, at: texts++ }),
    // A vector of nothing still has a place to be null in.
    vector: (name, size, attributes) =>
      keep({ kind: "vector", name, at: take(Math.max(1, size)), size, ...(attributes && { attributes }) }),
    column: find,
    numberColumn(name) {
      const column = find(name);
      if (column.kind !== "number")
        throw invalid(`Column '${name}' holds a ${column.kind}, where a number is expected`);
      return column;
    },
    vectorColumn(name) {
      const column = find(name);
      if (column.kind !== "vector")
        throw invalid(`Column '${name}' holds a ${column.kind}, where a vector is expected`);
      return column;
    },
    has: (name) => columns.has(name),
    put: (column) => void keep(column),
    remove: (name) => void columns.delete(name),
    columns: () => [...columns.values()],
    createRow: () => ({
      numbers: new Float64Array(numbers),
      nulls: new Uint8Array(numbers),
      texts: new Array<string | null>(texts).fill(null),
    }),
  };
}

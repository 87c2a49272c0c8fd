/** The layout of LightGBM's text models: a header, trees, and what follows them, each of lines `key=value`. */

import { invalid } from "@esteira/core/errors";

/** Lines of one part by key; a line without `=` (`average_output`) has the value "". */
export type Lines = ReadonlyMap<string, string>;

export interface ModelText {
  readonly header: Lines;
  /** In order; entry i is the part that starts `Tree=i`. */
  readonly trees: readonly Lines[];
  /** Lines `[key: value]` of the training parameters. */
  readonly parameters: Lines;
  /** The JSON after `pandas_categorical:`; undefined when there is no such line. */
  readonly pandasCategorical: string | undefined;
}

export const refuse = (problem: string): Error => invalid(`The model is not a valid LightGBM model: ${problem}`);

const PANDAS = "pandas_categorical:";
const PARAMETER = /^\[([^:\]]+): ?(.*)\]$/;

/** Cuts a model file into its parts. Throws INVALID_PARAMETER_VALUE for what is no such file, or ends before its trees do. */
export function splitModelText(text: string): ModelText {
  const header = new Map<string, string>();
  const trees: Map<string, string>[] = [];
  const parameters = new Map<string, string>();
  let pandasCategorical: string | undefined;
  let part: Map<string, string> | undefined = header;
  let isFirst = true;
  let isEnded = false;

  for (let at = 0; at < text.length; ) {
    const end = text.indexOf("\n", at);
    const line = text.slice(at, end < 0 ? text.length : end).replace(/\r$/, "");
    at = end < 0 ? text.length : end + 1;
    if (isFirst) {
      if (line !== "tree") throw refuse(`it must begin with the line 'tree', not '${line.slice(0, 40)}'`);
      isFirst = false;
    } else if (isEnded) {
      const parameter = PARAMETER.exec(line);
      if (parameter !== null) parameters.set(parameter[1]!, parameter[2]!);
      else if (line.startsWith(PANDAS)) pandasCategorical = line.slice(PANDAS.length);
    } else if (line === "end of trees") {
      isEnded = true;
    } else if (line.startsWith("Tree=")) {
      if (line !== `Tree=${trees.length}`)
        throw refuse(`'${line.slice(0, 40)}' stands where Tree=${trees.length} must`);
      part = new Map();
      trees.push(part);
    } else if (line !== "") {
      const equals = line.indexOf("=");
      const key = equals < 0 ? line : line.slice(0, equals);
      if (part.has(key)) throw refuse(`${placeOf(trees.length)} gives ${key.slice(0, 40)} twice`);
      part.set(key, equals < 0 ? "" : line.slice(equals + 1));
    }
  }
  if (isFirst) throw refuse("it is empty");
  if (!isEnded) throw refuse("the line 'end of trees' is missing; the file is truncated");
  return { header, trees, parameters, pandasCategorical };
}

const placeOf = (trees: number): string => (trees === 0 ? "the header" : `tree ${trees - 1}`);

/** A part of the file being read, and what to call it in a refusal. */
export interface Part {
  readonly where: string;
  readonly lines: Lines;
}

export function textOf({ where, lines }: Part, key: string): string {
  const value = lines.get(key);
  if (value === undefined) throw refuse(`${where} has no ${key}`);
  return value;
}

export function wholeOf(part: Part, key: string, low: number, high: number): number {
  const value = textOf(part, key);
  const number = /^-?\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
  if (!(number >= low && number <= high))
    throw refuse(`${part.where}: ${key} must be a whole number from ${low} to ${high}, not '${value.slice(0, 40)}'`);
  return number;
}

const NUMBER = /^[-+]?(?:\d+\.?\d*(?:[eE][-+]?\d+)?|inf|nan)$/;

const toNumber = (item: string): number => {
  if (!NUMBER.test(item)) return Number.NaN;
  if (item.endsWith("inf")) return item.startsWith("-") ? Number.NEGATIVE_INFINITY : Number.POSITIVE_INFINITY;
  return Number(item);
};

/** `length` numbers between spaces. Infinite ones are taken where `allowInfinite`; what is no number never is. */
export function numbersOf(part: Part, key: string, length: number, allowInfinite = false): Float64Array {
  const items = textOf(part, key).split(" ").filter(Boolean);
  if (items.length !== length) throw refuse(`${part.where}: ${key} must have ${length} items, not ${items.length}`);
  return Float64Array.from(items, (item) => {
    const number = toNumber(item);
    if (Number.isNaN(number) || !(allowInfinite || Number.isFinite(number)))
      throw refuse(`${part.where}: ${key} holds '${item.slice(0, 40)}', which is not a number that it can have`);
    return number;
  });
}

export function wholesOf(part: Part, key: string, length: number, low: number, high: number): Float64Array {
  const numbers = numbersOf(part, key, length);
  for (const number of numbers)
    if (!Number.isInteger(number) || number < low || number > high)
      throw refuse(`${part.where}: ${key} holds ${number}, which is no whole number from ${low} to ${high}`);
  return numbers;
}

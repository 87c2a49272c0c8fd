/**
 * A JSON body that is rows of numbers for the most part: these are read from the bytes (number-rows), and the engine's parser reads what
 * stands around them.
 */

import { readNumberRows } from "../format/number-rows.ts";
import { decodeBody } from "./body-text.ts";

type Path = readonly string[];

/** Below this the engine's parser is as fast. */
const SMALL = 1024;
/** Stands in place of the rows while the text around them is read. Nobody who asks knows it: where it is found, the rows stood. */
const MARK = `rows ${Math.random()}`;

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const at = (value: unknown, path: Path): unknown =>
  path.reduce<unknown>((inner, key) => (isObject(inner) && Object.hasOwn(inner, key) ? inner[key] : undefined), value);

const put = (value: unknown, [key, ...rest]: Path, item: unknown): unknown =>
  key === undefined ? item : isObject(value) ? { ...value, [key]: put(value[key], rest, item) } : value;

/**
 * The body as `JSON.parse` gives it, with NumberRows where one of the places holds rows of numbers. undefined when none does, when that would gain
 * nothing, and for whatever may be wrong with the text: the engine's parser must judge it.
 */
export function readNumberBody(bytes: Buffer, places: readonly Path[]): unknown {
  if (bytes.length < SMALL) return undefined;
  const start = bytes.indexOf("[[");
  const found = start < 0 ? undefined : readNumberRows(bytes, start);
  if (found === undefined || 2 * (found.end - start) < bytes.length) return undefined;
  try {
    const head = decodeBody(bytes.subarray(0, start));
    const tail = decodeBody(bytes.subarray(found.end));
    const around: unknown = JSON.parse(`${head}"${MARK}"${tail}`);
    const place = places.find((path) => at(around, path) === MARK);
    return place && put(around, place, found.rows);
  } catch {
    return undefined;
  }
}

/**
 * JSON whose integers keep all of their digits. JavaScript's own parser rounds those beyond 2^53, and its writer refuses
 * bigints; texts without such integers, which is nearly all of them, take the way of JavaScript's own.
 */

/** Sixteen digits or more that are no fraction and no part of a text: what may be an integer beyond 2^53. */
const MAY_BE_WIDE = /(?:^|[:,[\s-])\d{16,}(?=[\s,}\]]|$)/;
const TEXT_OR_NUMBER = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;
const INTEGER = /^-?\d+$/;
/** Stands before the digits of an integer inside of a text; nobody can send it, for nobody knows it. */
const MARK = `int64:${Math.random().toString(36).slice(2)}:`;
const MARKED = new RegExp(`"${MARK}(-?\\d+)"`, "g");

/** Integers beyond 2^53 become bigints. */
export function parseJson(text: string): unknown {
  const value: unknown = JSON.parse(text);
  if (!MAY_BE_WIDE.test(text)) return value;
  const marked = text.replace(TEXT_OR_NUMBER, (token) =>
    INTEGER.test(token) && !Number.isSafeInteger(Number(token)) ? `"${MARK}${token}"` : token,
  );
  return JSON.parse(marked, (_, found: unknown) =>
    typeof found === "string" && found.startsWith(MARK) ? BigInt(found.slice(MARK.length)) : found,
  );
}

/** Bigints become integers. `replace` is JSON.stringify's. */
export function stringifyJson(value: unknown, replace?: (key: string, part: unknown) => unknown): string {
  try {
    return JSON.stringify(value, replace);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    const marked = JSON.stringify(value, (key, part: unknown) =>
      typeof part === "bigint" ? `${MARK}${part}` : replace === undefined ? part : replace(key, part),
    );
    return marked.replace(MARKED, "$1");
  }
}

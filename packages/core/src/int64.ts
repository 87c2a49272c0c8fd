/** A 64-bit integer: a number where a number is exact, else a bigint. One value has one form, so `===` compares. */
export type Int64 = number | bigint;

const LEAST = -(2n ** 63n);
const LARGEST = 2n ** 63n - 1n;
const DECIMAL = /^[+-]?\d{1,19}$/;

/** The integer in its form; undefined when it has more than 64 bits. */
export function asInt64(value: bigint): Int64 | undefined {
  if (value < LEAST || value > LARGEST) return undefined;
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

/** The integer of a decimal text; undefined when it is none, or one of more than 64 bits. */
export const parseInt64 = (text: string): Int64 | undefined =>
  DECIMAL.test(text) ? asInt64(BigInt(text.replace("+", ""))) : undefined;

/** Whatever JSON gives for a 64-bit integer: a number, its decimal text, or a bigint of `parseJson`. */
export function readInt64(value: unknown): Int64 | undefined {
  if (typeof value === "string") return parseInt64(value);
  if (typeof value === "bigint") return asInt64(value);
  // Nearly all are; adding 0 makes -0 the one 0.
  if (Number.isSafeInteger(value)) return Number(value) + 0;
  return typeof value === "number" && Number.isInteger(value) ? asInt64(BigInt(value)) : undefined;
}

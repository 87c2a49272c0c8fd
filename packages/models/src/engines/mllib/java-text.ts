/** Numbers as Java writes them into text, which is how Spark casts a column of numbers to strings. */

import type { NumberType } from "./row.ts";

/** `Double.toString`: decimal from 0.001 to 10 million, else with an exponent, and always with a fraction. */
function doubleText(value: number): string {
  if (Number.isNaN(value)) return "NaN";
  if (!Number.isFinite(value)) return value > 0 ? "Infinity" : "-Infinity";
  if (value === 0) return Object.is(value, -0) ? "-0.0" : "0.0";
  return shaped(value, value.toExponential());
}

function floatText(value: number): string {
  if (!Number.isFinite(value) || value === 0) return doubleText(value);
  // The fewest digits that round to the same float32.
  for (let digits = 0; digits < 9; digits++) {
    const short = value.toExponential(digits);
    if (Math.fround(Number(short)) === value) return shaped(value, short.replace(/\.?0+e/, "e"));
  }
  return shaped(value, value.toExponential(8));
}

/** `text` is the number in JavaScript's exponent form, `1.25e-7`. */
function shaped(value: number, text: string): string {
  const [mantissa = "0", exponent = "0"] = text.split("e");
  const size = Math.abs(value);
  if (size < 1e-3 || size >= 1e7) {
    const whole = mantissa.includes(".") ? mantissa : `${mantissa}.0`;
    return `${whole}E${Number(exponent)}`;
  }
  const sign = value < 0 ? "-" : "";
  const digits = mantissa.replace("-", "").replace(".", "");
  const point = Number(exponent) + 1;
  const padded = point <= 0 ? `${"0".repeat(1 - point)}${digits}` : digits.padEnd(point, "0");
  const at = point <= 0 ? 1 : point;
  return `${sign}${padded.slice(0, at)}.${padded.slice(at) || "0"}`;
}

/** The text of a number of the type, as `cast(... as string)` gives it. */
export function numberText(value: number, type: NumberType): string {
  switch (type) {
    case "boolean":
      return value === 0 ? "false" : "true";
    case "integer":
    case "long":
      return BigInt(Math.trunc(value)).toString();
    case "float":
      return floatText(value);
    default:
      return doubleText(value);
  }
}

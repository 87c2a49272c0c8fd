import { expect, it } from "vitest";
import { ordered } from "./order.ts";

const expected = (rows: Int32Array, keys: Float64Array, descending: boolean) =>
  [...rows]
    .map((row, at) => ({ row, at, key: keys[row]! }))
    .sort((a, b) => {
      const missing = Number(Number.isNaN(a.key)) - Number(Number.isNaN(b.key));
      if (missing !== 0) return missing;
      const order = a.key === b.key || Number.isNaN(a.key) ? 0 : a.key < b.key ? -1 : 1;
      return (descending ? -order : order) || a.at - b.at;
    })
    .map(({ row }) => row);

it.each([10, 5000])("sorts %i rows of any numbers, missing ones last, equal ones as they were", (count) => {
  const special = [Number.NaN, 0, -0, 1e-320, -1e-320, Number.MAX_VALUE, -Number.MAX_VALUE, Number.POSITIVE_INFINITY];
  const keys = Float64Array.from({ length: count }, (_, row) =>
    row % 3 === 0 ? special[(row / 3) % special.length]! : Math.sin(row * 7.1) * 10 ** ((row % 9) - 4),
  );
  const rows = Int32Array.from({ length: count }, (_, at) => (at * 7) % count);
  for (const descending of [false, true]) {
    expect([...ordered(rows, keys, descending)]).toEqual(expected(rows, keys, descending));
  }
});

import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { readNumberRows } from "./number-rows.ts";

/** The rows as JSON.parse reads them, null as NaN. */
const parsed = (text: string): number[][] =>
  (JSON.parse(text) as (number | null)[][]).map((row) => row.map((cell) => cell ?? Number.NaN));

function read(text: string): number[][] | undefined {
  const found = readNumberRows(Buffer.from(`${text} `), 0);
  if (found === undefined) return undefined;
  expect(found.end).toBe(text.length);
  const { columns, rowCount } = found.rows;
  return Array.from({ length: rowCount }, (_, row) => columns.map((column) => column[row]!));
}

const digits = (most: number): fc.Arbitrary<string> =>
  fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 1, maxLength: most }).map((all) => all.join(""));
const whole = fc.oneof(
  fc.constant("0"),
  fc
    .tuple(fc.integer({ min: 1, max: 9 }), digits(20))
    .map(([first, rest]) => `${first}${rest}`.slice(0, 1 + (rest.length % 20))),
);
/** Numbers as JSON may spell them, most of which no writer writes. */
const spelled = fc
  .tuple(
    fc.constantFrom("", "-"),
    whole,
    fc.option(digits(30), { nil: undefined }),
    fc.option(
      fc.tuple(fc.constantFrom("e", "E", "e+", "e-", "E-"), digits(4)).map((parts) => parts.join("")),
      { nil: "" },
    ),
  )
  .map(
    ([sign, first, fraction, exponent]) => `${sign}${first}${fraction === undefined ? "" : `.${fraction}`}${exponent}`,
  );
/** As many digits as a double has, or one more or less: where rounding is hard. */
const long = fc
  .tuple(fc.bigInt({ min: 10n ** 14n, max: 10n ** 18n - 1n }), fc.integer({ min: 0, max: 22 }))
  .map(([value, decimals]) => {
    const text = String(value).padStart(decimals + 1, "0");
    return decimals === 0 ? text : `${text.slice(0, -decimals)}.${text.slice(-decimals)}`;
  });
/** Midway between two neighbours among the doubles, cut to 18 digits or exact. */
const midway = fc
  .tuple(fc.double({ min: 1, max: 2 ** 53, noNaN: true }), fc.constantFrom(16, 17, 18))
  .map(([value, precision]) => {
    const bits = new BigInt64Array(Float64Array.of(value).buffer);
    bits[0] = bits[0]! + 1n;
    const next = new Float64Array(bits.buffer)[0]!;
    // Both are whole multiples of 2^-52: their sum is exact in whole numbers.
    const twice = BigInt(value * 2 ** 52) + BigInt(next * 2 ** 52);
    const scaled = (twice * 10n ** 40n) / 2n ** 53n;
    const text = String(scaled);
    return `${text.slice(0, -40) || "0"}.${text.slice(-40).slice(0, Math.max(1, precision - (text.length - 40)))}`;
  });
const cell = fc.oneof(
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.float({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.integer().map(String),
  fc.constantFrom("null", "0", "-0", "-0.0", "0.1", "1e400", "-1e-400", "9007199254740993", "123456789", "1234567890"),
  spelled,
  long,
  midway,
);

const rowsOf = (cells: fc.Arbitrary<string>): fc.Arbitrary<string[][]> =>
  fc
    .tuple(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 6 }))
    .chain(([width, rows]) =>
      fc.array(fc.array(cells, { minLength: width, maxLength: width }), { minLength: rows, maxLength: rows }),
    );
const spaced = (rows: readonly (readonly string[])[], space: string): string =>
  `[${rows.map((row) => `[${row.join(`,${space}`)}]`).join(`,${space}`)}]`;

describe("rows of numbers", () => {
  it("are read as JSON.parse reads them, to the bit", () => {
    fc.assert(
      fc.property(rowsOf(cell), fc.constantFrom("", " "), (rows, space) => {
        const text = spaced(rows, space);
        expect(read(text)).toStrictEqual(parsed(text));
      }),
      { numRuns: 3000 },
    );
  });

  it("are read as JSON.parse reads them, or left to it, whatever the text", () => {
    const piece = fc.constantFrom(..."0123456789-+.eE,[]nul \n", "],[", "null", "1.5", "NaN", "true", '"');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = `[[${pieces.join("")}]]`;
        const found = readNumberRows(Buffer.from(text), 0);
        if (found === undefined) return;
        // What stands behind them is for others to judge.
        const own = text.slice(0, found.end);
        expect(read(own)).toStrictEqual(parsed(own));
      }),
      { numRuns: 20_000 },
    );
  });

  it.each([
    "[[]]",
    "[[1],[1,2]]",
    "[[1],[]]",
    "[[1,2],[1,2,3,4]]",
    "[[01]]",
    "[[-]]",
    "[[1.]]",
    "[[.5]]",
    "[[+1]]",
    "[[1e]]",
    "[[1,]]",
    "[[1]",
    "[[1",
    "[[",
    "[[nul]]",
    "[[-null]]",
    "[[NaN]]",
    "[[true]]",
    '[["1"]]',
    "[[[1]]]",
    "[[1] ,[2]]",
    "[[1,  2]]",
    "[[1 ]]",
    "[[ 1]]",
  ])("leaves %s to the engine's parser", (text) => {
    expect(readNumberRows(Buffer.from(text), 0)).toBeUndefined();
  });

  it("rounds a number midway between two doubles as the engine does, and its neighbours", () => {
    const cells = [
      "4503599627370497.5",
      "4503599627370497.4",
      "4503599627370497.6",
      "9007199254740993",
      "9007199254740993.0",
    ];
    expect(read(`[[${cells.join(",")}]]`)).toStrictEqual([cells.map(Number)]);
  });

  it("are read however many there are, and wherever a piece of the text ends", () => {
    fc.assert(
      // Of a number of cells that three does not divide, so that the rows differ.
      fc.property(fc.array(cell, { minLength: 301, maxLength: 301 }), fc.nat(40), (cells, shift) => {
        const first = ["1".padEnd(1 + (shift % 15), "0"), "-1e-7", "null"];
        const rows = Array.from({ length: 20_000 }, (_, row) =>
          [0, 1, 2].map((column) => cells[(3 * row + column) % cells.length]!),
        );
        const text = spaced([first, ...rows], "");
        expect(read(text)?.flat()).toStrictEqual(parsed(text).flat());
      }),
      { numRuns: 5 },
    );
  });

  it("leaves a row of more text than is read at once to the engine's parser, and text that is broken late", () => {
    const rows = JSON.stringify(Array.from({ length: 40_000 }, (_, row) => [row, 0.1234567890123456]));
    expect(read(rows)).toHaveLength(40_000);
    expect(read(rows.replace("39999,0.1", "39999,x.1"))).toBeUndefined();
    expect(read(rows.replace("39999,0.1", "39999,0.1,1"))).toBeUndefined();
    expect(read(`[[${"1.5,".repeat(100_000)}1]]`)).toBeUndefined();
  });

  it("has room for more cells than bytes suggest", () => {
    const rows = Array.from({ length: 1000 }, (_, row) => [row % 10, 1, 2]);
    expect(read(JSON.stringify(rows))).toStrictEqual(rows);
  });
});

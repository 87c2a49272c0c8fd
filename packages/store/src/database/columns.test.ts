import fc from "fast-check";
import { sql } from "kysely";
import Libsql from "libsql";
import { expect, test } from "vitest";
import { LibsqlDatabase, overLibsql } from "../sqlite/libsql-database.ts";
import { readColumns } from "./columns.ts";

const open = () => overLibsql(new LibsqlDatabase(new Libsql(":memory:")));
const value = {
  text: ["text", sql`t.text`],
  real: ["real", sql`t.real`],
  // libsql binds every number as a double; the type of a column makes an integer of it.
  integer: ["integer", sql`cast(t.integer as integer)`],
  flag: ["flag", sql`cast(t.flag as integer)`],
} as const;

test("columns come back to the last digit and character, in the order of the rows", async () => {
  const db = open();
  const bytes = new DataView(new ArrayBuffer(8));
  const anyDouble = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }).map((bits) => {
    bytes.setBigUint64(0, bits);
    return bytes.getFloat64(0);
  });
  const real = fc.oneof(
    fc.double({ noNaN: true }),
    anyDouble,
    fc.constantFrom(0.1 + 0.2, 5e-324, 1.7976931348623157e308),
  );
  const finite = real.filter(Number.isFinite).map((one) => one + 0);
  const row = fc.record({
    text: fc.option(fc.string({ unit: "grapheme" }).filter((one) => one.isWellFormed() && !one.includes("\0"))),
    real: finite,
    integer: fc.maxSafeInteger(),
    flag: fc.nat({ max: 1 }),
  });
  await fc.assert(
    fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 8 }), async (rows) => {
      const bound = rows.map(
        (one) => sql`select ${one.text} as text, ${one.real} as real, ${one.integer} as integer, ${one.flag} as flag`,
      );
      const columns = await readColumns(db, value, sql`(${sql.join(bound, sql` union all `)}) as t`);
      expect(columns.text).toEqual(rows.map((one) => one.text));
      expect(columns.real).toEqual(rows.map((one) => one.real));
      expect(columns.integer).toEqual(rows.map((one) => one.integer));
      expect(columns.flag).toEqual(rows.map((one) => one.flag === 1));
    }),
    { numRuns: 500 },
  );
});

test("integers beyond 2^53 keep their digits, infinities are known", async () => {
  const db = open();
  const { wide, endless } = await readColumns(
    db,
    { wide: ["integer", sql`9007199254740993 + t.value`], endless: ["real", sql`t.value * 9e999`] },
    sql`(select value from json_each('[1, -1]')) as t`,
  );
  expect(wide).toEqual([9007199254740994n, 9007199254740992n]);
  expect(endless).toEqual([Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]);
});

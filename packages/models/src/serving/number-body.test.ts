import { EsteiraError } from "@esteira/core/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { enforceSchema } from "../format/enforce.ts";
import { type ColumnSpec, columnsOf, type Schema } from "../format/signature.ts";
import type { ColumnarTable } from "../format/table.ts";
import { readNumberBody } from "./number-body.ts";
import { type Payload, parsePayload, parsePayloadBytes } from "./payload.ts";

const NAMES = ["a", "b", "c"];
const column = (type: ColumnSpec["type"], required = true) =>
  NAMES.map((name): ColumnSpec => ({ kind: "column", name, type, required }));
const SCHEMAS: readonly (Schema | undefined)[] = [
  undefined,
  columnsOf(NAMES, "double"),
  columnsOf(NAMES, "float"),
  column("integer"),
  column("integer", false),
  column("long", false),
  column("boolean"),
  column("datetime"),
  column("string"),
  NAMES.map((): ColumnSpec => ({ kind: "column", type: "double", required: true })),
  [{ kind: "tensor", dtype: "float32", shape: [-1, 3] }],
  [{ kind: "tensor", dtype: "int64", shape: [-1, 2] }],
];

type Outcome = { readonly table: ColumnarTable; readonly params: unknown } | { readonly error: unknown };

function outcome(read: () => Payload, schema: Schema | undefined): Outcome {
  try {
    const { frame, params } = read();
    return { table: enforceSchema(frame, schema), params };
  } catch (error) {
    return { error: error instanceof EsteiraError ? error.toBody() : error };
  }
}

const cell = fc.oneof(
  {
    weight: 8,
    arbitrary: fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.integer(), fc.constant(null)),
  },
  { weight: 1, arbitrary: fc.constantFrom<unknown>("text", "1.5", true, [1], { a: 1 }) },
);
const row = fc.oneof(
  { weight: 20, arbitrary: fc.array(cell, { minLength: 3, maxLength: 3 }) },
  { weight: 1, arbitrary: fc.array(cell, { maxLength: 4 }) },
);
const plainRow = fc.array(fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(null, 0, 7)), {
  minLength: 3,
  maxLength: 3,
});
const rows = fc.oneof(
  fc.array(plainRow, { minLength: 20, maxLength: 120 }),
  fc.array(row, { minLength: 100, maxLength: 120 }),
  fc.array(row, { maxLength: 2 }),
);
const names = fc.oneof(
  fc.constant<unknown>(NAMES),
  fc.constantFrom<unknown>(["c", "b", "a"], ["a", "b"], ["[[", "b", "a"], null, 5),
);

const body = fc
  .tuple(
    fc.constantFrom("dataframe_split", "instances", "inputs", "dataframe_records", "other"),
    ...([rows, names, fc.boolean(), fc.boolean(), fc.constantFrom<unknown>(undefined, {}, { x: 1.5 }, [[1]])] as const),
  )
  .map(([form, data, columns, isDataFirst, hasIndex, params]): unknown => {
    const index = hasIndex ? { index: data.map((_, i) => i) } : {};
    const split = isDataFirst ? { data, columns, ...index } : { ...index, columns, data };
    const value = form === "dataframe_split" ? split : data;
    return isDataFirst ? { [form]: value, params } : { params, [form]: value };
  });

describe("a body of rows of numbers", () => {
  it("is read as the engine's parser reads it, or refused in the same words", () => {
    let quick = 0;
    fc.assert(
      fc.property(body, fc.constantFrom(...SCHEMAS), fc.boolean(), (value, schema, isPython) => {
        const text = isPython
          ? JSON.stringify(value).replaceAll(",", ", ").replaceAll(":", ": ")
          : JSON.stringify(value);
        const bytes = Buffer.from(text);
        if (readNumberBody(bytes, [["dataframe_split", "data"], ["instances"], ["inputs"]]) !== undefined) quick++;
        expect(outcome(() => parsePayloadBytes(bytes, schema), schema)).toStrictEqual(
          outcome(() => parsePayload(text, schema), schema),
        );
      }),
      { numRuns: 400 },
    );
    // Or nothing was tried.
    expect(quick).toBeGreaterThan(10);
  });

  const matrix = JSON.stringify(Array.from({ length: 400 }, (_, i) => [i, i / 7, null]));

  it.each([
    ["other", `{"instances": [1], "other": ${matrix}}`],
    ["given twice, the last counts", `{"instances": ${matrix}, "instances": [[1, 2, 3]]}`],
    ["given twice, the first does not", `{"instances": 5, "instances": ${matrix}}`],
    ["within text", `{"instances": "${matrix}"}`],
    ["within text of a name", `{"${matrix}": 1, "instances": [[1, 2, 3]]}`],
    ["deeper", `{"instances": [${matrix}]}`],
    ["with more behind it", `{"instances": ${matrix}.5}`],
    ["with digits before it", `{"instances": 1${matrix}}`],
    ["with a sign before it", `{"instances": -${matrix}}`],
    ["with an escape before it", `{"instances": \\${matrix}}`],
    ["beside true", `{"instances": ${matrix}, "inputs": true}`],
    ["within text that is its value", `{"instances": "a ${matrix} b", "inputs": ${matrix}}`],
    ["not ended", `{"instances": ${matrix}`],
    ["of a prototype", `{"__proto__": {"instances": ${matrix}}}`],
    ["after a byte order mark", `\uFEFF{"instances": ${matrix}}`],
    ["of the split form without an object", `{"dataframe_split": ${matrix}}`],
    ["of records", `{"dataframe_records": ${matrix}}`],
    ["within two forms", `{"dataframe_split": {"data": ${matrix}}, "inputs": [[1]]}`],
    ["with an unknown field", `{"dataframe_split": {"date": 1, "data": ${matrix}}}`],
    ["with a short index", `{"dataframe_split": {"index": [1], "data": ${matrix}}}`],
    ["with few names", `{"dataframe_split": {"columns": ["a"], "data": ${matrix}}}`],
    ["with names", `{"dataframe_split": {"columns": ["a", "b", "é"], "data": ${matrix}}}`],
  ])("a matrix %s is judged alike", (_, text) => {
    for (const schema of SCHEMAS)
      expect(outcome(() => parsePayloadBytes(Buffer.from(text), schema), schema)).toStrictEqual(
        outcome(() => parsePayload(text, schema), schema),
      );
  });

  it("is refused where it is not UTF-8", () => {
    const bytes = Buffer.concat([Buffer.from(`{"x": "`), Buffer.of(0xff), Buffer.from(`", "instances": ${matrix}}`)]);
    expect(() => parsePayloadBytes(bytes, undefined)).toThrow("The body is not UTF-8");
  });
});

import { parquetWriteBuffer } from "hyparquet-writer";
import { expect, test } from "vitest";
import { cellText, NoPreview, parquetStart } from "./parquet.ts";

const unpacked = (bytes: Uint8Array) => bytes;
const file = (rows: number, codec: "SNAPPY" | "UNCOMPRESSED" | "GZIP" = "SNAPPY") => {
  const buffer = parquetWriteBuffer({
    codec,
    ...(codec === "GZIP" ? { compressors: { GZIP: unpacked } } : {}),
    columnData: [
      { name: "id", data: Array.from({ length: rows }, (_, row) => BigInt(row)), type: "INT64" },
      { name: "note", data: Array.from({ length: rows }, () => "aaaa<b>"), type: "STRING" },
    ],
  });
  let read = 0;
  return {
    byteLength: buffer.byteLength,
    slice: (start: number, end?: number) => {
      read += (end ?? buffer.byteLength) - start;
      return buffer.slice(start, end);
    },
    read: () => read,
  };
};

test("the first rows are read, and how many there are is known", async () => {
  for (const codec of ["SNAPPY", "UNCOMPRESSED"] as const) {
    const { columns, rows, total } = await parquetStart(file(1000, codec));
    expect({ columns, total, shown: rows.length, first: rows[0], last: rows.at(-1) }).toEqual({
      ...{ columns: ["id", "note"], total: 1000, shown: 200, first: ["0", "aaaa<b>"], last: ["199", "aaaa<b>"] },
    });
  }
});

test("a codec that is not here is named", async () => {
  await expect(parquetStart(file(1000, "GZIP"))).rejects.toThrow(NoPreview);
});

test("cells show every kind of value", () => {
  expect([null, undefined, 1n, 0.5, true, new Date(0), { a: 2n }, new Date(Number.NaN)].map(cellText)).toEqual([
    ...["", "", "1", "0.5", "true", "1970-01-01T00:00:00.000Z", '{"a":"2"}', ""],
  ]);
});

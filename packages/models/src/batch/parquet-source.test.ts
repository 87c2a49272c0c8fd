import { execFileSync } from "node:child_process";
import { mkdtemp, open, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import fc from "fast-check";
import { parquetWriteFile } from "hyparquet-writer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openParquet, type TakesNumbers } from "./parquet-source.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-parquet-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** All cells of the file by column. `typed` counts the columns that came as numbers. */
async function read(path: string, isNumber: TakesNumbers, fromRow = 0) {
  const source = await openParquet(path, { wanted: (names) => names, isNumber }, 37);
  const cells = new Map<string, unknown[]>(source.names.map((name) => [name, []]));
  let typed = 0;
  for await (const batch of source.batches(fromRow))
    batch.names.forEach((name, i) => {
      const column = batch.columns[i]!;
      if (column instanceof Float64Array) typed++;
      cells.get(name)?.push(...Array.from(column));
    });
  return { cells, typed };
}

const asNumber = (cell: unknown): unknown =>
  cell === null || cell === undefined ? Number.NaN : typeof cell === "bigint" ? Number(cell) : cell;

/** Reads the file both ways, and expects the same cells. */
async function compare(path: string, fromRow: number): Promise<number> {
  const general = await read(path, () => false, fromRow);
  const numbers = await read(path, () => true, fromRow);
  for (const [name, cells] of general.cells) {
    const isNumber = cells.every((cell) => cell === null || typeof cell === "number" || typeof cell === "bigint");
    expect(numbers.cells.get(name)?.map(asNumber), name).toStrictEqual(isNumber ? cells.map(asNumber) : cells);
  }
  return numbers.typed;
}

const KINDS = [
  { type: "DOUBLE", cell: fc.double({ noNaN: true }) },
  { type: "FLOAT", cell: fc.float({ noNaN: true }) },
  { type: "INT32", cell: fc.integer() },
  { type: "INT64", cell: fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }) },
] as const;

const column = fc.constantFrom(...KINDS).chain(({ type, cell }) =>
  fc.record({
    type: fc.constant(type),
    encoding: fc.constantFrom("PLAIN" as const, "RLE_DICTIONARY" as const, undefined),
    codec: fc.constantFrom("SNAPPY" as const, "UNCOMPRESSED" as const),
    nullable: fc.boolean(),
    some: fc.array<number | bigint>(cell, { minLength: 1, maxLength: 20 }),
    missing: fc.constantFrom(0, 0.01, 0.3, 1),
  }),
);

describe("a column of numbers", () => {
  it("is read as the general reader reads it, whatever its pages", async () => {
    let typed = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(column, { minLength: 1, maxLength: 4 }),
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom(64, 1000, 1 << 20),
        fc.integer({ min: 50, max: 500 }),
        fc.integer({ min: 0, max: 60 }),
        async (columns, rows, pageSize, rowGroupSize, fromRow) => {
          const filename = join(folder, "any.parquet");
          parquetWriteFile({
            filename,
            columnData: columns.map(({ some, missing, nullable, encoding, ...rest }, at) => ({
              ...rest,
              name: `c${at}`,
              nullable,
              ...(encoding !== undefined && { encoding }),
              data: Array.from({ length: rows }, (_, row) =>
                nullable && ((row * 7919 + at) % 100) / 100 < missing ? null : some[(row * row + at) % some.length],
              ),
            })),
            pageSize,
            rowGroupSize,
          });
          typed += await compare(filename, fromRow);
        },
      ),
      { numRuns: 150 },
    );
    expect(typed).toBeGreaterThan(100);
  });

  const python = process.env.ESTEIRA_ORACLE_PYTHON;

  it.skipIf(python === undefined).each([
    ["1.0", "snappy"],
    ["1.0", "none"],
    ["2.0", "zstd"],
  ])(
    "is read as the general reader reads it from pyarrow's pages %s, %s (ESTEIRA_ORACLE_PYTHON)",
    async (version, codec) => {
      const path = join(folder, "pandas.parquet");
      execFileSync(python ?? "", ["-c", WRITE, path, version, codec], { stdio: "inherit" });
      expect(await compare(path, 0)).toBeGreaterThan(100);
    },
    60_000,
  );

  it("is read or refused, whatever bytes its pages hold", async () => {
    const path = join(folder, "any.parquet");
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom("SNAPPY" as const, "UNCOMPRESSED" as const),
        fc.array(fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 })), { minLength: 1, maxLength: 4 }),
        async (codec, changes) => {
          const data = Array.from({ length: 60 }, (_, i) => (i % 5 === 0 ? null : (i % 7) / 4));
          parquetWriteFile({
            filename: path,
            columnData: [
              { name: "plain", type: "DOUBLE", data, encoding: "PLAIN" },
              { name: "few", type: "DOUBLE", data, encoding: "RLE_DICTIONARY" },
            ],
            codec,
            pageSize: 128,
          });
          const bytes = await readFile(path);
          const pages = bytes.length - 8 - bytes.readUInt32LE(bytes.length - 8);
          for (const [at, value] of changes) bytes[4 + (at % (pages - 4))] = value;
          await writeFile(path, bytes);
          await read(path, () => true).catch((error: unknown) => expect(error).toBeInstanceOf(EsteiraError));
        },
      ),
      { numRuns: 150 },
    );
  });

  it("is refused when its bytes are not as its metadata says", async () => {
    const path = join(folder, "torn.parquet");
    parquetWriteFile({
      filename: path,
      columnData: [{ name: "a", type: "DOUBLE", data: Float64Array.from({ length: 500 }, (_, i) => i / 7) }],
    });
    const file = await open(path, "r+");
    await file.write(Buffer.alloc(40, 0xff), 0, 40, 4);
    await file.close();
    await expect(read(path, () => true)).rejects.toThrow(/torn\.parquet, rows 1 to 500, cannot be read as Parquet/);
  });
});

/** Columns of each kind with and without missing cells, few and many values, of several pages. */
const WRITE = `
import sys, numpy as np, pyarrow as pa, pyarrow.parquet as pq
rng = np.random.default_rng(3)
n = 5000
double = rng.normal(size=n)
holes = rng.random(n) < 0.2
table = pa.table({
    "double": double,
    "holes": pa.array(double, mask=holes),
    "nan": np.where(holes, np.nan, double),
    "none": pa.array(double, mask=np.ones(n, bool)),
    "few": rng.integers(0, 9, n).astype(float),
    "few_holes": pa.array(rng.integers(0, 9, n), mask=holes),
    "one": np.ones(n),
    "float": double.astype("float32"),
    "int32": rng.integers(-9, 9, n).astype("int32"),
    "int64": rng.integers(-(2**62), 2**62, n),
    "int8": rng.integers(-9, 9, n).astype("int8"),
    "when": pa.array(rng.integers(0, 2**40, n), pa.timestamp("ms")),
    "text": [str(i) for i in range(n)],
})
pq.write_table(table, sys.argv[1], data_page_version=sys.argv[2], compression=sys.argv[3], data_page_size=4000, row_group_size=2100)
`;

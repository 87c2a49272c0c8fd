import { mkdtemp, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { asyncBufferFromFile, parquetReadObjects } from "hyparquet";
import { parquetWriteFile } from "hyparquet-writer";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import type { LoadedModel } from "../flavors/flavor.ts";
import { columnsOf } from "../format/signature.ts";
import { isNumeric } from "../format/table.ts";
import { FILE_KINDS, type FileKind } from "./open-source.ts";
import { type PredictFileOptions, predictFile } from "./predict-file.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-batch-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** Answers a + 10 b, and 0 for what is missing: what a row gets tells where it stood. */
const sum: LoadedModel = {
  config: { flavors: {} },
  signature: { inputs: columnsOf(["a", "b"], "double").map((spec) => ({ ...spec, required: false })) },
  predict: ({ names, columns, rowCount }) =>
    Array.from({ length: rowCount }, (_, row) => {
      const value = (name: string): number => {
        const column = columns[names.indexOf(name)]!;
        if (!isNumeric(column)) throw new TypeError(`${name} is not numeric`);
        return Number.isNaN(column[row]!) ? 0 : column[row]!;
      };
      return value("a") + 10 * value("b");
    }),
};

const ROWS = 1000;
const a = (row: number): number => row / 4;
const b = (row: number): number | null => (row % 7 === 3 ? null : row);
const expected = Array.from({ length: ROWS }, (_, row) => ({
  id: `r"${row}`,
  prediction: a(row) + 10 * (b(row) ?? 0),
}));

async function writeInput(kind: FileKind, path: string): Promise<void> {
  const rows = Array.from({ length: ROWS }, (_, row) => ({ id: `r"${row}`, extra: row, b: b(row), a: a(row) }));
  if (kind === "csv") {
    const lines = rows.map((row) => `"${row.id.replaceAll('"', '""')}",${row.extra},${row.b ?? "NA"},${row.a}`);
    await writeFile(path, `\uFEFFid,extra,b,a\r\n${lines.join("\r\n")}\r\n\r\n`);
  } else if (kind === "jsonl") {
    await writeFile(path, rows.map((row) => JSON.stringify(row)).join("\n\n"));
  } else {
    parquetWriteFile({
      filename: path,
      columnData: [
        { name: "id", data: rows.map(({ id }) => id), type: "STRING" },
        { name: "extra", data: rows.map(({ extra }) => BigInt(extra)), type: "INT64" },
        { name: "b", data: rows.map((row) => row.b), type: "DOUBLE" },
        { name: "a", data: Float64Array.from(rows, (row) => row.a), type: "DOUBLE" },
      ],
      rowGroupSize: 300,
    });
  }
}

async function readOutput(kind: FileKind, path: string): Promise<unknown[]> {
  if (kind === "parquet") return parquetReadObjects({ file: await asyncBufferFromFile(path) });
  const lines = (await readFile(path, "utf8")).trimEnd().split("\n");
  if (kind === "jsonl") return lines.map((line) => JSON.parse(line) as unknown);
  return lines.slice(1).map((line) => {
    const [, id = "", prediction] = /^"((?:[^"]|"")*)",(.*)$/.exec(line) ?? [];
    return { id: id.replaceAll('""', '"'), prediction: Number(prediction) };
  });
}

const options = (inputKind: FileKind, outputKind: FileKind): PredictFileOptions => ({
  model: sum,
  modelDigest: "digest",
  input: join(folder, `in.${inputKind}`),
  inputKind,
  output: join(folder, `out.${outputKind}`),
  outputKind,
  keep: ["id"],
  rowsAtOnce: 128,
});

describe.each(FILE_KINDS)("a batch from %s", (inputKind) => {
  beforeEach(() => writeInput(inputKind, join(folder, `in.${inputKind}`)));

  it.each(FILE_KINDS)("to %s answers each row in its place, and leaves only its output", async (outputKind) => {
    const given = options(inputKind, outputKind);
    const seen: number[] = [];
    const done = await predictFile({ ...given, onProgress: ({ rows }) => seen.push(rows) });
    expect(done).toEqual({
      rows: ROWS,
      total: inputKind === "parquet" ? ROWS : undefined,
      resumed: 0,
      isComplete: true,
    });
    expect(await readOutput(outputKind, given.output)).toEqual(expected);
    expect(seen.at(-1)).toBe(ROWS);
    expect((await readdir(folder)).sort()).toEqual([`in.${inputKind}`, `out.${outputKind}`]);
  });

  it.each(FILE_KINDS)("to %s goes on after a stop, and after a crash that wrote more", async (outputKind) => {
    const given = { ...options(inputKind, outputKind), checkpointRows: 128 };
    const whole = options(inputKind, outputKind);
    await predictFile({ ...whole, output: join(folder, "whole") });
    const stop = new AbortController();
    const stopped = await predictFile({
      ...given,
      signal: stop.signal,
      onProgress: ({ rows }) => {
        if (rows >= 500) stop.abort();
      },
    });
    expect(stopped.isComplete).toBe(false);
    expect(stopped.rows).toBeGreaterThanOrEqual(500);
    await expect(stat(given.output)).rejects.toThrow("ENOENT");

    // What a crash wrote after the last checkpoint.
    await writeFile(`${given.output}.partial`, "torn", { flag: "a" });
    const asked: number[] = [];
    const watched: LoadedModel = {
      ...sum,
      predict: (table, params) => {
        asked.push(table.rowCount);
        return sum.predict(table, params);
      },
    };
    const ended = await predictFile({ ...given, model: watched });
    expect(ended).toMatchObject({ isComplete: true, rows: ROWS, resumed: stopped.rows });
    expect(asked.reduce((all, rows) => all + rows, 0)).toBe(ROWS - stopped.rows);
    expect(await readFile(given.output)).toEqual(await readFile(join(folder, "whole")));
  });
});

describe("a batch", () => {
  beforeEach(() => writeInput("csv", join(folder, "in.csv")));

  it("does not go on with another model, and says what to do", async () => {
    const stop = new AbortController();
    stop.abort();
    await predictFile({ ...options("csv", "csv"), signal: stop.signal });
    await expect(predictFile({ ...options("csv", "csv"), modelDigest: "other" })).rejects.toThrow(
      /out\.csv\.checkpoint is of a batch that was stopped with another input, model or options/,
    );
  });

  it("writes a column for each value of an answer", async () => {
    const pairs: LoadedModel = {
      ...sum,
      predict: (table) => sum.predict(table).map((value) => [1 - Number(value), value]),
    };
    const given = { ...options("csv", "jsonl"), model: pairs, keep: [] };
    await predictFile(given);
    expect((await readOutput("jsonl", given.output)).slice(0, 2)).toEqual([
      { prediction_0: 1, prediction_1: 0 },
      { prediction_0: -9.25, prediction_1: 10.25 },
    ]);
  });

  it.each([
    ["csv", "", "is empty: its first line must name the columns"],
    ["csv", "a,b\n1,2,3\n", "row 1: the line has 3 fields, and the header 2"],
    ["csv", 'a,b\n1,"2\n', "line"],
    ["csv", "a,b\n1,x\n", "Column 'b' of the signature is of type double: row 0 holds \"x\""],
    ["jsonl", "{}\n[1]\n", "line 2: expected a JSON object"],
    ["jsonl", '{"a": 1}\n{"a": \n', "line 2, is not valid JSON"],
    ["parquet", "PAR1 and nothing else", "cannot be read as Parquet"],
  ] as const)("refuses a broken %s (%j) and leaves nothing", async (kind, text, words) => {
    const given = { ...options(kind, "csv"), input: join(folder, "broken"), keep: [] };
    await writeFile(given.input, text);
    await expect(predictFile(given)).rejects.toThrow(words);
    expect((await readdir(folder)).sort()).toEqual(["broken", "in.csv"]);
  });

  it("refuses a column to keep that is not there, and a file that is not there", async () => {
    await expect(predictFile({ ...options("csv", "csv"), keep: ["cpf"] })).rejects.toThrow(
      "in.csv has no column 'cpf' to keep: it has id, extra, b, a.",
    );
    await expect(predictFile({ ...options("csv", "csv"), input: join(folder, "none") })).rejects.toThrow(
      "there is no such file",
    );
  });

  it("refuses a model that leaves rows out", async () => {
    const skipping: LoadedModel = { ...sum, predict: (table) => sum.predict(table).slice(1) };
    await expect(predictFile({ ...options("csv", "csv"), model: skipping })).rejects.toThrow(
      "The model answered 127 of 128 rows after row 0",
    );
  });
});

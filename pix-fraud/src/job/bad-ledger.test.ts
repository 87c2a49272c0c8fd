import { execFile } from "node:child_process";
import { readdir, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { EsteiraError } from "@esteira/core/errors";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { jobCanRun, jobFolder } from "./run-job.testing.ts";

const canRun = await jobCanRun();
const START = Date.UTC(2026, 0, 1);
const HOUR = 3_600_000;

interface Row {
  id: string;
  time: string;
  payer: string;
  payee: string;
  amount: string;
  label: string;
}

/** A transfer every hour, one in twenty a fraud; changed where a test wants it. */
const rowsOf = (hours: number, change: (row: Row, at: number) => Partial<Row> = () => ({})): Row[] =>
  Array.from({ length: hours }, (_, at) => {
    const row = {
      id: `t${at}`,
      time: new Date(START + at * HOUR).toISOString(),
      payer: `c${at % 40}`,
      payee: `p${at % 60}`,
      amount: `${20 + (at % 90)}.50`,
      label: at % 20 === 7 ? "1" : "0",
    };
    return { ...row, ...change(row, at) };
  });
const COLUMNS = ["id", "time", "payer", "payee", "amount", "label"] as const;
const csv = (rows: readonly Row[], header: readonly string[] = COLUMNS): string =>
  `${[header.join(","), ...rows.map((row) => COLUMNS.map((column) => row[column]).join(","))].join("\n")}\n`;
/** Changes one data row: row 12 of the file is index 10, for the header is row 1. */
const at12 = (change: Partial<Row>) => csv(rowsOf(50, (_, at) => (at === 10 ? change : {})));

describe.skipIf(!canRun)("a bad ledger", { timeout: 120_000 }, () => {
  let job: Awaited<ReturnType<typeof jobFolder>>;
  beforeAll(async () => {
    job = await jobFolder();
  });
  afterAll(() => job.remove());

  async function refusal(name: string, content: string | Uint8Array, ...argv: string[]): Promise<string> {
    const path = join(job.folder, name);
    await writeFile(path, content);
    const { error } = await job.run("--ledger", path, ...argv);
    if (!(error instanceof EsteiraError)) throw error ?? new Error("The job accepted the ledger.");
    expect(error.message.split("\n")).toHaveLength(1);
    return error.message;
  }

  test.each<[string, string, RegExp]>([
    [
      "a missing column",
      csv(rowsOf(50), ["id", "time", "payer", "to", "amount", "label"]),
      /has no column payee; it has id, time, payer, to,/,
    ],
    [
      "a column twice",
      csv(rowsOf(50), ["id", "time", "payer", "payee", "amount", "amount"]),
      /has the column amount twice/,
    ],
    [
      "a text for an amount",
      at12({ amount: "ten" }),
      /ledger\.csv, row 12, column amount: the amount is 'ten'; expected a number/,
    ],
    [
      "a decimal comma",
      at12({ amount: '"12,50"' }),
      /row 12, column amount: the amount is '12,50'; expected a number with a decimal point/,
    ],
    ["an empty amount", at12({ amount: "" }), /row 12, column amount: the amount is empty/],
    [
      "a text for a time",
      at12({ time: "yesterday" }),
      /row 12, column time: the time is 'yesterday'; expected an instant/,
    ],
    ["a text for a label", at12({ label: "maybe" }), /row 12, column label: the label is 'maybe'; expected 0 or 1/],
    ["no payer", at12({ payer: " " }), /row 12, column payer: the value is ' '; expected an identifier/],
    [
      "a name that goes on",
      at12({ payer: "x".repeat(101) }),
      /row 12, column payer: .* has 101 characters; expected at most 100/,
    ],
    ["who pays himself", at12({ payer: "p1", payee: "p1" }), /row 12, column payee: 'p1' pays itself/],
    [
      "unordered rows",
      at12({ time: "2026-01-01T02:00:00Z" }),
      /row 12, column time: .* lies before the row above; order the file by time/,
    ],
    ["a duplicate id", at12({ id: "t3" }), /row 12, column id: the id 't3' stands already in row 5/],
    [
      "a negative amount",
      at12({ amount: "-3.10" }),
      /row 12, column amount: the amount is -3\.1; expected zero or more/,
    ],
    [
      "an amount beyond reason",
      at12({ amount: "100000000001" }),
      /row 12, column amount: the amount is 100000000001; expected at most/,
    ],
    [
      "mixed time zones",
      at12({ time: "2026-01-01T10:00:00" }),
      /row 12, column time: .* lacks a zone, the rows before have one/,
    ],
    [
      "a year that is a slip",
      at12({ time: "0206-01-01T10:00:00Z" }),
      /row 12, column time: .* read as the year 206; expected one from 1990/,
    ],
    ["an empty file", "", /is empty: expected a header line/],
    ["a header alone", csv([]), /has no transfers: expected at least one row/],
    [
      "honest transfers only",
      csv(rowsOf(50, () => ({ label: "0" }))),
      /50 transfers, of which 0 are frauds: both classes/,
    ],
    ["frauds only", csv(rowsOf(50, () => ({ label: "1" }))), /50 transfers, of which 50 are frauds: both classes/],
    ["too short a period", csv(rowsOf(24 * 20)), /The ledger covers 20 days: at least 60 are needed/],
    [
      "frauds at the beginning only",
      csv(rowsOf(24 * 90, (row, at) => ({ label: at < 300 ? row.label : "0" }))),
      /The training span has \d+ transfers, of which 0 are known frauds: both classes are needed/,
    ],
  ])("with %s is one sentence with its place", async (_name, text, sentence) => {
    expect(await refusal("ledger.csv", text)).toMatch(sentence);
  });

  test("in Parquet names the row and column too, and a torn file is none", async () => {
    const column = (name: keyof Row) => ({ name, type: "STRING" as const, data: rowsOf(50).map((row) => row[name]) });
    const parquet = (over: Parameters<typeof parquetWriteBuffer>[0]["columnData"]) => {
      const names = over.map(({ name }) => name);
      return new Uint8Array(
        parquetWriteBuffer({
          columnData: [...COLUMNS.filter((name) => !names.includes(name)).map(column), ...over],
          codec: "UNCOMPRESSED",
        }),
      );
    };
    const amounts = rowsOf(50).map((_, at) => (at === 10 ? Number.NaN : at));
    expect(await refusal("a.parquet", parquet([{ name: "amount", type: "DOUBLE", data: amounts }]))).toMatch(
      /a\.parquet, row 11, column amount: the amount is 'NaN'; expected a number/,
    );
    const seconds = rowsOf(50).map((_, at) => BigInt(START / 1000 + at));
    expect(await refusal("b.parquet", parquet([{ name: "time", type: "INT64", data: seconds }]))).toMatch(
      /row 1, column time: the time '1767225600' is read as the year 1970; .* milliseconds since 1970/,
    );
    expect(await refusal("c.parquet", parquet([]).slice(0, 800))).toMatch(/cannot be read as Parquet/);
    const torn = parquet([]);
    torn.fill(255, 4, 400);
    expect(await refusal("d.parquet", torn)).toMatch(/rows 1 to 50, cannot be read as Parquet/);
  });

  test("for the handbook's protocol must have its weeks", async () => {
    expect(await refusal("ledger.csv", csv(rowsOf(24 * 90)), "--protocol", "handbook")).toMatch(
      /has no transfers on 2018-07-25, but the handbook's protocol needs every day/,
    );
  });

  test("that is not there, or is no ledger, is said", async () => {
    const missing = join(job.folder, "none.csv");
    expect((await job.run("--ledger", missing)).error).toMatchObject({ message: `There is no file '${missing}'.` });
    expect(await refusal("ledger.txt", csv(rowsOf(50)))).toMatch(/ends in '\.txt': expected \.csv or \.parquet/);
    expect(await refusal("ledger.csv", csv(rowsOf(50)), "--mapping", "mine")).toMatch(/neither a preset/);
  });

  test("leaves no run, no model and no report behind", async () => {
    await refusal("ledger.csv", at12({ amount: "ten" }));
    await job.look(async (client) => {
      expect((await client.registeredModels.search({})).items).toEqual([]);
      const experiment = await client.experiments.ensure("pix-fraud");
      expect((await client.runs.search({ experimentIds: [experiment] })).items).toEqual([]);
    });
    expect((await readdir(job.data)).filter((name) => !/^(esteira\.db|job\.lock)/.test(name))).toEqual([]);
  });

  test("ends the command with its sentence alone and the code of a fault", async () => {
    const path = join(job.folder, "ledger.csv");
    await writeFile(path, at12({ amount: "ten" }));
    const main = fileURLToPath(new URL("../main.ts", import.meta.url));
    const argv = ["--conditions=@esteira/source", "--import", "tsx", main, "--ledger", path, "--data", job.data];
    const ended = await new Promise<{ code: unknown; stderr: string }>((resolve) => {
      // Where CI is set, colours would be on.
      const env = { ...process.env, NO_COLOR: "1" };
      execFile(process.execPath, argv, { env }, (error, _stdout, stderr) => resolve({ code: error?.code, stderr }));
    });
    expect(ended.stderr).toBe(
      `pix: ${path}, row 12, column amount: the amount is 'ten'; expected a number with a decimal point, such as 12.50.\n`,
    );
    expect(ended.code).toBe(2);
  });
});

describe.skipIf(!canRun)("a fault in the middle of a training", { timeout: 120_000 }, () => {
  test("leaves a FAILED run with the reason, and no model", async () => {
    const job = await jobFolder();
    try {
      const path = join(job.folder, "ledger.csv");
      await writeFile(path, csv(rowsOf(24 * 90)));
      // What a full or unwritable disk does: artifacts cannot be stored.
      await rm(join(job.data, "artifacts"), { recursive: true, force: true });
      await writeFile(join(job.data, "artifacts"), "not a folder");
      const { error } = await job.run("--ledger", path, "--trainer", "random-forest");
      expect(error).toBeInstanceOf(EsteiraError);
      await rm(join(job.data, "artifacts"));
      await job.look(async (client) => {
        expect((await client.registeredModels.search({})).items).toEqual([]);
        const experiment = await client.experiments.ensure("pix-fraud");
        const { items } = await client.runs.search({ experimentIds: [experiment] });
        expect(items.map((run) => run.info.status)).toEqual(["FAILED"]);
        const reason = items[0]?.data.tags.find(({ key }) => key === "esteira.failure")?.value;
        expect(reason).toBe(error instanceof Error ? error.message : "");
        expect(reason).not.toBe("");
      });
    } finally {
      await job.remove();
    }
  });
});

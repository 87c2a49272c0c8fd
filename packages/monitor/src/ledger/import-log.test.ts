import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteFile } from "hyparquet-writer";
import { afterEach, describe, expect, it } from "vitest";
import { parseColumnMap } from "../source/mapped-file.ts";
import { LOG_COLUMNS } from "../source/plain-log.ts";
import { type ImportOptions, importLog } from "./import-log.ts";
import { listDays, listParts } from "./parts.ts";
import { readRows } from "./read-rows.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-import-"));
  folders.push(folder);
  return folder;
}

const NOW = Date.UTC(2026, 1, 10);
async function imported(file: string, change: Partial<ImportOptions> & { mapped?: string[] } = {}) {
  const { mapped = [], ...rest } = change;
  const ledger = rest.ledger ?? join(await scratch(), "ledger");
  const map = parseColumnMap(mapped, LOG_COLUMNS);
  const told = await importLog({ ledger, file, map, now: NOW, ...rest });
  const rows: Record<string, unknown>[] = [];
  for (const day of await listDays(ledger))
    for (const part of await listParts(ledger, day))
      for await (const { rowCount, cells } of readRows(part, () => true))
        for (let row = 0; row < rowCount; row++)
          rows.push(Object.fromEntries(part.columns.map(({ name }) => [name, cells(name)?.[row]])));
  return { ledger, told, rows };
}
async function saved(name: string, content: string): Promise<string> {
  const file = join(await scratch(), name);
  await writeFile(file, content);
  return file;
}

const CSV = `transfer,when,p,amount,channel,payer
t1,2026-02-01T10:00:00Z,0.9,12.5,app,ana
t2,2026-02-02T10:00:00Z,0.1,,web,rui
t3,2026-02-01T11:00:00Z,0.2,7,app,ana
`;
const MAPPED = ["id=transfer", "at=when", "score=p", "subject_1=payer"];

describe("a log of somebody else's model", () => {
  it("becomes rows with its other columns as features, entered once", async () => {
    const file = await saved("log.csv", CSV);
    const { ledger, told, rows } = await imported(file, { mapped: MAPPED, model: "pix", threshold: 0.5, batchRows: 2 });
    expect(told).toMatchObject({ rows: 3, known: 0 });
    expect(rows.map(({ id }) => id)).toEqual(["t1", "t3", "t2"]);
    expect(rows[0]).toMatchObject({
      ...{ at: new Date("2026-02-01T10:00:00Z"), model: "pix", version: "unknown", score: 0.9, threshold: 0.5 },
      ...{ "f.amount": 12.5, "f.channel": "app", weight: 1, slot: Number.NaN },
    });
    expect(rows[0]?.subject_1).toBe(rows[1]?.subject_1);
    expect(rows[2]).toMatchObject({ "f.amount": Number.NaN });
    expect((await imported(file, { ledger, mapped: MAPPED, model: "pix", threshold: 0.5 })).told).toMatchObject({
      rows: 0,
      known: 3,
    });
  });

  it("may be a table of inference requests, of any of their bodies", async () => {
    const request = (body: object) => JSON.stringify(body);
    const line = (change: object) =>
      JSON.stringify({
        ...{ databricks_request_id: "r0", client_request_id: null, timestamp_ms: NOW - 1000, status_code: 200 },
        ...{
          execution_time_ms: 12,
          sampling_fraction: 0.5,
          request_metadata: { model_name: "pix", model_version: "3" },
        },
        ...{
          request: request({ dataframe_records: [{ amount: 5, channel: "app" }] }),
          response: request({ predictions: [0.7] }),
        },
        ...change,
      });
    const split = { dataframe_split: { columns: ["amount"], data: [[1], [2]] } };
    const file = await saved(
      "log.jsonl",
      [
        line({}),
        line({
          databricks_request_id: "r1",
          client_request_id: "mine",
          request: request(split),
          response: request({
            predictions: [
              [0.4, 0.6],
              [0.9, 0.1],
            ],
          }),
        }),
        line({ databricks_request_id: "r2", status_code: 500, response: "no" }),
        line({
          databricks_request_id: "r3",
          request: request({ inputs: { amount: [9] } }),
          response: request({ predictions: ["fraud"] }),
        }),
      ].join("\n"),
    );
    const { told, rows } = await imported(file);
    expect(told).toMatchObject({ rows: 4, failed: 1 });
    expect(rows.map(({ id, score, version, weight }) => [id, score, version, weight])).toEqual([
      ["r0", 0.7, "3", 2],
      ["mine#0", 0.6, "3", 2],
      ["mine#1", 0.1, "3", 2],
      ["r3", Number.NaN, "3", 2],
    ]);
    expect(rows.map((row) => row["f.amount"])).toEqual([5, 1, 2, 9]);
    expect(rows[0]).toMatchObject({ "f.channel": "app", latency_ms: 12, at: new Date(NOW - 1000) });
  });

  it("may be Parquet, with time stamps of its own", async () => {
    const file = join(await scratch(), "log.parquet");
    parquetWriteFile({
      filename: file,
      columnData: [
        { name: "id", data: ["a"], type: "STRING" },
        { name: "at", data: [new Date(NOW - 5)], type: "TIMESTAMP" },
        { name: "score", data: [0.25], type: "DOUBLE" },
        { name: "f.amount", data: [3], type: "DOUBLE" },
      ],
    });
    const { rows } = await imported(file, { model: "pix" });
    expect(rows).toMatchObject([{ id: "a", at: new Date(NOW - 5), score: 0.25, "f.amount": 3 }]);
  });

  it.each([
    ["log.csv", "id,score\na,1\n", "has no column 'at' (it has id, score): map one to it"],
    ["log.csv", "id,at,score\n,2026-02-01T10:00:00Z,1\n", "row 1, column 'id': the cell is empty"],
    ["log.csv", "id,at,score\na,yesterday,1\n", "row 1, column 'at': 'yesterday' is no instant"],
    ["log.csv", "id,at,score\na,2026-02-01T10:00:00Z,high\n", "row 1, column 'score': 'high' is no number"],
    ["log.jsonl", '{"id":"a","at":1770000000,"score":1}\n', "decision 'a': it was decided at 1970-01-21"],
    [
      "log.jsonl",
      '{"databricks_request_id":"r","request":"{","response":"{}"}\n',
      "row 1, column 'request': expected a body",
    ],
    [
      "log.jsonl",
      '{"databricks_request_id":"r","request":"{\\"dataframe_records\\":[{\\"a\\":1}]}","response":"{\\"predictions\\":[]}"}\n',
      "row 1: the request has 1 rows and the answer 0 predictions",
    ],
    ["log.xlsx", "", "cannot be read by its ending"],
  ])("that is wrong (%s, %j) is refused with one sentence, and nothing is entered", async (name, content, sentence) => {
    const ledger = join(await scratch(), "ledger");
    await expect(imported(await saved(name, content), { ledger, model: "pix" })).rejects.toThrow(sentence);
    expect(await listDays(ledger)).toEqual([]);
  });
});

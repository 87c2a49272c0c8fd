import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parquetWriteBuffer } from "hyparquet-writer";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ingestFile } from "./ingest.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-ingest-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

let files = 0;
async function ingest(text: string, options: Parameters<typeof ingestFile>[1] = {}) {
  const path = join(folder, `ledger-${files++}.csv`);
  await writeFile(path, text);
  return ingestFile(path, options);
}

const HEADER = "id,time,payer,payee,amount,label\n";
const GOOD = `${HEADER}a,2026-07-01T12:00:00-03:00,ana,bia,10.50,0
b,2026-07-01T12:00:01-03:00,bia,caio,200,1
c,2026-07-01T15:00:02Z,"ana",bia,0.07,0
`;

test("columns, entities, cents and labels come out as they stand in the file", async () => {
  const ledger = await ingest(GOOD);
  expect(ledger.rows).toBe(3);
  expect([...ledger.transfers.amountCents]).toEqual([1050, 20000, 7]);
  expect([...ledger.transfers.payer]).toEqual([0, 1, 0]);
  expect([...ledger.transfers.payee]).toEqual([1, 2, 1]);
  expect(ledger.accountOf(2)).toBe("caio");
  expect(ledger.idOf(2)).toBe("c");
  expect([...ledger.labels.fraud]).toEqual([0, 1, 0]);
  expect(new Date(ledger.transfers.time[2]!).toISOString()).toBe("2026-07-01T15:00:02.000Z");
  expect(ledger.labels.knownAt[1]).toBe(ledger.transfers.time[1]);
});

test("a byte order mark, semicolons and unordered rows are read when sorting is asked for", async () => {
  const text = `\ufeff${GOOD.replaceAll(",", ";")}`;
  const ledger = await ingest(text);
  expect(ledger.rows).toBe(3);
  const shuffled = GOOD.trim().split("\n");
  const unordered = [shuffled[0], shuffled[2], shuffled[1], shuffled[3]].join("\n");
  const sorted = await ingest(unordered, { sort: true });
  expect(sorted.origin.digest).toBe(ledger.origin.digest);
});

test.each([
  ["a missing column", GOOD.replace("payee", "to"), /no column payee; it has id, time, payer, to, amount, label/],
  ["a wrong type", GOOD.replace("200", "two"), /row 3, column amount: the amount is 'two'/],
  ["a negative amount", GOOD.replace("200", "-200"), /row 3, column amount: the amount is -200; expected zero or more/],
  ["a wrong label", GOOD.replace("200,1", "200,yes"), /row 3, column label: the label is 'yes'/],
  ["a duplicate id", GOOD.replace("\nc,", "\na,"), /row 4, column id: the id 'a' stands already in row 2/],
  ["a time that goes back", GOOD.replace("15:00:02Z", "14:00:02Z"), /row 4, column time: .* lies before the row above/],
  [
    "mixed zones",
    GOOD.replace("15:00:02Z", "15:00:02"),
    /row 4, column time: .* lacks a zone, the rows before have one/,
  ],
  [
    "a day that is not",
    GOOD.replace("2026-07-01T15:00:02Z", "2026-07-32T15:00:02Z"),
    /row 4, column time: .* is no date that exists/,
  ],
  ["an empty file", "", /is empty/],
  ["a header only", HEADER, /has no transfers/],
  ["one class", GOOD.replace("200,1", "200,0"), /3 transfers, of which 0 are frauds: both classes/],
  ["a broken line", GOOD.replace("10.50,0", "10.50"), /row 2: the line cannot be read as CSV/],
])("%s is refused in one sentence with its place", async (_name, text, message) => {
  await expect(ingest(text)).rejects.toThrow(message);
});

test("files that are no ledger are refused", async () => {
  await expect(ingestFile(join(folder, "none.csv"))).rejects.toThrow(/There is no file/);
  const text = join(folder, "ledger.txt");
  await writeFile(text, GOOD);
  await expect(ingestFile(text)).rejects.toThrow(/ends in '.txt': expected .csv or .parquet/);
  const parquet = join(folder, "broken.parquet");
  await writeFile(parquet, "not parquet at all");
  await expect(ingestFile(parquet)).rejects.toThrow(/cannot be read as Parquet/);
  await expect(ingest(GOOD, { mapping: "nosuch" })).rejects.toThrow(/neither a preset \(default, fdh\)/);
});

test("a Parquet timestamp is an instant, or the customer's clock when the file says that it has no zone", async () => {
  const noon = Date.UTC(2026, 6, 1, 12);
  const times = [new Date(noon), new Date(noon + 1000)];
  const column = (name: string, data: string[]) => ({ name, data });
  const others = [
    column("id", ["a", "b"]),
    column("payer", ["ana", "bia"]),
    column("payee", ["caio", "caio"]),
    column("amount", ["1", "2"]),
    column("label", ["0", "1"]),
  ];
  const firstTime = async (isAdjustedToUTC: boolean) => {
    const path = join(folder, `times-${isAdjustedToUTC}.parquet`);
    const logical = { type: "TIMESTAMP", isAdjustedToUTC, unit: "MILLIS" } as const;
    const buffer = parquetWriteBuffer({
      columnData: [{ name: "time", data: times }, ...others],
      schema: [
        { name: "root", num_children: 6 },
        { name: "time", type: "INT64", repetition_type: "REQUIRED", logical_type: logical },
        ...others.map(({ name }) => ({
          name,
          type: "BYTE_ARRAY" as const,
          repetition_type: "REQUIRED" as const,
          converted_type: "UTF8" as const,
        })),
      ],
    });
    await writeFile(path, new Uint8Array(buffer));
    return (await ingestFile(path)).transfers.time[0];
  };
  expect(await firstTime(true)).toBe(noon);
  // The default mapping's clock is Brazil's.
  expect(await firstTime(false)).toBe(noon + 3 * 3_600_000);
});

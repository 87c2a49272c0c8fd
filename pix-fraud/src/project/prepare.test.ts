import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { computeFeatures } from "../features/offline.ts";
import { tableDigest } from "../features/table-digest.ts";
import { readTable, writeTable } from "../features/table-folder.ts";
import { readLedger, writeLedger } from "../ledger/ledger-folder.ts";
import { simulateWorld } from "../world/simulate.ts";
import { parseStep } from "./step-options.ts";

const ledger = simulateWorld({ transfers: 2000, days: 60, seed: 3 });
let home: string;
beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "esteira-prepare-"));
});
afterAll(() => rm(home, { recursive: true, force: true }));

it("a ledger comes back from its files as it was, names included", async () => {
  const folder = join(home, "ledger");
  await writeLedger(ledger, folder);
  const read = await readLedger(folder);
  const { idOf, accountOf, deviceOf, ...columns } = read;
  expect(columns).toEqual({ ...ledger, idOf: undefined, accountOf: undefined, deviceOf: undefined });
  expect([idOf(7), accountOf(5), deviceOf(3)]).toEqual([ledger.idOf(7), ledger.accountOf(5), ledger.deviceOf(3)]);
});

it("features come back from their files to the bit", async () => {
  const folder = join(home, "features");
  const table = computeFeatures(ledger, { from: 100 });
  await writeTable(table, folder);
  const read = await readTable(folder);
  expect(read).toEqual(table);
  expect(tableDigest(read)).toBe(tableDigest(table));
});

it("files that were changed, and folders that are none, are refused", async () => {
  const [ofLedger, ofTable] = [join(home, "ledger2"), join(home, "features2")];
  await writeLedger(ledger, ofLedger);
  await writeTable(computeFeatures(ledger), ofTable);
  for (const [file, read] of [
    [join(ofLedger, "labels.fraud.bin"), () => readLedger(ofLedger)],
    [join(ofTable, "values.f32.bin"), () => readTable(ofTable)],
  ] as const) {
    const bytes = await readFile(file);
    bytes[40] = (bytes[40] ?? 0) ^ 1;
    await writeFile(file, bytes);
    await expect(read()).rejects.toThrow(/changed after (it was|they were) written/);
  }
  await expect(readLedger(home)).rejects.toThrow("holds no ledger");
  await expect(readTable(home)).rejects.toThrow("holds no features");
});

it.each([
  [["fit"], "'fit' is no step: expected prepare, train, evaluate."],
  [["train"], "train needs a folder with --prepared."],
  [["evaluate", "--prepared", "x"], "evaluate needs a folder with --model."],
  [["prepare", "--transfers", "1e5"], "--transfers is '1e5': expected a whole number"],
  [["prepare", "--speed", "1"], "prepare: Unknown option '--speed'"],
])("a step refuses %j", (argv, expected) => {
  expect(() => parseStep(argv)).toThrow(expected);
});

import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openSource } from "@esteira/models/batch/open-source";
import { afterEach, describe, expect, it } from "vitest";
import { removeDrafts, writeWhole } from "../whole-file.ts";
import type { LedgerColumn } from "./columns.ts";
import { mergeNotes, type PartNotes } from "./part-notes.ts";
import { type Rows, writePart } from "./part-writer.ts";
import { dayFolder, dayOf, existingDays, listParts, nextPartName, removeReplaced } from "./parts.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-ledger-"));
  folders.push(folder);
  return folder;
}

const COLUMNS: readonly LedgerColumn[] = [
  { name: "id", kind: "text" },
  { name: "at", kind: "instant" },
  { name: "score", kind: "number" },
  { name: "erased", kind: "flag" },
  { name: "sequence", kind: "whole" },
];
const AT = Date.UTC(2026, 0, 31, 23, 59, 59, 999);
const ROWS: Rows = [
  ["a", "b"],
  [AT, AT],
  [Number.NaN, 0.25],
  [false, true],
  [7, 8],
];
const notes = (change: Partial<PartNotes> = {}): PartNotes => ({
  ...{ format: 1, sources: { s: 8 }, replaces: [], models: [] },
  ...change,
});

async function add(ledger: string, change: Partial<PartNotes> = {}): Promise<string> {
  const day = dayOf(AT);
  await mkdir(dayFolder(ledger, day), { recursive: true });
  const name = await nextPartName(ledger, day);
  await writePart(join(dayFolder(ledger, day), name), COLUMNS, notes(change), [ROWS]);
  return name;
}

describe("the files of a ledger", () => {
  it("hold rows by day, and give back cells, kinds and notes", async () => {
    const ledger = await scratch();
    await add(ledger);
    expect(await existingDays(ledger)).toEqual(["2026-01-31"]);
    const [part] = await listParts(ledger, "2026-01-31");
    expect(part).toMatchObject({ name: "part-000001.parquet", rowCount: 2, columns: COLUMNS, notes: notes() });
    const source = await openSource(part!.path, "parquet", { wanted: () => true });
    for await (const { columns } of source.batches(0)) {
      expect(columns.map((cells) => Array.from(cells))).toEqual([
        ["a", "b"],
        [new Date(AT), new Date(AT)],
        [null, 0.25],
        [false, true],
        [7, 8],
      ]);
    }
  });

  it("count once when a merge was interrupted before it removed what it holds", async () => {
    const ledger = await scratch();
    const day = dayOf(AT);
    await add(ledger);
    await add(ledger, { sources: { s: 12, t: 3 } });
    const merged = mergeNotes(await listParts(ledger, day));
    expect(merged).toMatchObject({
      sources: { s: 12, t: 3 },
      replaces: ["part-000001.parquet", "part-000002.parquet"],
    });
    await add(ledger, merged);
    expect((await listParts(ledger, day)).map(({ name }) => name)).toEqual(["part-000003.parquet"]);
    await removeReplaced(ledger, day);
    expect(await readdir(dayFolder(ledger, day))).toEqual(["part-000003.parquet"]);
  });

  it("leave nothing of a write that failed, and drafts of killed writers are no files of it", async () => {
    const ledger = await scratch();
    await add(ledger);
    const day = dayFolder(ledger, dayOf(AT));
    const broken = (function* (): Generator<Rows> {
      yield ROWS;
      throw new Error("the disk is full");
    })();
    await expect(writePart(join(day, "part-000002.parquet"), COLUMNS, notes(), broken)).rejects.toThrow("full");
    expect(await readdir(day)).toEqual(["part-000001.parquet"]);
    await writeFile(join(day, ".part-000002.parquet.x.draft"), "PAR1");
    expect(await listParts(ledger, dayOf(AT))).toHaveLength(1);
    await removeDrafts(day);
    expect(await readdir(day)).toEqual(["part-000001.parquet"]);
  });

  it("that are damaged or of another hand are named, and a folder without any is", async () => {
    const ledger = await scratch();
    await expect(existingDays(ledger)).rejects.toThrow("There is no ledger in");
    await mkdir(dayFolder(ledger, "2026-01-31"), { recursive: true });
    await writeWhole(join(dayFolder(ledger, "2026-01-31"), "part-000001.parquet"), "no Parquet");
    await expect(listParts(ledger, "2026-01-31")).rejects.toThrow(/part-000001.parquet' is no file of a ledger/);
  });
});

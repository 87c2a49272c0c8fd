import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Decision } from "@esteira/models/decisions/decision";
import { openDecisionLog } from "@esteira/models/decisions/decision-log";
import { eraseDecisions } from "@esteira/models/decisions/erase";
import { linesFile, listSegments } from "@esteira/models/decisions/segments";
import { afterEach, describe, expect, it } from "vitest";
import { type CollectOptions, collectDecisions } from "./collect.ts";
import { partsToMerge } from "./compact.ts";
import { dayFolder, listDays, listParts } from "./parts.ts";
import { readRows } from "./read-rows.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
async function scratch(): Promise<{ ledger: string; decisions: string }> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-collect-"));
  folders.push(folder);
  return { ledger: join(folder, "ledger"), decisions: join(folder, "decisions") };
}

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 31, 12);
const MODEL = { name: "pix", version: "2", digest: "d".repeat(64), of: "folder" } as const;
const COLUMNS = [
  { name: "amount", type: "f64" },
  { name: "channel", type: "any" },
] as const;

const decision = (id: string, change: Partial<Decision> = {}): Decision => ({
  ...{ id, at: START, eventAt: START - 50, subjects: ["ana", "shop"], model: MODEL, columns: COLUMNS },
  ...{ values: [12.5, "app"], params: undefined, scorer: "table", prediction: 0.75, oddsFactor: null, score: 0.75 },
  ...{ threshold: 0.5, action: "alert", latencyMs: 0.2 },
  reasons: [{ feature: "amount", value: 12.5, contribution: 1.25, text: { en: "amount", "pt-BR": "valor" } }],
  ...change,
});

async function record(folder: string, made: readonly Decision[], writer = "w", now = START): Promise<void> {
  const log = await openDecisionLog({ folder, writer, now: () => now });
  for (const one of made) log.write(one);
  await log.close();
}

const collect = (where: { ledger: string; decisions: string }, change: Partial<CollectOptions> = {}) =>
  collectDecisions({ ...where, now: START, ...change });

/** All rows of the ledger, as objects. */
async function rowsOf(ledger: string): Promise<Record<string, unknown>[]> {
  const found: Record<string, unknown>[] = [];
  for (const day of await listDays(ledger))
    for (const part of await listParts(ledger, day))
      for await (const { rowCount, cells } of readRows(part, () => true))
        for (let row = 0; row < rowCount; row++)
          found.push(Object.fromEntries(part.columns.map(({ name }) => [name, cells(name)?.[row]])));
  return found;
}
const idsOf = async (ledger: string) => (await rowsOf(ledger)).map(({ id }) => id);

describe("collecting sealed decisions", () => {
  it("gives each a row with what was decided, and subjects by pseudonyms of their month", async () => {
    const where = await scratch();
    const march = Date.UTC(2026, 2, 2);
    await record(where.decisions, [
      decision("one"),
      decision("two", { at: march, score: 0.25, action: null, values: [Number.NaN, null], reasons: [], eventAt: null }),
    ]);
    expect(await collect(where)).toMatchObject({ rows: 2, files: 2, faults: [], missed: 0 });
    const [one, two] = await rowsOf(where.ledger);
    expect(one).toMatchObject({
      ...{ id: "one", at: new Date(START), event_at: new Date(START - 50), model: "pix", version: "2" },
      ...{ score: 0.75, threshold: 0.5, action: "alert", latency_ms: 0.2, weight: 1, erased: false, slot: 0 },
      ...{ reason_1: "amount", contribution_1: 1.25, reason_2: null, "f.amount": 12.5, "f.channel": "app" },
    });
    expect(one?.subject_1).toMatch(/^[0-9a-f]{32}$/);
    expect(two?.subject_1).not.toBe(one?.subject_1);
    expect(two).toMatchObject({
      id: "two",
      event_at: null,
      action: null,
      "f.amount": Number.NaN,
      "f.channel": Number.NaN,
    });
    const keys = await readdir(join(where.ledger, "keys"));
    expect(keys.sort()).toEqual(["2026-01.key", "2026-03.key"]);
    expect((await stat(join(where.ledger, "keys", keys[0]!))).mode & 0o777).toBe(0o600);
    expect(await readFile((await listParts(where.ledger, "2026-01-31"))[0]!.path, "latin1")).not.toContain("shop");
  });

  it("goes on where it ended, in a segment that grows too, and enters nothing twice when its state is lost", async () => {
    const where = await scratch();
    const log = await openDecisionLog({ folder: where.decisions, writer: "w", now: () => START });
    log.write(decision("one"));
    await log.settled();
    expect((await collect(where)).rows).toBe(1);
    log.write(decision("two"));
    log.write(decision("two"));
    await log.close();
    expect((await collect(where)).rows).toBe(2);
    expect((await collect(where)).rows).toBe(0);
    await rm(join(where.ledger, "collected.json"));
    expect((await collect(where)).rows).toBe(0);
    expect(await idsOf(where.ledger)).toEqual(["one", "two", "two"]);
  });

  it("makes one file of a day that has ended, and keeps models with other features apart by name", async () => {
    const where = await scratch();
    const other = { ...MODEL, version: "3", digest: "e".repeat(64) };
    await record(where.decisions, [decision("one")]);
    await collect(where);
    await record(
      where.decisions,
      [decision("two", { model: other, columns: [{ name: "amount", type: "any" }], values: ["much"] })],
      "x",
    );
    await collect(where);
    expect(await listParts(where.ledger, "2026-01-31")).toHaveLength(2);
    const later = await collect(where, { now: START + DAY });
    expect(later.mergedDays).toEqual(["2026-01-31"]);
    expect(await readdir(dayFolder(where.ledger, "2026-01-31"))).toEqual(["part-000003.parquet"]);
    const [part] = await listParts(where.ledger, "2026-01-31");
    expect(part?.notes.models.map(({ version, features }) => [version, features])).toEqual([
      ["2", ["amount", "channel"]],
      ["3", ["amount"]],
    ]);
    const rows = await rowsOf(where.ledger);
    expect(rows.map((row) => [row.id, row["f.amount"], row["f.channel"]])).toEqual([
      ["one", "12.5", "app"],
      ["two", "much", null],
    ]);
    expect((await collect(where, { now: START + DAY })).rows).toBe(0);
  });

  it("merges small files of a day that goes on only when there are many", () => {
    const small = Array.from({ length: 31 }, () => ({ rowCount: 10 }));
    expect(partsToMerge(small, false)).toEqual([]);
    expect(partsToMerge([...small, { rowCount: 10 }, { rowCount: 1e6 }], false)).toHaveLength(32);
    expect(partsToMerge([{ rowCount: 1e6 }], true)).toEqual([]);
    expect(partsToMerge([{ rowCount: 1e6 }, { rowCount: 1 }], true)).toHaveLength(2);
  });

  it("keeps all alerts and a share of the rest, each with the number of decisions that it stands for", async () => {
    const where = await scratch();
    const made = Array.from({ length: 2000 }, (_, i) =>
      decision(`d${i}`, i % 20 === 0 ? {} : { score: 0.1, action: "allow", reasons: [] }),
    );
    await record(where.decisions, made);
    const { rows, sampledOut } = await collect(where, { share: 0.25 });
    expect(rows + sampledOut).toBe(2000);
    const kept = await rowsOf(where.ledger);
    expect(kept.filter(({ action }) => action === "alert")).toHaveLength(100);
    const estimated = kept.reduce((sum, { weight }) => sum + Number(weight), 0);
    // Four standard deviations of the binomial.
    expect(Math.abs(estimated - 2000)).toBeLessThan(4 * Math.sqrt(1900 * 0.25 * 0.75) * 4);
    await expect(collect(where, { share: 0 })).rejects.toThrow("above 0 and at most 1");
  });

  it("takes out of the ledger what was erased before it was collected, and after", async () => {
    const where = await scratch();
    await record(where.decisions, [decision("one"), decision("two", { subjects: ["rui"] }), decision("three")]);
    const erase = (id: string) =>
      eraseDecisions({ of: "id", id }, { folder: where.decisions, by: "t", reason: "asked", now: START });
    await erase("one");
    expect(await collect(where)).toMatchObject({ rows: 3, erased: 0 });
    await eraseDecisions(
      { of: "subject", subject: "rui" },
      { folder: where.decisions, by: "t", reason: "asked", now: START },
    );
    expect(await collect(where)).toMatchObject({ rows: 0, erased: 1 });
    expect(await collect(where)).toMatchObject({ rows: 0, erased: 0 });
    const rows = await rowsOf(where.ledger);
    for (const row of rows.slice(0, 2))
      expect(row).toMatchObject({
        ...{ erased: true, score: 0.75, action: "alert", subject_1: null, reason_1: null, contribution_1: null },
        ...{ "f.amount": Number.NaN, "f.channel": null },
      });
    expect(rows[2]).toMatchObject({ id: "three", erased: false, "f.amount": 12.5 });
  });

  it("lets days and the months' keys go when their time is over", async () => {
    const where = await scratch();
    await record(where.decisions, [decision("old", { at: START - 40 * DAY }), decision("new")]);
    await collect(where);
    expect(await listDays(where.ledger)).toEqual(["2025-12-22", "2026-01-31"]);
    const kept = await collect(where, { keepDays: 30, now: START + DAY });
    expect(kept).toMatchObject({ removedDays: ["2025-12-22"], destroyedKeys: ["2025-12"] });
    await rm(join(where.ledger, "collected.json"));
    expect(await collect(where, { keepDays: 30, now: START + DAY })).toMatchObject({ rows: 0, tooOld: 1 });
    expect(await idsOf(where.ledger)).toEqual(["new"]);
  });

  it("takes back what a writer has taken back, when its disk failed after the line was read", async () => {
    const where = await scratch();
    await record(where.decisions, [decision("one"), decision("two")]);
    await collect(where);
    const [segment = ""] = await listSegments(where.decisions);
    const lines = (await readFile(linesFile(where.decisions, segment), "utf8")).split("\n");
    await truncate(linesFile(where.decisions, segment), lines.slice(0, 3).join("\n").length + 1);
    await record(where.decisions, [decision("two")], "x");
    expect((await collect(where)).rows).toBe(1);
    expect(await idsOf(where.ledger)).toEqual(["one", "two"]);
  });

  it("stops at a record that was changed, says where, and collects other segments", async () => {
    const where = await scratch();
    await record(where.decisions, [decision("one"), decision("two"), decision("three")]);
    await record(where.decisions, [decision("four")], "x", START + 1);
    const [segment = ""] = await listSegments(where.decisions);
    const path = linesFile(where.decisions, segment);
    await writeFile(path, (await readFile(path, "utf8")).replace('"id":"two"', '"id":"owt"'));
    const { rows, faults } = await collect(where);
    expect(rows).toBe(2);
    expect(faults).toEqual([{ where: segment, sequence: 4, problem: "is not what was sealed" }]);
    expect(await idsOf(where.ledger)).toEqual(["one", "four"]);
  });

  it("refuses a second process, and a folder without records", async () => {
    const where = await scratch();
    await expect(collect(where)).rejects.toThrow("There are no decision records in");
    await record(where.decisions, [decision("one")]);
    await mkdir(where.ledger);
    await writeFile(join(where.ledger, "ledger.lock"), String(process.pid));
    await expect(collect(where)).rejects.toThrow(`Process ${process.pid} is filling the ledger in`);
    // One whose process is gone is taken over.
    await writeFile(join(where.ledger, "ledger.lock"), "999999999");
    expect((await collect(where)).rows).toBe(1);
  });
});

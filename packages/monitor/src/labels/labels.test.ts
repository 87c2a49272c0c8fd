import { mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterEach, describe, expect, it } from "vitest";
import { parseColumnMap } from "../source/mapped-file.ts";
import { addLabels } from "./add-labels.ts";
import { LABEL_SOURCES, LABELS, type Label } from "./label.ts";
import { labelsFolder } from "./label-files.ts";
import { labelHistory, labelsAsOf } from "./labels-as-of.ts";
import { LABEL_COLUMNS, readLabelBatch } from "./read-batch.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-labels-"));
  folders.push(folder);
  return folder;
}

const DAY = 86_400_000;
const NOW = Date.UTC(2026, 0, 31, 12);
const label = (decisionId: string, change: Partial<Label> = {}): Label => ({
  ...{ decisionId, label: "fraud", source: "med", eventTime: null, reportTime: null, knownAt: NOW },
  ...{ typology: null, amount: null },
  ...change,
});

const NO_MAP = parseColumnMap([], LABEL_COLUMNS);
async function batch(lines: readonly string[], change: { map?: string[]; source?: string } = {}) {
  const path = join(await scratch(), "labels.csv");
  await writeFile(path, `${lines.join("\n")}\n`);
  const map = parseColumnMap(change.map ?? [], LABEL_COLUMNS);
  return readLabelBatch(path, { map, source: change.source, now: NOW });
}

describe("the ledger of labels", () => {
  it("keeps corrections beside what they correct, and the past as it was", async () => {
    const ledger = await scratch();
    await addLabels(
      ledger,
      [label("a", { knownAt: NOW - 3 * DAY }), label("b", { knownAt: NOW - 3 * DAY })],
      NOW - 3 * DAY,
    );
    const before = await labelsAsOf(ledger, NOW - 2 * DAY);
    const correction = label("a", { label: "legitimate", source: "analyst" });
    expect(await addLabels(ledger, [correction], NOW)).toEqual({ added: 1, known: 0, corrections: 1 });
    expect(await labelsAsOf(ledger, NOW - 2 * DAY)).toEqual(before);
    const now = await labelsAsOf(ledger, NOW);
    expect(now.get("a")).toMatchObject({ label: "legitimate", revision: 2 });
    expect(now.get("b")).toMatchObject({ label: "fraud", revision: 1 });
    expect((await labelHistory(ledger, "a")).map(({ label: said, revision }) => [said, revision])).toEqual([
      ["fraud", 1],
      ["legitimate", 2],
    ]);
  });

  it("lets a source take back its own word, and no other's", async () => {
    const ledger = await scratch();
    const said = (source: Label["source"], value: Label["label"], day: number) =>
      addLabels(ledger, [label("a", { source, label: value, knownAt: NOW + day * DAY })], NOW + day * DAY);
    const held = async (day: number) => (await labelsAsOf(ledger, NOW + day * DAY)).get("a")?.label;
    await said("analyst", "legitimate", 0);
    await said("analyst", "inconclusive", 1);
    await said("med", "fraud", 2);
    await said("analyst", "inconclusive", 3);
    await said("med", "inconclusive", 4);
    expect([await held(0), await held(1), await held(2), await held(3), await held(4)]).toEqual([
      ...["legitimate", undefined, "fraud", "fraud", undefined],
    ]);
  });

  it("enters the same batch once", async () => {
    const ledger = await scratch();
    const twice = [label("a"), label("a"), label("b", { typology: "mule", amount: 10.5, eventTime: NOW - DAY })];
    expect(await addLabels(ledger, twice, NOW)).toEqual({ added: 2, known: 1, corrections: 0 });
    expect(
      await addLabels(
        ledger,
        twice.map((one) => ({ ...one, knownAt: NOW + DAY })),
        NOW + DAY,
      ),
    ).toMatchObject({
      ...{ added: 0, known: 3 },
    });
    expect((await readdir(labelsFolder(ledger))).filter((name) => name.endsWith(".parquet"))).toHaveLength(1);
    expect((await labelsAsOf(ledger, NOW)).get("b")).toMatchObject({
      typology: "mule",
      amount: 10.5,
      eventTime: NOW - DAY,
    });
  });

  it("makes an earlier answer again when labels of an older knowledge were entered since", async () => {
    const ledger = await scratch();
    await addLabels(ledger, [label("a", { knownAt: NOW - DAY })], NOW);
    await addLabels(ledger, [label("b", { knownAt: NOW - 2 * DAY })], NOW + DAY);
    expect([...(await labelsAsOf(ledger, NOW)).keys()]).toEqual(["a", "b"]);
    expect([...(await labelsAsOf(ledger, NOW, NOW)).keys()]).toEqual(["a"]);
  });

  it("says at every instant what a plain list of all labels says, whatever the order and the batches", async () => {
    const one = fc.record({
      id: fc.constantFrom("a", "b", "c"),
      label: fc.constantFrom(...LABELS),
      source: fc.constantFrom(...LABEL_SOURCES),
      day: fc.integer({ min: 0, max: 9 }),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(fc.array(one, { maxLength: 6 }), { maxLength: 5 }), async (batches) => {
        const ledger = await scratch();
        const all: { id: string; source: string; label: string; day: number; place: number }[] = [];
        const last = new Map<string, string>();
        for (const many of batches) {
          const labels = many.map(({ id, label: said, source, day }) =>
            label(id, { label: said, source, knownAt: NOW + day * DAY }),
          );
          for (const { id, label: said, source, day } of many) {
            if (last.get(`${id} ${source}`) === said) continue;
            last.set(`${id} ${source}`, said);
            all.push({ id, source, label: said, day, place: all.length });
          }
          await addLabels(ledger, labels, NOW);
        }
        for (let day = -1; day < 10; day++) {
          const words = new Map<string, (typeof all)[number]>();
          for (const one of all) {
            const key = `${one.id} ${one.source}`;
            if (one.day <= day && one.day >= (words.get(key)?.day ?? -1)) words.set(key, one);
          }
          const expected = new Map<string, (typeof all)[number]>();
          for (const one of [...words.values()].sort((a, b) => a.day - b.day || a.place - b.place))
            if (one.label !== "inconclusive") expected.set(one.id, one);
          const held = await labelsAsOf(ledger, NOW + day * DAY);
          expect(new Map([...held].map(([id, { label: said }]) => [id, said]))).toEqual(
            new Map([...expected].map(([id, { label: said }]) => [id, said])),
          );
        }
      }),
      { numRuns: 25 },
    );
  });
});

describe("a file of labels", () => {
  it("is read by our names or by its own", async () => {
    const rows = await batch(
      ["transfer,fraud,report_time,amount,typology", "a,1,2026-01-30T10:00:00-03:00,12.5,mule", "b,0,,,"],
      { map: ["decision_id=transfer", "label=fraud"], source: "med" },
    );
    expect(rows).toEqual([
      label("a", { reportTime: Date.UTC(2026, 0, 30, 13), amount: 12.5, typology: "mule" }),
      label("b", { label: "legitimate" }),
    ]);
  });

  it.each([
    [["label", "1"], "has no column 'decision_id'"],
    [["decision_id,label", "a,1"], "say with --source where its labels are from"],
    [
      ["decision_id,label,source", "a,maybe,med"],
      "row 1, column 'label': 'maybe' is no label; expected fraud, legitimate, inconclusive",
    ],
    [
      ["decision_id,label,source", "a,1,rumour"],
      "row 1, column 'source': 'rumour' is no source of labels; known are med",
    ],
    [["decision_id,label,source", "a,1,med", ",1,med"], "row 2, column 'decision_id': the cell is empty"],
    [
      ["decision_id,label,source", "a,1,med", "b,1,med", "a,0,med"],
      "rows 1 and 3 contradict each other: decision 'a' is fraud",
    ],
    [
      ["decision_id,label,source,known_at", "a,1,med,2026-02-01T00:00:00Z"],
      "column 'known_at': 2026-02-01T00:00:00.000Z is in the future",
    ],
    [["decision_id,label,source,known_at", "a,1,med,2026-01-01"], "is no instant; expected milliseconds since 1970"],
    [
      ["decision_id,label,source,event_time,report_time", "a,1,med,2026-01-30T00:00:00Z,2026-01-29T00:00:00Z"],
      "report_time 2026-01-29T00:00:00.000Z is before event_time",
    ],
    [["decision_id,label,source,amount", "a,1,med,much"], "column 'amount': 'much' is no number"],
  ])("that holds %j is refused with one sentence", async (lines, sentence) => {
    await expect(batch(lines)).rejects.toThrow(sentence);
  });

  it("may be ahead of our clock by a few minutes", async () => {
    const soon = new Date(NOW + 60_000).toISOString();
    expect(await batch(["decision_id,label,source,known_at", `a,1,med,${soon}`])).toHaveLength(1);
  });

  it("has a mapping that is checked", async () => {
    expect(() => parseColumnMap(["id"], LABEL_COLUMNS)).toThrow("'id' cannot be read");
    expect(() => parseColumnMap(["id=x"], LABEL_COLUMNS)).toThrow(
      "names 'id', which is no column here; known are decision_id",
    );
    expect(() => parseColumnMap(["label=x", "label=y"], LABEL_COLUMNS)).toThrow("mapped twice");
    await expect(batch(["a,b", "1,2"], { map: ["label=c"] })).rejects.toThrow(
      "has no column 'c', which 'label' is mapped to",
    );
    await expect(readLabelBatch("labels.xlsx", { map: NO_MAP, now: NOW })).rejects.toThrow("expected .csv, .jsonl");
  });
});

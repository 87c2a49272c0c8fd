import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Random } from "@esteira/models/evaluation/random";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { addLabels } from "../labels/add-labels.ts";
import type { Label } from "../labels/label.ts";
import type { LedgerRow } from "../ledger/ledger-row.ts";
import { openLedgerWriter } from "../ledger/ledger-writer.ts";
import { weightOf } from "../ledger/sampling.ts";
import { readState } from "../ledger/state.ts";
import { parseColumnMap } from "../source/mapped-file.ts";
import { type LedgerReportOptions, reportOnLedger } from "./ledger-report.ts";
import { REFERENCE_COLUMNS } from "./reference-file.ts";
import { reportFiles } from "./report-files.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 1);
const DAYS = 56;
const PER_DAY = 250;
const WINDOW = { from: START + 28 * DAY, to: START + DAYS * DAY };
const NAMES = ["amount", "channel"];

interface World {
  readonly change?: (row: LedgerRow, day: number) => Partial<LedgerRow>;
  /** Share of the decisions without an alert that is kept. */
  readonly share?: number;
  readonly labels?: boolean;
}

/** 56 days of decisions: one in fifty is a fraud, of which the model catches seven in ten; labels come after four days. */
function world({ change = () => ({}), share = 1, labels = true }: World): { rows: LedgerRow[]; labels: Label[] } {
  const random = new Random(7);
  const uniform = () => (random.next32() + 0.5) / 2 ** 32;
  const rows: LedgerRow[] = [];
  const told: Label[] = [];
  for (let i = 0; i < DAYS * PER_DAY; i++) {
    const at = START + Math.floor((i / PER_DAY) * DAY);
    const isFraud = uniform() < 0.02;
    const isAlert = isFraud ? uniform() < 0.7 : uniform() < 0.01;
    const score = isAlert ? 0.5 + 0.5 * uniform() : 0.05 * uniform();
    const [typology, delay] = uniform() < 0.5 ? ["mule", 2 * DAY] : ["takeover", 6 * DAY];
    const row: LedgerRow = {
      ...{ id: `t${i}`, at, eventAt: at - 20, model: { name: "pix", version: "1", digest: "d".repeat(64) }, arm: null },
      ...{ score, threshold: 0.5, action: isAlert ? "alert" : "allow", latencyMs: 1 + uniform(), subjects: [] },
      reasons: isAlert ? [{ feature: "amount", contribution: 1 + uniform() }] : [],
      ...{ weight: 1, erased: false, source: "s", sequence: i + 1, slot: null, names: NAMES },
      values: [Math.exp(uniform()), uniform() < 0.5 ? "app" : "web"],
    };
    const made = { ...row, ...change(row, Math.floor(i / PER_DAY)) };
    const weight = weightOf(made, share);
    if (weight !== undefined) rows.push({ ...made, weight });
    if (labels && isFraud)
      told.push({
        ...{ decisionId: row.id, label: "fraud", source: "med", eventTime: at, reportTime: null },
        ...{ knownAt: at + delay * (0.5 + uniform()), typology, amount: 100 },
      });
  }
  return { rows, labels: told };
}

let root = "";
let made = 0;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-report-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

async function ledgerOf(options: World = {}): Promise<string> {
  const ledger = join(root, `ledger-${made++}`);
  const { rows, labels } = world(options);
  const writer = openLedgerWriter(ledger);
  for (const row of rows) {
    await writer.open(row.at);
    writer.add(row);
  }
  await writer.flush(await readState(ledger));
  for (const one of labels) expect(one.knownAt).toBeGreaterThan(START);
  await addLabels(ledger, labels, WINDOW.to);
  return ledger;
}

const report = (ledger: string, change: Partial<LedgerReportOptions> = {}) =>
  reportOnLedger({
    ...{ ledger, asOf: WINDOW.to, window: WINDOW, currency: "BRL", settings: { maturityDays: 14 } },
    reference: { window: { from: START, to: WINDOW.from } },
    ...change,
  });

describe("a report from the ledgers", () => {
  it("says what was decided, what is known, and how soon labels of each kind come", async () => {
    const ledger = await ledgerOf();
    const { report: told, notes } = await report(ledger);
    expect(told.verdict).toBe("ok");
    expect(notes).toEqual([]);
    expect(told.alertRate.transfers).toBeGreaterThan(28 * PER_DAY - 2);
    expect(told.performance.mature?.recall).toBeGreaterThan(0.6);
    expect(told.performance.mature?.recall).toBeLessThan(0.8);
    expect(told.performance.mature?.money).toBe((told.performance.mature?.frauds ?? 0) * 100);
    expect(told.drift.map(({ feature, kind, level }) => [feature, kind, level]).sort()).toEqual([
      ["amount", "number", "stable"],
      ["channel", "category", "stable"],
    ]);
    const delays = new Map(told.maturityByTypology.map(({ name, curve }) => [name, curve.medianDays]));
    expect(delays.get("mule")).toBeCloseTo(2, 0);
    expect(delays.get("takeover")).toBeCloseTo(6, 0);
    for (const { content } of reportFiles(told)) expect(content).not.toContain("NaN");
  });

  it("is the same again as of the same instant, whatever was learned since", async () => {
    const ledger = await ledgerOf();
    const asOf = WINDOW.to - 5 * DAY;
    const before = await report(ledger, { asOf });
    await addLabels(
      ledger,
      Array.from({ length: 50 }, (_, i) => ({
        ...{ decisionId: `t${8000 + i}`, label: "fraud" as const, source: "analyst" as const, eventTime: null },
        ...{ reportTime: null, knownAt: WINDOW.to + DAY, typology: "new kind", amount: null },
      })),
      WINDOW.to + DAY,
    );
    const again = await report(ledger, { asOf, recordedBy: WINDOW.to });
    expect(again.report).toEqual(before.report);
  });

  it("of a sampled ledger has the figures of the whole one, within what its sample knows", async () => {
    const { report: whole } = await report(await ledgerOf());
    const { report: sampled } = await report(await ledgerOf({ share: 0.25 }));
    expect(Math.abs(sampled.alertRate.transfers / whole.alertRate.transfers - 1)).toBeLessThan(0.05);
    expect(sampled.alertRate.alerts).toBe(whole.alertRate.alerts);
    const mature = sampled.performance.mature;
    expect(mature?.recallInterval.low).toBeLessThan(whole.performance.mature?.recall ?? 0);
    expect(mature?.recallInterval.high).toBeGreaterThan(whole.performance.mature?.recall ?? 1);
    const width = ({ low, high }: { low: number; high: number }) => high - low;
    expect(width(mature!.recallInterval)).toBeGreaterThan(width(whole.performance.mature!.recallInterval));
    expect(sampled.scoreDrift.level).toBe("stable");
  });

  it("says that nothing is known where no label has come", async () => {
    const { report: told, notes } = await report(await ledgerOf({ labels: false }));
    expect(notes.join(" ")).toContain("No decision of this window has a label yet");
    expect(told.performance.mature?.recall).toBeNaN();
    expect(told.verdict).toBe("ok");
    expect(told.maturityByTypology).toEqual([]);
    for (const { content } of reportFiles(told)) expect(content).not.toContain("NaN");
  });

  it("is of one version where ten decide at once, and says which others there are", async () => {
    const ledger = await ledgerOf({
      change: ({ model }, day) => ({ model: { ...model, version: day % 11 === 0 ? "9" : String((day % 10) + 10) } }),
    });
    const { report: told, notes } = await report(ledger);
    expect(told.identity.version).toMatch(/^1\d$/);
    expect(notes[0]).toMatch(/^10 other versions decided in this window/);
    const { report: asked } = await report(ledger, { version: "9" });
    expect(asked.identity.version).toBe("9");
    expect(asked.alertRate.transfers).toBeLessThan(4 * PER_DAY);
    await expect(report(ledger, { version: "77" })).rejects.toThrow("has no decision of version 77");
  });

  it("asks which model is meant where several decide", async () => {
    const ledger = await ledgerOf({
      change: ({ model }, day) => ({ model: { ...model, name: day % 2 ? "pix" : "card" } }),
    });
    await expect(report(ledger)).rejects.toThrow(
      "Several models decided in this span (card, pix): say which with --model",
    );
    expect((await report(ledger, { model: "card" })).report.identity.model).toBe("card");
  });

  it("says to act where nothing was decided any more", async () => {
    const ledger = await ledgerOf();
    const window = { from: WINDOW.to + DAY, to: WINDOW.to + 8 * DAY };
    const { report: told } = await report(ledger, { window, asOf: window.to, reference: { window: WINDOW } });
    expect(told.verdict).toBe("act");
    expect(told.reasons[0]?.code).toBe("noTraffic");
    expect(told.identity).toMatchObject({ model: "pix", version: "1" });
    for (const { content } of reportFiles(told)) expect(content).not.toContain("NaN");
  });

  it("notices scores that are all equal", async () => {
    const ledger = await ledgerOf({
      change: (_, day) => (day < 28 ? {} : { score: 0.1, action: "allow", reasons: [] }),
    });
    const { report: told } = await report(ledger);
    expect(told.scoreDrift.level).toBe("act");
    expect(told.alertRate.rate).toBe(0);
    expect(told.verdict).toBe("act");
    for (const { content } of reportFiles(told)) expect(content).not.toContain("NaN");
  });

  it("shows a feature that was missing for an hour, and does not call for action on it alone", async () => {
    const ledger = await ledgerOf({
      change: ({ at, values }) =>
        at > WINDOW.from + DAY && at < WINDOW.from + DAY + DAY / 24 ? { values: [null, values[1]] } : {},
    });
    const { report: told } = await report(ledger);
    const amount = told.drift.find(({ feature }) => feature === "amount");
    expect(amount?.missingCurrent).toBeGreaterThan(0);
    expect(amount?.missingReference).toBe(0);
    expect(told.verdict).toBe("ok");
  });

  it("counts what was erased, and compares features without it", async () => {
    const ledger = await ledgerOf({
      change: (_, day) => (day >= 28 && day % 2 === 0 ? { erased: true, values: [null, null], reasons: [] } : {}),
    });
    const { report: told } = await report(ledger);
    expect(told.alertRate.transfers).toBeGreaterThan(28 * PER_DAY - 2);
    expect(told.drift.every(({ missingCurrent }) => missingCurrent === 0)).toBe(true);
  });

  it("may compare with a file of rows that the model was accepted on", async () => {
    const ledger = await ledgerOf();
    const { rows, labels } = world({});
    const fraud = new Map(labels.map((label) => [label.decisionId, label]));
    const lines = rows.slice(0, 28 * PER_DAY).map(({ id, score, values }) => {
      const label = fraud.get(id);
      return [score, label === undefined ? 0 : 1, label?.typology ?? "", Number(values[0]) * 3, values[1]].join(",");
    });
    const file = join(root, "reference.csv");
    await writeFile(file, `prediction,label,typology,amount,channel\n${lines.join("\n")}\n`);
    const map = parseColumnMap(["score=prediction"], REFERENCE_COLUMNS);
    const { report: told } = await report(ledger, { reference: { file, map } });
    expect(told.drift[0]).toMatchObject({ feature: "amount", level: "act" });
    expect(told.novelty.typologies.map(({ name }) => name).sort()).toEqual(["mule", "takeover"]);
    expect(told.verdict).toBe("act");
    await expect(report(ledger, { reference: { file, map: parseColumnMap([], REFERENCE_COLUMNS) } })).rejects.toThrow(
      "has no column 'score'",
    );
  });

  it("refuses what it cannot tell", async () => {
    await expect(report(join(root, "nowhere"))).rejects.toThrow("There is no ledger in");
    const ledger = await ledgerOf({ change: () => ({ threshold: null }) });
    await expect(report(ledger)).rejects.toThrow("says its threshold: give it with --threshold");
    expect((await report(ledger, { threshold: 0.5 })).report.verdict).toBe("ok");
    const early = { window: { from: START - 9 * DAY, to: START - 8 * DAY } };
    await expect(report(ledger, { threshold: 0.5, reference: early })).rejects.toThrow(
      "has no decision of pix version 1",
    );
  });
});

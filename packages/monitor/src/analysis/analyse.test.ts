import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { seasonalWeights } from "@esteira/lifecycle/monitoring/distribution/season";
import { driftTable } from "@esteira/lifecycle/monitoring/drift";
import { STANDARD_SETTINGS } from "@esteira/lifecycle/monitoring/settings";
import { Random } from "@esteira/models/evaluation/random";
import { parquetWriteFile } from "hyparquet-writer";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AnalysisInput, analyse } from "./analyse.ts";

const DAY = 86_400_000;
const START = Date.UTC(2026, 0, 5);

interface Rows {
  readonly time: Float64Array;
  readonly amount: Float64Array;
  readonly channel: string[];
}

/** Rows of a day, evenly spread. */
function rowsOf(seed: number, rows: number, from: number, { shift = 0, channels = ["app", "web"] } = {}): Rows {
  const random = new Random(seed);
  const amount = Float64Array.from({ length: rows }, () =>
    random.below(20) === 0 ? Number.NaN : Math.floor(1000 * (random.next32() / 2 ** 32) ** 2) + shift,
  );
  return {
    time: Float64Array.from({ length: rows }, (_, row) => from + (row / rows) * DAY),
    amount,
    channel: Array.from({ length: rows }, () => channels[random.below(channels.length)]!),
  };
}

function write(filename: string, { time, amount, channel }: Rows, rowGroupSize: number): void {
  parquetWriteFile({
    filename,
    columnData: [
      { name: "event_at", data: Array.from(time, (instant) => new Date(instant)), type: "TIMESTAMP" },
      { name: "amount", data: Array.from(amount, (value) => (Number.isNaN(value) ? null : value)), type: "DOUBLE" },
      { name: "channel", data: channel, type: "STRING" },
    ],
    rowGroupSize,
  });
}

describe("decisions in files", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "esteira-analysis-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  const input = (name: string, more: Partial<AnalysisInput> = {}): AnalysisInput => ({
    files: [join(folder, `${name}.parquet`)],
    span: { from: START, to: START + DAY },
    reference: { files: [join(folder, "reference.parquet")], span: { from: START - 7 * DAY, to: START } },
    time: "event_at",
    columns: [
      { column: "amount", kind: "number", importance: 0.6 },
      { column: "channel", kind: "category", importance: 0.4 },
    ],
    ...more,
  });

  it("drift as the same rows do in memory, to the last digits, however they lie in row groups", async () => {
    const before = rowsOf(1, 4000, START - 7 * DAY);
    const now = rowsOf(2, 6000, START, { shift: 80, channels: ["app", "web", "watch"] });
    write(join(folder, "reference.parquet"), before, 900);
    write(join(folder, "now.parquet"), now, 777);
    const found = await analyse(input("now"));
    const { weights } = seasonalWeights(before.time, now.time, STANDARD_SETTINGS.offsetHours);
    const inMemory = driftTable(
      [{ name: "amount", kind: "number", reference: before.amount, current: now.amount, importance: 0.6, weights }],
      STANDARD_SETTINGS,
    )[0]!;
    expect(found).toMatchObject({ rows: 6000, referenceRows: 4000, seasonCovered: 1 });
    expect(found.hours).toHaveLength(24);
    const amount = found.drift.find(({ feature }) => feature === "amount")!;
    for (const distance of ["psi", "ks", "jensenShannon", "wasserstein", "missingCurrent"] as const)
      expect(amount[distance]).toBeCloseTo(inMemory[distance], 9);
    const channel = found.drift.find(({ feature }) => feature === "channel")!;
    expect(channel.unseen).toBeCloseTo(now.channel.filter((name) => name === "watch").length / 6000, 12);
    expect(channel.level).toBe("act");
  });

  it("are counted the same on several threads", async () => {
    write(join(folder, "large.parquet"), rowsOf(3, 450_000, START, { shift: 10 }), 60_000);
    const [alone, together] = [
      await analyse(input("large", { threads: 1 })),
      await analyse(input("large", { threads: 2 })),
    ];
    expect(together).toEqual(alone);
    expect(together.rows).toBe(450_000);
  }, 120_000);

  it("outside of the span are left out, and none at all is no fault", async () => {
    const half = await analyse(input("now", { span: { from: START, to: START + DAY / 2 } }));
    expect(half.rows).toBe(3000);
    expect(half.newest).toBeLessThan(START + DAY / 2);
    const none = await analyse(input("now", { span: { from: START + DAY, to: START + 2 * DAY } }));
    expect(none).toMatchObject({ rows: 0, hours: [], newest: Number.NaN });
    expect(none.drift.every(({ psi, level }) => Number.isNaN(psi) && level === "stable")).toBe(true);
  });

  it("that lack a column, are no Parquet, or have no reference are refused in one sentence", async () => {
    await expect(analyse(input("now", { time: "at" }))).rejects.toThrow(
      /now\.parquet has no column 'at'; it has event_at/,
    );
    await expect(analyse(input("absent"))).rejects.toThrow(/absent\.parquet/);
    const reference = { ...input("now").reference, span: { from: 0, to: 1 } };
    await expect(analyse(input("now", { reference }))).rejects.toThrow("The reference has no row in its span");
  });
});

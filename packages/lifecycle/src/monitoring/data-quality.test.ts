import { Random } from "@esteira/models/evaluation/random";
import { describe, expect, it } from "vitest";
import { dataQuality } from "./data-quality.ts";
import type { FeatureSample } from "./drift.ts";
import { monitor } from "./monitor.ts";
import { STANDARD_SETTINGS } from "./settings.ts";
import { DAY, START, world } from "./test-world.ts";

const HOUR = 3_600_000;
const DAYS = 14;
const PER_HOUR = 40;
const ROWS = DAYS * 24 * PER_HOUR;

/** Four weeks of a reference, then two of a window, with a feature of money and one that is often missing. */
function instants(from: number, days: number): Float64Array {
  return Float64Array.from({ length: days * 24 * PER_HOUR }, (_, row) => from + (row / PER_HOUR) * HOUR);
}

function sample(
  seed: number,
  change: Partial<{ amount(value: number, row: number): number; age(value: number, row: number): number }> = {},
) {
  const random = new Random(seed);
  const uniform = () => (random.next32() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const amounts = (rows: number) => Float64Array.from({ length: rows }, () => Math.exp(4 + normal()));
  const ages = (rows: number) =>
    Float64Array.from({ length: rows }, () => (uniform() < 0.1 ? Number.NaN : 100 * uniform()));
  const feature = (name: string, reference: Float64Array, current: Float64Array): FeatureSample => ({
    ...{ name, kind: "number", reference, current, importance: 0.2 },
  });
  return [
    feature("amount", amounts(2 * ROWS), amounts(ROWS).map(change.amount ?? ((value) => value))),
    feature("age", ages(2 * ROWS), ages(ROWS).map(change.age ?? ((value) => value))),
  ];
}

const WINDOW = { from: START, to: START + DAYS * DAY };
const TIMES = instants(START, DAYS);
const REFERENCE_TIMES = instants(START - 2 * DAYS * DAY, 2 * DAYS);
const qualityOf = (features: readonly FeatureSample[], times = TIMES) =>
  dataQuality(
    features,
    { window: WINDOW, times, referenceTimes: REFERENCE_TIMES, windowTimes: TIMES },
    STANDARD_SETTINGS,
  );

describe("dataQuality", () => {
  it("finds nothing in a hundred worlds where nothing is wrong", () => {
    const found = Array.from({ length: 100 }, (_, seed) => qualityOf(sample(seed + 1)));
    const alarms = found.filter(({ rescaled, beyond, missing, silent }) =>
      [rescaled, beyond, missing ?? [], silent ?? []].some((list) => list.length > 0),
    );
    expect(alarms.length).toBeLessThanOrEqual(2);
  });

  it("tells a unit from a market that has moved", () => {
    const cents = qualityOf(sample(1, { amount: (value) => value * 100 }));
    expect(cents.rescaled).toMatchObject([{ feature: "amount" }]);
    expect(cents.rescaled[0]?.factor).toBeCloseTo(100, -1);
    expect(cents.beyond).toEqual([]);
    expect(qualityOf(sample(1, { amount: (value) => value * 3 })).rescaled).toEqual([]);
    // Larger amounts move more than small ones: that is drift.
    expect(qualityOf(sample(1, { amount: (value) => value ** 1.6 })).rescaled).toEqual([]);
  });

  it("names values that nobody has seen before, and none that chance brings", () => {
    const [found] = qualityOf(sample(1, { age: (value, row) => (row % 200 === 0 ? -50 : value) })).beyond;
    expect(found?.feature).toBe("age");
    expect(found?.above).toBe(0);
    expect(found?.below).toBeGreaterThan(50);
    expect(found?.share).toBeCloseTo(0.0055, 3);
    // An age grows with time: a little beyond is no other world.
    expect(qualityOf(sample(1, { age: (value) => value + 5 })).beyond).toEqual([]);
    // Five values of a million-like one are sure, and harm nobody.
    expect(qualityOf(sample(1, { age: (value, row) => (row < 5 ? 1e6 : value) })).beyond).toEqual([]);
  });

  it("finds the hours in which a feature was missing, beside those in which it always is", () => {
    const from = START + 3 * DAY + 5 * HOUR;
    const isOut = (row: number) => TIMES[row]! >= from && TIMES[row]! < from + 2 * HOUR;
    const gone = qualityOf(sample(1, { age: (value, row) => (isOut(row) ? Number.NaN : value) }));
    expect(gone.missing).toEqual([
      { feature: "age", from, to: from + 2 * HOUR, rows: 2 * PER_HOUR, missing: 2 * PER_HOUR },
    ]);
    // Missing all the time is drift, and no hour's.
    expect(qualityOf(sample(1, { age: () => Number.NaN })).missing).toEqual([]);
  });

  it("finds hours without decisions where the week has many", () => {
    const from = START + 9 * DAY + 20 * HOUR;
    const heard = TIMES.filter((time) => time < from || time >= from + HOUR);
    expect(qualityOf(sample(1), heard).silent).toMatchObject([{ from, to: from + HOUR }]);
    expect(qualityOf(sample(1), heard).silent?.[0]?.expected).toBeCloseTo(PER_HOUR, 0);
    expect(qualityOf(sample(1), new Float64Array()).silent).toEqual([]);
  });

  it("is said in the report, in both languages", () => {
    const input = world({ days: 28 });
    const [feature] = input.features;
    if (feature === undefined) throw new Error("The world has no feature.");
    const money = Float64Array.from(feature.reference, Math.exp);
    const report = monitor({
      ...input,
      features: [
        { ...feature, reference: money, current: Float64Array.from(feature.current, (log) => 100 * Math.exp(log)) },
      ],
    });
    const said = report.reasons.find(({ code }) => code === "featureRescaled");
    expect(said?.level).toBe("act");
    expect(said?.text.en).toMatch(/^All values of amount_log are (9\d(\.\d)?|10\d) times what they were/);
    expect(said?.text["pt-BR"]).toMatch(/^Todos os valores de amount_log são (9\d(,\d)?|10\d) vezes/);
    expect(report.quality.silent).toBeNull();
  });
});

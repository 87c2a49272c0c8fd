import type { Metric } from "@esteira/core/entities/metric";
import type { ExperimentId, RunId } from "@esteira/core/ids";
import { runId } from "@esteira/core/ids";
import { LIMITS } from "@esteira/core/names";
import { parseJson } from "@esteira/core/wire/json";
import { metricToWire } from "@esteira/core/wire/metric";
import { beforeAll, describe, expect, test } from "vitest";
import type { RunQuerySubject } from "./run-query-contract.ts";
import { seededRandom } from "./sample-data.ts";
import { NO_ENTRIES, newExperiment, newRun, refused } from "./support.ts";

/** Long enough to be kept as blocks: of one that is still read point by point, and of one that the database cuts. */
const LONG = [8000, 25_000];

/** Histories thinned for charts, beside what a simple reading of all points says. */
export function describeSampledHistories(subject: RunQuerySubject): void {
  describe("thinned histories", () => {
    let id: ExperimentId;
    const random = seededRandom(11);
    beforeAll(async () => {
      id = await newExperiment(subject.store);
    });

    async function logged(points: readonly Omit<Metric, "key">[], run?: RunId): Promise<RunId> {
      const into = run ?? (await newRun(subject.store, id));
      for (let at = 0; at < points.length; at += LIMITS.batchMetrics) {
        const metrics = points.slice(at, at + LIMITS.batchMetrics).map((point) => ({ key: "m", ...point }));
        await subject.store.logBatch(into, { ...NO_ENTRIES, metrics });
      }
      return into;
    }

    /** What must be true of a thinned history, whatever way it was made in. */
    async function check(run: RunId, maxPoints: number, range: { startStep?: number; endStep?: number } = {}) {
      const all = await subject.store.getMetricHistoryBulk({
        runIds: [run],
        metricKey: "m",
        maxResults: 1_000_000,
        ...(range.startStep === undefined
          ? {}
          : { startStep: range.startStep, endStep: range.endStep ?? Number.MAX_SAFE_INTEGER }),
      });
      const [sample] = await subject.store.sampleHistories({ runIds: [run], metricKey: "m", maxPoints, ...range });
      if (sample === undefined) throw new Error("no answer for the run");
      const plain = all.map(({ runId: _, ...point }) => point);
      const numbers = plain.map((point) => point.value).filter((value) => !Number.isNaN(value));
      expect(sample.totalCount).toBe(plain.length);
      expect(sample.nanCount).toBe(plain.length - numbers.length);
      expect(sample.infiniteCount).toBe(numbers.filter((value) => Math.abs(value) === Number.MAX_VALUE).length);
      expect(sample.points.length).toBeLessThanOrEqual(maxPoints);
      expect(sample.points[0]).toEqual(plain[0]);
      expect(sample.points.at(-1)).toEqual(plain.at(-1));
      const values = sample.points.map((point) => point.value).filter((value) => !Number.isNaN(value));
      const largest = (list: readonly number[]) => list.reduce((a, b) => Math.max(a, b), Number.NEGATIVE_INFINITY);
      expect(largest(values)).toBe(largest(numbers));
      expect(largest(values.map((value) => -value))).toBe(largest(numbers.map((value) => -value)));
      const known = new Set(plain.map((point) => `${point.step} ${point.timestamp} ${point.value}`));
      const isKnown = ({ step, timestamp, value }: Metric) => known.has(`${step} ${timestamp} ${value}`);
      expect(sample.points.every(isKnown)).toBe(true);
      const steps = sample.points.map((point) => Number(point.step));
      expect(steps).toEqual(steps.toSorted((a, b) => a - b));
      return sample;
    }

    const wave = (count: number, stepOf = (index: number) => index) =>
      Array.from({ length: count }, (_, index) => ({
        value: Math.sin(index / 50) + random() / 10,
        timestamp: 1_700_000_000_000 + index,
        step: stepOf(index),
      }));

    test("that fit come whole, and by step", async () => {
      const run = await logged([...wave(30)].reverse());
      expect((await check(run, 30)).points).toHaveLength(30);
      const none = await subject.store.sampleHistories({ runIds: [run, runId("nope")], metricKey: "x", maxPoints: 9 });
      expect(none).toEqual(
        [run, runId("nope")].map((one) => ({ runId: one, totalCount: 0, nanCount: 0, infiniteCount: 0, points: [] })),
      );
    });

    test("keep every peak of their parts, both ends, and what is NaN or infinite", async () => {
      const points = wave(3000).map((point, index) => ({
        ...point,
        value:
          index % 700 === 5
            ? Number.NaN
            : index === 1234
              ? Number.POSITIVE_INFINITY
              : index >= 2000 && index < 2100
                ? Number.NaN
                : point.value,
      }));
      const run = await logged(points);
      for (const maxPoints of [4, 5, 10, 100, 1000, 2999]) await check(run, maxPoints);
      const { points: kept } = await check(run, 200);
      // A part of nothing but NaN shows that there is a gap.
      expect(kept.some((point) => Number.isNaN(point.value) && point.step > 2000 && point.step < 2100)).toBe(true);
      // Each of the parts has its peaks: no point is further from a kept one than two parts.
      expect(kept.length).toBeGreaterThan(150);
    });

    test("of many points at few steps keep what they can", async () => {
      const run = await logged(wave(2500, (index) => (index < 2490 ? index % 3 : 1_000_000_000 + index)));
      for (const maxPoints of [4, 50, 1000]) await check(run, maxPoints);
    });

    test("of a long one can be had as the JSON of their points", async () => {
      const { store } = subject;
      const key = "a key: ação/1";
      const run = await newRun(store, id);
      expect(await store.longHistoryJson(run, key)).toBeUndefined();
      const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1, -0, 1e-300, 5e-324, 1 / 3];
      for (let from = 0; from < 6000; from += 1000) {
        const metrics = Array.from({ length: 1000 }, (_, index) => {
          const at = from + index;
          const wide = at === 5999 ? 9_007_199_254_740_993n : at;
          return { key, value: values[at] ?? random(), timestamp: at === 5999 ? wide : at % 1500, step: wide };
        });
        await store.logBatch(run, { ...NO_ENTRIES, metrics });
      }
      const { items } = await store.getMetricHistory({ runId: run, metricKey: key });
      const json = parseJson(`[${new TextDecoder().decode(await store.longHistoryJson(run, key))}]`);
      expect(json).toEqual(items.map(metricToWire));
    });

    test.each(LONG)(
      "of one of %i points are kept up to date, whatever is logged and in whatever order",
      async (long) => {
        const run = await logged(wave(long));
        await check(run, 2000);
        const again = await check(run, 2000);
        expect(again.points.length).toBeGreaterThan(1500);
        await logged([{ value: 99, timestamp: 1, step: 77 }], run);
        expect((await check(run, 100)).points.some((point) => point.value === 99)).toBe(true);
        await logged([{ value: -99, timestamp: 2, step: long + 500 }], run);
        await check(run, 100);
        await logged([{ value: Number.NaN, timestamp: 2, step: -10 }], run);
        await check(run, 100);
        await logged(
          wave(1500, (index) => long + 1000 + index),
          run,
        );
        await check(run, 300);
        await check(run, 300, { startStep: 1000, endStep: long - 1000 });
        await check(run, 300, { startStep: 5, endStep: 10 });
        await check(run, 4000, { startStep: 20, endStep: long + 2000 });
      },
    );

    test.each(LONG)("of one of %i points whose steps are crowded are cut where the points are", async (long) => {
      const crowded = await logged(wave(long, (index) => (index < long - 1 ? index : 4_000_000_000)));
      expect((await check(crowded, 2000)).points.length).toBeGreaterThan(1000);
      const repeated = await logged(wave(long, (index) => Math.floor(index / 5000)));
      await check(repeated, 100);
      const wide = { value: 5, timestamp: 1, step: 9_007_199_254_740_993n };
      await logged([wide], repeated);
      const [sample] = await subject.store.sampleHistories({ runIds: [repeated], metricKey: "m", maxPoints: 50 });
      expect(sample?.points.at(-1)).toEqual({ key: "m", ...wide });
      expect(sample?.totalCount).toBe(long + 1);
    });

    test("refuse a number of points that is no chart", async () => {
      for (const maxPoints of [0, 3, 5001, Number.NaN]) {
        await refused(
          subject.store.sampleHistories({ runIds: [], metricKey: "m", maxPoints }),
          "INVALID_PARAMETER_VALUE",
          "expected 4 to 5000 points",
        );
      }
    });
  });
}

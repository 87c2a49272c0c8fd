import { runId } from "@esteira/core/ids";
import { describe, expect, test } from "vitest";
import { NO_ENTRIES, newExperiment, newRun, refused, type TrackingSubject } from "./support.ts";

export function describeHistories(subject: TrackingSubject): void {
  describe("metric histories", () => {
    test("come in pages", async () => {
      const run = await newRun(subject.store, await newExperiment(subject.store));
      const metrics = [0, 1, 2].map((step) => ({ key: "m", value: step, timestamp: 1, step }));
      await subject.store.logBatch(run, { ...NO_ENTRIES, metrics });
      const first = await subject.store.getMetricHistory({ runId: run, metricKey: "m", maxResults: 2 });
      expect(first).toEqual({ items: metrics.slice(0, 2), nextPageToken: "eyJvZmZzZXQiOiAyfQ==" });
      const last = await subject.store.getMetricHistory({
        runId: run,
        metricKey: "m",
        maxResults: 2,
        pageToken: first.nextPageToken ?? "",
      });
      expect(last).toEqual({ items: metrics.slice(2) });
      expect(await subject.store.getMetricHistory({ runId: runId("nope"), metricKey: "m" })).toEqual({ items: [] });
      await refused(
        subject.store.getMetricHistory({ runId: run, metricKey: "m", maxResults: 0 }),
        "INVALID_PARAMETER_VALUE",
        "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer.",
      );
      await refused(
        subject.store.getMetricHistory({ runId: run, metricKey: "m", pageToken: "zzz" }),
        "INVALID_PARAMETER_VALUE",
        "Invalid page token, could not base64-decode",
      );
    });

    test("keep all digits of steps and times, however many bits they have", async () => {
      const id = await newExperiment(subject.store);
      const run = await newRun(subject.store, id);
      const largest = 9_223_372_036_854_775_807n;
      const metrics = [
        { key: "m", value: 3, timestamp: 1, step: -largest - 1n },
        { key: "m", value: 1, timestamp: 9_007_199_254_740_993n, step: 9_007_199_254_740_992n },
        { key: "m", value: 2, timestamp: 9_007_199_254_740_994n, step: 9_007_199_254_740_993n },
        { key: "m", value: 4, timestamp: largest, step: largest },
      ];
      const [least, even, odd, most] = metrics;
      await subject.store.logBatch(run, { ...NO_ENTRIES, metrics: [odd!, even!] });
      expect((await subject.store.getRun(run)).data.metrics).toEqual([odd]);
      await subject.store.logBatch(run, { ...NO_ENTRIES, metrics: [most!] });
      await subject.store.logBatch(run, { ...NO_ENTRIES, metrics: [least!, odd!] });
      expect((await subject.store.getMetricHistory({ runId: run, metricKey: "m" })).items).toEqual(metrics);
      const found = await subject.store.searchRuns({ experimentIds: [id], filter: "metrics.m = 4" });
      expect(found.items[0]?.data.metrics).toEqual([most]);
      const query = { runIds: [run], metricKey: "m", maxResults: 10 };
      const between = { ...query, startStep: 9_007_199_254_740_993n, endStep: largest - 1n };
      expect((await subject.store.getMetricHistoryBulk(between)).map((metric) => metric.step)).toEqual([odd!.step]);
      expect((await subject.store.getMetricHistoryBulk(query)).map((metric) => metric.step)).toEqual(
        metrics.map((metric) => metric.step),
      );
      const model = await subject.store.createLoggedModel({ experimentId: id, params: [], tags: [] });
      await subject.store.logBatch(run, { ...NO_ENTRIES, metrics: [{ ...most!, modelId: model.modelId }] });
      expect((await subject.store.getLoggedModel(model.modelId)).metrics).toMatchObject([most!]);
      await subject.store.logOutputs(run, { models: [{ modelId: model.modelId, step: largest }] });
      expect((await subject.store.getRun(run)).outputs.models).toEqual([{ modelId: model.modelId, step: largest }]);
    });

    test("of several runs are thinned out evenly, with both ends", async () => {
      const id = await newExperiment(subject.store);
      const runs = [await newRun(subject.store, id), await newRun(subject.store, id)];
      for (const [index, run] of runs.entries()) {
        const metrics = Array.from({ length: index === 0 ? 100 : 3 }, (_, step) => ({
          key: "m",
          value: step,
          timestamp: 1,
          step,
        }));
        await subject.store.logBatch(run, { ...NO_ENTRIES, metrics });
      }
      const query = { runIds: runs, metricKey: "m" };
      const steps = async (more: { maxResults: number; startStep?: number; endStep?: number }) => {
        const metrics = await subject.store.getMetricHistoryBulk({ ...query, ...more });
        return runs.map((run) => metrics.filter((metric) => metric.runId === run).map((metric) => Number(metric.step)));
      };
      const [thinned, short] = await steps({ maxResults: 10 });
      expect(thinned).toEqual([0, 10, 20, 30, 40, 50, 60, 70, 80, 99]);
      expect((await steps({ maxResults: 7 }))[0]).toEqual([0, 15, 30, 44, 58, 72, 99]);
      expect(short).toEqual([0, 1, 2]);
      expect(await steps({ maxResults: 1 })).toEqual([[99], [2]]);
      expect(await steps({ maxResults: 5, startStep: 1, endStep: 2 })).toEqual([
        [1, 2],
        [1, 2],
      ]);
    });
  });
}

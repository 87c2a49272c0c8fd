import { describe, expect, test } from "vitest";
import { NO_ENTRIES, newExperiment, newRun, refused, type TrackingSubject } from "./support.ts";

export function describeLogging(subject: TrackingSubject): void {
  describe("logging", () => {
    test("params never change", async () => {
      const run = await newRun(subject.store, await newExperiment(subject.store));
      const param = (value: string) =>
        subject.store.logBatch(run, { ...NO_ENTRIES, params: [{ key: "p", value }] }, { alone: true });
      await param("1");
      await param("1");
      await refused(
        param("2"),
        "INVALID_PARAMETER_VALUE",
        `Changing param values is not allowed. Param with key='p' was already logged with value='1' for run ID='${run}'. Attempted logging new value '2'.`,
      );
      const batch = [
        { key: "ok1", value: "1" },
        { key: "p", value: "changed" },
      ];
      await refused(
        subject.store.logBatch(run, { ...NO_ENTRIES, params: batch }),
        "INVALID_PARAMETER_VALUE",
        `Changing param values is not allowed. Params were already logged='[{'key': 'p', 'old_value': '1', 'new_value': 'changed'}]' for run ID='${run}'.`,
      );
      expect((await subject.store.getRun(run)).data.params).toEqual([{ key: "p", value: "1" }]);
    });

    test("long values of params and tags are cut, keys are not", async () => {
      const run = await newRun(subject.store, await newExperiment(subject.store));
      await subject.store.logBatch(run, {
        metrics: [],
        params: [{ key: "p", value: "x".repeat(7000) }],
        tags: [{ key: "t", value: "y".repeat(9000) }],
      });
      const { data } = await subject.store.getRun(run);
      expect(data.params[0]?.value.length).toBe(6000);
      expect(data.tags.find(({ key }) => key === "t")?.value.length).toBe(8000);
      const key = "k".repeat(251);
      await refused(
        subject.store.logBatch(run, { ...NO_ENTRIES, params: [{ key, value: "" }] }),
        "INVALID_PARAMETER_VALUE",
        "'Param key' exceeds the maximum length of 250 characters",
      );
      await refused(
        subject.store.setTag(run, { key, value: "" }),
        "INVALID_PARAMETER_VALUE",
        "'key' exceeds the maximum length of 250 characters",
      );
    });

    test("bad keys are named, in a batch with their place", async () => {
      const run = await newRun(subject.store, await newExperiment(subject.store));
      const metric = (key: string) => ({ key, value: 1, timestamp: 1, step: 0 });
      await refused(
        subject.store.logBatch(run, { ...NO_ENTRIES, metrics: [metric("bad$")] }, { alone: true }),
        "INVALID_PARAMETER_VALUE",
        `Invalid value "bad$" for parameter 'name' supplied: Names may only contain`,
      );
      await refused(
        subject.store.logBatch(run, { ...NO_ENTRIES, metrics: [metric("ok"), metric("bad$")] }),
        "INVALID_PARAMETER_VALUE",
        "parameter 'metrics[1].name' supplied",
      );
      await refused(
        subject.store.logBatch(run, { ...NO_ENTRIES, params: [{ key: "a/../b", value: "x" }] }, { alone: true }),
        "INVALID_PARAMETER_VALUE",
        `Invalid value "a/../b" for parameter 'key' supplied: Names may be treated as files in certain cases, and must not resolve to other names when treated as such. This name would resolve to 'b'`,
      );
      expect((await subject.store.getRun(run)).data.metrics).toEqual([]);
    });

    test("a batch has limits, and is stored whole or not at all", async () => {
      const run = await newRun(subject.store, await newExperiment(subject.store));
      const metrics = Array.from({ length: 1001 }, (_, step) => ({ key: "b", value: 1, timestamp: 1, step }));
      const entries = Array.from({ length: 101 }, (_, index) => ({ key: `q${index}`, value: "1" }));
      await refused(
        subject.store.logBatch(run, { ...NO_ENTRIES, metrics }),
        "INVALID_PARAMETER_VALUE",
        "A batch logging request can contain at most 1000 metrics. Got 1001 metrics. Please split up metrics across multiple requests and try again.",
      );
      await refused(
        subject.store.logBatch(run, { ...NO_ENTRIES, params: entries }),
        "INVALID_PARAMETER_VALUE",
        "at most 100 params. Got 101 params.",
      );
      await refused(
        subject.store.logBatch(run, { ...NO_ENTRIES, tags: entries }),
        "INVALID_PARAMETER_VALUE",
        "at most 100 tags. Got 101 tags.",
      );
      await refused(
        subject.store.logBatch(run, { metrics: metrics.slice(0, 950), params: entries.slice(0, 51), tags: [] }),
        "INVALID_PARAMETER_VALUE",
        "at most 1000 metrics, params, and tags. Got 1001 metrics, params, and tags.",
      );
      const twice = [
        { key: "d", value: "1" },
        { key: "d", value: "2" },
      ];
      await refused(
        subject.store.logBatch(run, { ...NO_ENTRIES, params: twice }),
        "INVALID_PARAMETER_VALUE",
        "Duplicate parameter keys have been submitted: ['d'].",
      );
      await subject.store.logBatch(run, { metrics: metrics.slice(0, 1000), params: [], tags: [] });
      expect((await subject.store.getMetricHistory({ runId: run, metricKey: "b" })).items).toHaveLength(1000);
    });

    test("the latest metric has the greatest step, then time, then value", async () => {
      const run = await newRun(subject.store, await newExperiment(subject.store));
      // Each line: what is logged (value, timestamp, step) and the latest value afterwards.
      const script = [
        [1, 10, 5, 1],
        [9, 99, 1, 1],
        [3, 10, 5, 3],
        [2, 10, 5, 3],
        [0, 11, 5, 0],
        [Number.NaN, 12, 5, Number.NaN],
        [7, 12, 5, 7],
      ] as const;
      for (const [value, timestamp, step, latest] of script) {
        await subject.store.logBatch(run, { ...NO_ENTRIES, metrics: [{ key: "z", value, timestamp, step }] });
        expect((await subject.store.getRun(run)).data.metrics.map((metric) => metric.value)).toEqual([latest]);
      }
      const history = await subject.store.getMetricHistory({ runId: run, metricKey: "z" });
      expect(history.items.map((metric) => metric.value)).toEqual([1, 2, 3, 0, Number.NaN, 7, 9]);
    });

    test("repeats are dropped, also within a batch", async () => {
      const run = await newRun(subject.store, await newExperiment(subject.store));
      const metric = { key: "m", value: Number.NaN, timestamp: 1, step: 0 };
      await subject.store.logBatch(run, { ...NO_ENTRIES, metrics: [metric, metric] });
      await subject.store.logBatch(run, { ...NO_ENTRIES, metrics: [metric] });
      expect((await subject.store.getMetricHistory({ runId: run, metricKey: "m" })).items).toEqual([metric]);
    });

    test("infinities are the largest doubles", async () => {
      const run = await newRun(subject.store, await newExperiment(subject.store));
      const metrics = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 0.1 + 0.2].map((value, step) => ({
        key: `m${step}`,
        value,
        timestamp: 1,
        step,
      }));
      await subject.store.logBatch(run, { ...NO_ENTRIES, metrics });
      const values = (await subject.store.getRun(run)).data.metrics.map((metric) => metric.value);
      expect(values).toEqual([Number.MAX_VALUE, -Number.MAX_VALUE, 0.1 + 0.2]);
    });

    test("tags are replaced and deleted", async () => {
      const run = await newRun(subject.store, await newExperiment(subject.store));
      await subject.store.logBatch(run, {
        ...NO_ENTRIES,
        tags: [
          { key: "t", value: "1" },
          { key: "t", value: "2" },
        ],
      });
      await subject.store.setTag(run, { key: "__proto__", value: "kept" });
      const tags = new Map((await subject.store.getRun(run)).data.tags.map(({ key, value }) => [key, value]));
      expect([tags.get("t"), tags.get("__proto__")]).toEqual(["2", "kept"]);
      await subject.store.deleteTag(run, "t");
      await refused(
        subject.store.deleteTag(run, "t"),
        "RESOURCE_DOES_NOT_EXIST",
        `No tag with name: t in run with id ${run}`,
      );
    });

    test("writes that arrive together do not disturb each other", async () => {
      const run = await newRun(subject.store, await newExperiment(subject.store));
      const outcomes = await Promise.allSettled(
        Array.from({ length: 40 }, (_, index) =>
          subject.store.logBatch(run, {
            ...NO_ENTRIES,
            params: [{ key: index % 4 === 0 ? "same" : `p${index}`, value: `${index}` }],
          }),
        ),
      );
      expect(outcomes.filter(({ status }) => status === "rejected")).toHaveLength(9);
      expect((await subject.store.getRun(run)).data.params).toHaveLength(31);
    });

    test("what many log at once is as if they had logged one after the other, and a fault is its writer's alone", async () => {
      const experiment = await newExperiment(subject.store);
      const [first, second, gone] = [
        await newRun(subject.store, experiment),
        await newRun(subject.store, experiment),
        await newRun(subject.store, experiment),
      ];
      await subject.store.deleteRun(gone);
      // Steps from the last to the first, and the second run's largest value without a number.
      const steps = Array.from({ length: 20 }, (_, index) => 19 - index);
      const logged = (run: typeof first, step: number) =>
        subject.store.logBatch(run, {
          metrics: [
            { key: "loss", value: step / 10, timestamp: 5, step },
            { key: "other", value: run === second && step === 19 ? Number.NaN : step, timestamp: 5, step },
          ],
          params: [{ key: `p${step}`, value: String(step) }],
          tags: [{ key: `t${step}`, value: run }],
        });
      const outcomes = await Promise.allSettled([
        ...steps.flatMap((step) => [logged(first, step), logged(second, step)]),
        logged(gone, 1),
        ...steps.map((step) => logged(second, step)),
      ]);
      expect(outcomes.flatMap(({ status }, index) => (status === "rejected" ? [index] : []))).toEqual([40]);
      for (const run of [first, second]) {
        const { data } = await subject.store.getRun(run);
        expect(new Map(data.metrics.map(({ key, step, value }) => [key, [step, value]]))).toEqual(
          new Map([
            ["loss", [19, 1.9]],
            ["other", [19, run === second ? Number.NaN : 19]],
          ]),
        );
        expect(new Set(data.params.map(({ key }) => key))).toEqual(new Set(steps.map((step) => `p${step}`)));
        expect(data.tags.filter(({ value }) => value === run)).toHaveLength(20);
        const history = await subject.store.getMetricHistory({ runId: run, metricKey: "loss" });
        expect(history.items.map(({ step }) => step)).toEqual(steps.toReversed());
      }
    });
  });
}

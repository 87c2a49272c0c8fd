import { experimentId } from "@esteira/core/ids";
import { describe, expect, test } from "vitest";
import { NO_ENTRIES, newExperiment, newRun, refused, type TrackingSubject } from "./support.ts";

export function describeRunSearch(subject: TrackingSubject): void {
  describe("searching runs", () => {
    test("orders NaN and missing values last, ties by the newest start", async () => {
      const id = await newExperiment(subject.store);
      const values = {
        one: 1,
        one_b: 1,
        two: 2,
        nan: Number.NaN,
        inf: Number.POSITIVE_INFINITY,
        ninf: Number.NEGATIVE_INFINITY,
      };
      const starts = { one: 1, one_b: 0, two: 1001, nan: 1002, inf: 1003, ninf: 1004, missing: 1005 };
      for (const [runName, startTime] of Object.entries(starts)) {
        const { info } = await subject.store.createRun({ experimentId: id, userId: "", runName, startTime, tags: [] });
        const value = new Map(Object.entries(values)).get(runName);
        if (value !== undefined)
          await subject.store.logBatch(info.runId, {
            ...NO_ENTRIES,
            metrics: [{ key: "m", value, timestamp: 5, step: 0 }],
          });
      }
      const names = async (orderBy: readonly string[], filter = "", maxResults = 100) =>
        (await subject.store.searchRuns({ experimentIds: [id], orderBy, filter, maxResults })).items.map(
          (run) => run.info.runName,
        );
      expect(await names(["metrics.m ASC"])).toEqual(["ninf", "one", "one_b", "two", "inf", "nan", "missing"]);
      expect(await names(["metrics.m DESC"])).toEqual(["inf", "two", "one", "one_b", "ninf", "nan", "missing"]);
      expect(await names([])).toEqual(["missing", "ninf", "inf", "nan", "two", "one", "one_b"]);
      expect(await names(["start_time ASC"])).toEqual(["one_b", "one", "two", "nan", "inf", "ninf", "missing"]);
      expect(await names(["metrics.m DESC", "run_name DESC"])).toEqual([
        "inf",
        "two",
        "one_b",
        "one",
        "ninf",
        "nan",
        "missing",
      ]);
      // A page that the present values fill takes another way to the same order.
      expect(await names(["metrics.m ASC"], "", 3)).toEqual(["ninf", "one", "one_b"]);
      expect(new Set(await names([], "metrics.m != 1"))).toEqual(new Set(["inf", "nan", "ninf", "two"]));
      expect(await names([], "metrics.m >= 1.7e308")).toEqual(["inf"]);
      expect(await names([], "metrics.m = 0")).toEqual([]);
    });

    test("comes in pages and refuses bad limits and tokens", async () => {
      const id = await newExperiment(subject.store);
      for (let startTime = 0; startTime < 5; startTime++)
        await subject.store.createRun({ experimentId: id, userId: "", startTime, tags: [] });
      const starts: number[] = [];
      let pageToken: string | undefined;
      do {
        const page = await subject.store.searchRuns({
          experimentIds: [id],
          maxResults: 2,
          ...(pageToken === undefined ? {} : { pageToken }),
        });
        starts.push(...page.items.map((run) => run.info.startTime));
        pageToken = page.nextPageToken;
      } while (pageToken !== undefined);
      expect(starts).toEqual([4, 3, 2, 1, 0]);
      const search = (query: { maxResults?: number; pageToken?: string }) =>
        subject.store.searchRuns({ experimentIds: [id], ...query });
      await refused(
        search({ maxResults: 0 }),
        "INVALID_PARAMETER_VALUE",
        "Invalid value 0 for parameter 'max_results' supplied. It must be a positive integer",
      );
      await refused(
        search({ maxResults: 50_001 }),
        "INVALID_PARAMETER_VALUE",
        "Invalid value 50001 for parameter 'max_results' supplied",
      );
      await refused(
        search({ pageToken: "eyJ4IjoxfQ==" }),
        "INVALID_PARAMETER_VALUE",
        "Invalid page token, parsed value=",
      );
      await refused(
        search({ pageToken: "eyJvZmZzZXQiOiJhIn0=" }),
        "INVALID_PARAMETER_VALUE",
        "Invalid page token, not stringable a",
      );
      await refused(
        search({ pageToken: Buffer.from('{"offset": -5}').toString("base64") }),
        "INVALID_PARAMETER_VALUE",
        "Invalid page token",
      );
      await refused(search({ pageToken: "WzFd" }), "INVALID_PARAMETER_VALUE", "Invalid page token");
      await refused(
        subject.store.searchRuns({ experimentIds: [experimentId("abc")] }),
        "INVALID_PARAMETER_VALUE",
        "Invalid experiment ID 'abc'.",
      );
      const many = Array.from({ length: 40_000 }, (_, index) => experimentId(String(index + 1_000_000)));
      expect((await subject.store.searchRuns({ experimentIds: [...many, id] })).items).toHaveLength(5);
    });

    test("finds a text however long it is, whatever part of it an index holds", async () => {
      const id = await newExperiment(subject.store);
      const values = [1, 255, 256, 257, 300].flatMap((length) => ["a", "ã", "😀"].map((one) => one.repeat(length)));
      const runs = new Map<string, string>();
      for (const value of values) {
        const run = await newRun(subject.store, id);
        await subject.store.logBatch(run, { ...NO_ENTRIES, params: [{ key: "long", value }] });
        runs.set(value, run);
      }
      for (const [value, run] of runs) {
        const found = await subject.store.searchRuns({ experimentIds: [id], filter: `params.long = '${value}'` });
        expect(found.items.map((one) => one.info.runId as string)).toEqual([run]);
      }
    });

    test("text of a filter stays text", async () => {
      const id = await newExperiment(subject.store);
      const run = await newRun(subject.store, id);
      await subject.store.logBatch(run, { ...NO_ENTRIES, params: [{ key: "a", value: "x''; DROP TABLE runs;--" }] });
      const found = await subject.store.searchRuns({
        experimentIds: [id],
        filter: "params.a = 'x''; DROP TABLE runs;--'",
      });
      expect(found.items.map((one) => one.info.runId)).toEqual([run]);
    });
  });
}

import type { RunQuery } from "@esteira/core/entities/run-query";
import type { ExperimentId, RunId } from "@esteira/core/ids";
import type { RunQueryStore } from "@esteira/core/run-query-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "./sample-data.ts";
import { NO_ENTRIES, newExperiment, newRun, refused } from "./support.ts";

export interface RunQuerySubject {
  readonly store: TrackingStore & RunQueryStore;
}

type Asked = Omit<RunQuery, "experimentIds">;

/** Esteira's own search of runs: counts, columns, aggregates and pages that stay in place. */
export function describeRunQueries(subject: RunQuerySubject): void {
  describe("queries of runs", () => {
    let id: ExperimentId;
    const query = (asked: Asked) => subject.store.queryRuns({ experimentIds: [id], ...asked });
    const names = async (asked: Asked) => (await query(asked)).items.map((run) => run.info.runName).join("");

    beforeAll(async () => {
      const { store } = subject;
      id = await newExperiment(store);
      const rows = [
        { runName: "a", values: [3, 1, 2] },
        { runName: "b", values: [Number.NaN, 5, Number.POSITIVE_INFINITY] },
        { runName: "c", values: [Number.NaN, Number.NaN] },
        { runName: "d", values: [] },
        { runName: "e", values: [-7] },
      ];
      for (const [index, { runName, values }] of rows.entries()) {
        const { info } = await store.createRun({
          experimentId: id,
          userId: "ana",
          runName,
          startTime: index,
          tags: [],
        });
        await store.logBatch(info.runId, {
          metrics: [
            ...values.map((value, step) => ({ key: "m", value, timestamp: 1, step })),
            { key: "other", value: index, timestamp: 1, step: 0 },
          ],
          params: [
            { key: "p", value: `p${index}` },
            { key: "q", value: "q" },
          ],
          tags: [
            { key: "t", value: `t${index}` },
            { key: "u", value: "u" },
          ],
        });
      }
    });

    test("answer what MLflow's search answers, and how many match in all", async () => {
      const asked = { filter: "metrics.other >= 1 OR tags.t = 't0'", orderBy: ["metrics.other DESC"], maxResults: 2 };
      const own = await query({ ...asked, count: true });
      const theirs = await subject.store.searchRuns({ experimentIds: [id], ...asked });
      expect(own.items).toEqual(theirs.items.map((run) => ({ ...run, aggregates: [] })));
      expect(own.totalCount).toBe(5);
      expect(await query({ filter: "tags.t ~ '[01]'", maxResults: 1, count: true })).toMatchObject({ totalCount: 2 });
      expect(await query({ filter: "tags.t = 'none'", count: true })).toEqual({ items: [], totalCount: 0 });
      expect(await query({ viewType: "DELETED_ONLY", count: true })).toEqual({ items: [], totalCount: 0 });
      expect(await subject.store.queryRuns({ experimentIds: [], count: true })).toEqual({ items: [], totalCount: 0 });
      expect(await query({})).not.toHaveProperty("totalCount");
    });

    test("give only the columns that are named", async () => {
      const [run] = (
        await query({ filter: "run_name = 'a'", columns: ["metrics.m", "params.q", "tags.`t`", "metrics.absent"] })
      ).items;
      expect(run?.data).toEqual({
        metrics: [{ key: "m", value: 2, timestamp: 1, step: 2 }],
        params: [{ key: "q", value: "q" }],
        tags: [{ key: "t", value: "t0" }],
      });
      const [bare] = (await query({ filter: "run_name = 'a'", columns: ["run_id"] })).items;
      expect(bare?.data).toEqual({ metrics: [], params: [], tags: [] });
      expect(bare?.info.runName).toBe("a");
    });

    test("give minima, maxima and values at a step", async () => {
      const columns = ["min(metrics.m)", "max(metrics.m)", "at(metrics.m, 0)"];
      const { items } = await query({ columns, orderBy: ["run_name"] });
      const largest = Number.MAX_VALUE;
      expect(items.map((run) => run.aggregates.map(({ column, value }) => [column, value]))).toEqual([
        [
          ["min(metrics.m)", 1],
          ["max(metrics.m)", 3],
          ["at(metrics.m, 0)", 3],
        ],
        [
          ["min(metrics.m)", 5],
          ["max(metrics.m)", largest],
          ["at(metrics.m, 0)", Number.NaN],
        ],
        [["at(metrics.m, 0)", Number.NaN]],
        [],
        [
          ["min(metrics.m)", -7],
          ["max(metrics.m)", -7],
          ["at(metrics.m, 0)", -7],
        ],
      ]);
      expect(items[0]?.data.metrics).toEqual([]);
    });

    test("of several values at a step give the one logged last", async () => {
      const own = await newExperiment(subject.store);
      const run = await newRun(subject.store, own);
      const metrics = [
        { key: "m", value: 9, timestamp: 1, step: 4 },
        { key: "m", value: 2, timestamp: 2, step: 4 },
        { key: "m", value: 1, timestamp: 2, step: 4 },
      ];
      await subject.store.logBatch(run, { ...NO_ENTRIES, metrics });
      const { items } = await subject.store.queryRuns({ experimentIds: [own], columns: ["at(metrics.m, 4)"] });
      expect(items[0]?.aggregates).toEqual([{ column: "at(metrics.m, 4)", value: 2 }]);
    });

    test.each([
      ["min(metrics.m)", "eabdc"],
      ["min(metrics.m) DESC", "baedc"],
      ["max(metrics.m) DESC", "baedc"],
      ["at(metrics.m, 1)", "abced"],
      ["at(metrics.m, 1) DESC", "baced"],
      ["run_name DESC", "edcba"],
      ["end_time DESC", "edcba"],
    ])("are ordered by %s", async (orderBy, expected) => {
      expect(await names({ orderBy: [orderBy] })).toBe(expected);
      expect(await everyPage(query, { orderBy: [orderBy], maxResults: 1 })).toBe(expected);
      expect(await everyPage(query, { orderBy: [orderBy], maxResults: 2 })).toBe(expected);
    });

    test("order by an aggregate only what the filter leaves", async () => {
      expect(await names({ orderBy: ["min(metrics.m)"], filter: "metrics.other > 0 AND run_name != 'd'" })).toBe("ebc");
    });

    test("refuse tokens that are not theirs", async () => {
      const { nextPageToken = "" } = await query({ maxResults: 1 });
      const refusals: readonly (readonly [Asked, string])[] = [
        [{ pageToken: nextPageToken, filter: "metrics.m > 0" }, "it belongs to another search"],
        [{ pageToken: nextPageToken, orderBy: ["metrics.m"] }, "it belongs to another search"],
        [{ pageToken: nextPageToken, viewType: "ALL" }, "it belongs to another search"],
        [{ pageToken: Buffer.from('{"offset": 1}').toString("base64") }, "it is none that this call has given"],
        [{ pageToken: "zzz" }, "it is none that this call has given"],
        [{ pageToken: "W10" }, "it is none that this call has given"],
      ];
      for (const [asked, text] of refusals) await refused(query(asked), "INVALID_PARAMETER_VALUE", text);
      const { search } = JSON.parse(Buffer.from(nextPageToken, "base64url").toString()) as { search: string };
      const forged = (after: string) => Buffer.from(`{"search":"${search}","after":${after}}`).toString("base64url");
      for (const after of ['["x","y"]', "[1]", '[1,"a\\u0000"]', '[99999999999999999999999,"a"]', "[{},1]"]) {
        await refused(query({ pageToken: forged(after) }), "INVALID_PARAMETER_VALUE", "Invalid page token");
      }
      await refused(query({ columns: ["min(params.p)"] }), "INVALID_PARAMETER_VALUE", "expected min(metrics.KEY)");
      await refused(query({ orderBy: ["mean(metrics.m)"] }), "INVALID_PARAMETER_VALUE", "Unknown aggregate 'mean'");
    });
  });

  describe("pages of runs", () => {
    const ORDERS: readonly (readonly string[])[] = [
      [],
      ["start_time"],
      ["start_time DESC"],
      ["end_time"],
      ["end_time DESC", "metrics.m"],
      ["run_name DESC"],
      ["metrics.m"],
      ["metrics.m DESC", "params.p DESC"],
      ["params.p", "metrics.m"],
      ["tags.t DESC"],
      ["min(metrics.m)", "params.p"],
      ["at(metrics.m, 1) DESC", "user_id"],
    ];
    const FILTERS = [undefined, "metrics.m > 0", "params.p != 'x' AND tags.t IS NOT NULL", "params.p = 'x'"];
    let id: ExperimentId;
    const random = seededRandom(7);
    const pick = <T>(from: readonly T[]): T => from[Math.floor(random() * from.length)]!;

    async function add(): Promise<RunId> {
      const { store } = subject;
      const { info } = await store.createRun({
        experimentId: id,
        userId: pick(["ana", ""]),
        startTime: pick([0, 1, 1, 2]),
        runName: pick(["x", "y", "z"]),
        tags: random() < 0.5 ? [{ key: "t", value: pick(["", "b", "ç"]) }] : [],
      });
      await store.logBatch(info.runId, {
        metrics: [0, 1]
          .filter(() => random() < 0.7)
          .map((step) => ({
            key: "m",
            value: pick([0, 1, 1.5, Number.NaN, Number.NEGATIVE_INFINITY]),
            timestamp: 1,
            step,
          })),
        params: random() < 0.6 ? [{ key: "p", value: pick(["x", "y", "Y"]) }] : [],
        tags: [],
      });
      if (random() < 0.5) await store.updateRun(info.runId, { status: "FINISHED", endTime: pick([5, 6, 7]) });
      return info.runId;
    }

    beforeAll(async () => {
      id = await newExperiment(subject.store);
      for (let run = 0; run < 40; run++) await add();
    });

    test.each(ORDERS.flatMap((orderBy) => FILTERS.map((filter) => ({ orderBy, filter }))))(
      "together are the whole answer: $orderBy, $filter",
      async ({ orderBy, filter }) => {
        const asked = { experimentIds: [id], orderBy, ...(filter === undefined ? {} : { filter }) };
        const whole = (await subject.store.queryRuns(asked)).items.map((run) => run.info.runId);
        const paged: string[] = [];
        let token: string | undefined;
        do {
          const page = await subject.store.queryRuns({
            ...asked,
            maxResults: 7,
            count: true,
            ...(token === undefined ? {} : { pageToken: token }),
          });
          expect(page.totalCount).toBe(whole.length);
          paged.push(...page.items.map((run) => run.info.runId));
          token = page.nextPageToken;
        } while (token !== undefined);
        expect(paged).toEqual(whole);
        if (orderBy.some((term) => term.includes("("))) return;
        expect((await subject.store.searchRuns(asked)).items.map((run) => run.info.runId)).toEqual(whole);
      },
    );

    test("stay right while runs come and go", async () => {
      const { store } = subject;
      for (const orderBy of [["metrics.m DESC"], [], ["run_name"]]) {
        const asked = { experimentIds: [id], orderBy, maxResults: 6 };
        const before = (await store.queryRuns({ ...asked, maxResults: 1000 })).items.map((run) => run.info.runId);
        const first = await store.queryRuns(asked);
        const seen = first.items.map((run) => run.info.runId);
        await store.deleteRun(seen[0]!);
        // The run that the token stands at is gone, too.
        await store.deleteRun(seen.at(-1)!);
        for (let run = 0; run < 5; run++) await add();
        let token = first.nextPageToken;
        while (token !== undefined) {
          const page = await store.queryRuns({ ...asked, pageToken: token });
          seen.push(...page.items.map((run) => run.info.runId));
          token = page.nextPageToken;
        }
        expect(seen.filter((run) => before.includes(run))).toEqual(before);
        expect(new Set(seen).size).toBe(seen.length);
      }
    });
  });
}

async function everyPage(
  query: (asked: Asked) => ReturnType<RunQueryStore["queryRuns"]>,
  asked: Asked,
): Promise<string> {
  let names = "";
  let pageToken: string | undefined;
  do {
    const page = await query({ ...asked, ...(pageToken === undefined ? {} : { pageToken }) });
    names += page.items.map((run) => run.info.runName).join("");
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return names;
}

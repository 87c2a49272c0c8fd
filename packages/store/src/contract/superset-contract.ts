import type { ExperimentId } from "@esteira/core/ids";
import { beforeAll, describe, expect, test } from "vitest";
import { NO_ENTRIES, newExperiment, refused, type TrackingSubject } from "./support.ts";

/** What the search language has beyond MLflow's, on experiments, runs and logged models. */
export function describeSuperset(subject: TrackingSubject): void {
  describe("the search language beyond MLflow's", () => {
    let id: ExperimentId;
    const runs = async (filter: string): Promise<readonly string[]> => {
      const page = await subject.store.searchRuns({ experimentIds: [id], filter, orderBy: ["run_name"] });
      return page.items.map((run) => run.info.runName);
    };

    beforeAll(async () => {
      const { store } = subject;
      id = await newExperiment(store);
      const rows = [
        { runName: "a", m: 1, p: "lr_1", t: "Ação" },
        { runName: "b", m: 2, p: "lr_22", t: undefined },
        { runName: "c", m: Number.NaN, p: "depth_3", t: "x\ny" },
        { runName: "d", m: undefined, p: undefined, t: "" },
      ];
      for (const [index, { runName, m, p, t }] of rows.entries()) {
        const userId = index === 0 ? "" : "ana";
        const { info } = await store.createRun({ experimentId: id, userId, runName, startTime: index, tags: [] });
        await store.logBatch(info.runId, {
          metrics: m === undefined ? [] : [{ key: "m", value: m, timestamp: 1, step: 0 }],
          params: p === undefined ? [] : [{ key: "p", value: p }],
          tags: t === undefined ? [] : [{ key: "t", value: t }],
        });
        if (index === 1) {
          const dataset = { name: "train", digest: "d1", sourceType: "local", source: "{}" };
          await store.logInputs(info.runId, { datasets: [{ dataset, tags: [] }], models: [] });
          await store.updateRun(info.runId, { status: "FINISHED", endTime: 9 });
        }
      }
    });

    test.each([
      ["metrics.m = 1 OR params.p LIKE 'depth%'", "ac"],
      ["metrics.m = 1 OR metrics.m = 2 AND params.p = 'none'", "a"],
      ["(metrics.m = 1 OR metrics.m = 2) AND params.p ILIKE 'LR%'", "ab"],
      ["NOT metrics.m = 1", "bcd"],
      ["NOT (metrics.m = 1 OR metrics.m = 2)", "cd"],
      ["NOT params.p LIKE 'lr%'", "cd"],
      ["params.p NOT LIKE 'lr%'", "c"],
      ["params.p not ilike 'LR%'", "c"],
      ["metrics.m IS NULL", "d"],
      ["metrics.m IS NOT NULL", "abc"],
      ["metrics.m BETWEEN 1 AND 1.5", "a"],
      ["metrics.m NOT BETWEEN 1 AND 1.5", "bc"],
      ["NOT metrics.m BETWEEN 1 AND 1.5", "bcd"],
      ["start_time BETWEEN 1 AND 2 AND end_time IS NULL", "c"],
      ["end_time IS NOT NULL", "b"],
      ["user_id IS NULL", "a"],
      ["user_id IS NOT NULL", "bcd"],
      ["status IS NULL", ""],
      ["run_name IS NOT NULL", "abcd"],
      ["dataset.name IS NULL", "acd"],
      ["dataset.digest IS NOT NULL", "b"],
      ["dataset.context IS NULL", "abcd"],
      ["tags.t IS NULL OR params.p IS NULL", "bd"],
      ["params.p RLIKE '^lr_[0-9]+$'", "ab"],
      ["params.p ~ '_[0-9]{2}'", "b"],
      ["params.p NOT RLIKE '^lr'", "c"],
      ["params.p !~ '^lr'", "c"],
      ["NOT params.p ~ '^lr'", "cd"],
      ["tags.t ~ '(?i)AÇÃO'", "a"],
      ["tags.t ~ '^y'", ""],
      ["tags.t ~ '(?m)^y'", "c"],
      ["tags.t ~ '^$'", "d"],
      ["run_name ~ '[ac]' AND params.p ~ 'd'", "c"],
      ["run_name ~ 'b' OR status ~ 'X'", "b"],
      ["status RLIKE 'FIN|KILL'", "b"],
      ["dataset.name ~ 'tr.in'", "b"],
      ["run_id ~ '^[0-9a-f]{32}$'", "abcd"],
    ])("%s", async (filter, names) => {
      expect((await runs(filter)).join("")).toBe(names);
    });

    test("reaches experiments and logged models", async () => {
      const { store } = subject;
      const experiment = await store.getExperiment(id);
      await store.setExperimentTag(id, { key: "superset", value: "v12" });
      const experiments = async (filter: string) =>
        (await store.searchExperiments({ filter, maxResults: 1000 })).items.map((one) => one.name);
      expect(await experiments("tags.superset ~ '^v\\d+$'")).toEqual([experiment.name]);
      expect(await experiments(`name ~ '^${experiment.name}$' AND NOT tags.superset IS NULL`)).toEqual([
        experiment.name,
      ]);
      expect(await experiments(`name = '${experiment.name}' AND creation_time BETWEEN 1 AND 2`)).toEqual([]);
      for (const [name, depth] of [
        ["xgb", "3"],
        ["forest", undefined],
      ] as const) {
        const params = depth === undefined ? [] : [{ key: "depth", value: depth }];
        await store.createLoggedModel({ experimentId: id, name, modelType: "", params, tags: [] });
      }
      const models = async (filter: string) =>
        (await store.searchLoggedModels({ experimentIds: [id], filter })).items.map((model) => model.name).sort();
      expect(await models("params.depth IS NULL OR name = 'xgb'")).toEqual(["forest", "xgb"]);
      expect(await models("params.depth IS NULL")).toEqual(["forest"]);
      expect(await models("metrics.auc IS NULL AND name ~ 'for'")).toEqual(["forest"]);
      expect(await models("status ~ 'PEND' AND (params.depth ~ '[0-9]')")).toEqual(["xgb"]);
      expect(await models("source_run_id IS NULL AND creation_timestamp NOT BETWEEN 0 AND 1")).toEqual([
        "forest",
        "xgb",
      ]);
    });

    test("refuses regular expressions that it cannot read or that cost too much", async () => {
      await refused(runs("params.p ~ '['"), "INVALID_PARAMETER_VALUE", "Invalid regular expression '['");
      await refused(runs("params.p ~ '(a)\\1'"), "INVALID_PARAMETER_VALUE", "Its syntax is RE2's");
      await refused(runs("params.p ~ '(?=a)'"), "INVALID_PARAMETER_VALUE", "Invalid regular expression");
      await refused(runs("params.p ~ '(a|b|c|d|e){900}'"), "INVALID_PARAMETER_VALUE", "repeats too much");
    });

    test("no regular expression runs for long", async () => {
      const { store } = subject;
      const own = await newExperiment(store);
      const { info } = await store.createRun({ experimentId: own, userId: "", startTime: 1, tags: [] });
      await store.logBatch(info.runId, { ...NO_ENTRIES, tags: [{ key: "evil", value: `${"a".repeat(7000)}!` }] });
      const began = performance.now();
      for (const pattern of ["(a+)+$", "(a|aa)+$", "(.*a){20}$", "(a?){200}a{200}b"]) {
        const page = await store.searchRuns({ experimentIds: [own], filter: `tags.evil ~ '${pattern}'` });
        expect(page.items).toEqual([]);
      }
      const like = `tags.evil ILIKE '${"%a".repeat(400)}y'`;
      expect((await store.searchRuns({ experimentIds: [own], filter: like })).items).toEqual([]);
      expect(performance.now() - began).toBeLessThan(20_000);
    });
  });
}

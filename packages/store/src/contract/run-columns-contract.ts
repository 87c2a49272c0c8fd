import type { RunColumnsQuery } from "@esteira/core/entities/run-columns";
import type { ExperimentId, RunId } from "@esteira/core/ids";
import { beforeAll, describe, expect, test } from "vitest";
import type { RunQuerySubject } from "./run-query-contract.ts";
import { newExperiment, refused } from "./support.ts";

type Asked = Partial<RunColumnsQuery>;

/** Columns of many runs at once. */
export function describeRunColumns(subject: RunQuerySubject): void {
  describe("columns of runs", () => {
    let id: ExperimentId;
    let other: ExperimentId;
    const runs: RunId[] = [];
    const read = (asked: Asked) =>
      subject.store.readRunColumns({ experimentIds: [id], columns: [], maxRuns: 100, ...asked });

    beforeAll(async () => {
      const { store } = subject;
      id = await newExperiment(store);
      other = await newExperiment(store);
      for (const [index, experiment] of [id, id, id, id, other].entries()) {
        const { info } = await store.createRun({
          experimentId: experiment,
          userId: index === 1 ? "" : "ana",
          runName: `run ${index}`,
          startTime: 1000 + index,
          tags: [],
        });
        runs.push(info.runId);
        if (index === 3) continue;
        await store.logBatch(info.runId, {
          metrics: [
            { key: "m", value: [0.1, Number.NaN, Number.POSITIVE_INFINITY][index] ?? 9, timestamp: 1, step: 0 },
            { key: index === 4 ? "secret" : "rare", value: 1, timestamp: 1, step: 0 },
          ],
          params: [{ key: "a.b", value: index === 2 ? "🧪".repeat(20) : "x" }],
          tags: [{ key: "t", value: "" }],
        });
      }
      const dataset = (name: string) => ({ tags: [], dataset: { name, digest: "d", sourceType: "s", source: "{}" } });
      await store.logInputs(runs[0]!, { datasets: [dataset("train")], models: [] });
      await store.updateRun(runs[0]!, { status: "FINISHED", endTime: 5000 });
    });

    test("come in the order of the runs, newest first, each text once", async () => {
      const columns = [
        "metrics.m",
        "params.a.b",
        "tags.t",
        "attributes.run_name",
        "attributes.user_id",
        "attributes.status",
        "attributes.start_time",
        "attributes.end_time",
        "attributes.dataset",
        "metrics.none",
      ];
      const page = await read({ columns, maxText: 3 });
      expect(page.runIds).toEqual([runs[3], runs[2], runs[1], runs[0]]);
      expect(page.hasMore).toBe(false);
      expect(page.columns.map(({ column }) => column)).toEqual(columns);
      const shown = page.columns.map((column) =>
        column.kind === "number"
          ? column.numbers
          : [...column.codes.map((code) => column.texts[code] ?? null), column.isCut],
      );
      expect(shown).toEqual([
        [null, Number.MAX_VALUE, Number.NaN, 0.1],
        [null, "🧪🧪🧪", "x", "x", true],
        [null, "", "", "", false],
        ["run", "run", "run", "run", true],
        ["ana", "ana", null, "ana", false],
        ["RUN", "RUN", "RUN", "FIN", true],
        [1003, 1002, 1001, 1000],
        [null, null, null, 5000],
        [null, null, null, "tra", true],
        [null, null, null, null],
      ]);
      const [, whole] = (await read({ columns: ["metrics.m", "params.a.b"] })).columns;
      expect(whole).toMatchObject({ kind: "text", isCut: false });
      expect(whole?.kind === "text" && whole.texts.includes("🧪".repeat(20))).toBe(true);
    });

    test("are those of a filter, of a stage and of the newest runs, and a list of runs has a name", async () => {
      const all = await read({});
      expect((await read({})).frame).toBe(all.frame);
      const newest = await read({ maxRuns: 2 });
      expect([newest.runIds, newest.hasMore]).toEqual([[runs[3], runs[2]], true]);
      expect(newest.frame).not.toBe(all.frame);
      expect((await read({ filter: "params.`a.b` = 'x'", columns: ["metrics.m"] })).runIds).toEqual([runs[1], runs[0]]);
      expect((await read({ viewType: "DELETED_ONLY" })).runIds).toEqual([]);
      expect((await read({ experimentIds: [] })).runIds).toEqual([]);
    });

    test("refuse what is no column, and numbers out of range", async () => {
      const bad = ["metrics.", "m", "metric.m", "attributes.artifact_uri"];
      for (const column of bad) await refused(read({ columns: [column] }), "INVALID_PARAMETER_VALUE", "Invalid column");
      await refused(read({ maxRuns: 0 }), "INVALID_PARAMETER_VALUE", "max_runs");
      await refused(read({ maxText: 0 }), "INVALID_PARAMETER_VALUE", "max_text");
      await refused(read({ filter: "nonsense" }), "INVALID_PARAMETER_VALUE", "nonsense");
    });

    test("are found by their keys, counted in these experiments alone", async () => {
      const keys = await subject.store.readRunKeys({ experimentIds: [id] });
      expect(keys.metrics).toEqual([
        { key: "m", count: 3 },
        { key: "rare", count: 3 },
      ]);
      expect(keys.params).toEqual([{ key: "a.b", count: 3 }]);
      expect(keys.tags).toContainEqual({ key: "t", count: 3 });
      const newest = await subject.store.readRunKeys({ experimentIds: [id], newest: 2 });
      expect(newest.metrics).toContainEqual({ key: "m", count: 1 });
      const filtered = await subject.store.readRunKeys({
        experimentIds: [id],
        filter: "attributes.run_name = 'run 1'",
      });
      expect(filtered.params).toEqual([{ key: "a.b", count: 1 }]);
      expect((await subject.store.readRunKeys({ experimentIds: [id], viewType: "DELETED_ONLY" })).metrics).toEqual([]);
    });
  });
}

import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { compareRuns, isEqual } from "@esteira/projects/diff/compare";
import { readFacts } from "@esteira/projects/diff/read-facts";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitAll, openStage, type Stage, TRAINING, write } from "./git-project.testing.ts";

let stage: Stage;
beforeAll(async () => {
  stage = await openStage();
});
afterAll(() => stage.close());

describe("esteira diff", { timeout: 300_000 }, () => {
  it("says what differs between two runs of a project, and ends as diff does", async () => {
    const folder = join(stage.home, "training");
    await write(folder, TRAINING);
    commitAll(folder, "first");
    const first = await stage.run(folder);
    const again = await stage.run(folder);
    await writeFile(join(folder, "rows.csv"), "1\n2\n4\n");
    const changed = (TRAINING["train.mjs"] ?? "").replace("noise = () => 0", "noise = () => 1");
    await writeFile(join(folder, "train.mjs"), changed);
    commitAll(folder, "second");
    await writeFile(join(folder, "notes.md"), "not committed\n");
    const other = await stage.run(folder, { rate: "0.25" });
    expect([first, again, other].map(({ status, reason }) => reason ?? status)).toEqual(Array(3).fill("FINISHED"));

    const equal = await stage.esteira(["diff", first.runId, again.runId]);
    expect(equal.code, equal.errors).toBe(0);
    expect(equal.output).toMatch(/Not compared: .*metrics fit_seconds \(measures time\)/);
    const different = await stage.esteira(["diff", first.runId, other.runId]);
    expect(different.code, different.errors).toBe(1);
    for (const line of [
      / commit +[0-9a-f]{12} → [0-9a-f]{12}\n/,
      / uncommitted changes +none → sha256 [0-9a-f]{12}\n/,
      / rate +0\.5 → 0\.25\n/,
      /\ndata\n +rows +[0-9a-f]{12} → [0-9a-f]{12}\n/,
      / loss +0\.75 → 1\.109375 {2}\(3 of 3 points differ, the first at step 0\)/,
      / model\.json +sha256 \S+ \(15 bytes\) → sha256/,
      /\n-const noise = \(\) => 0;\n\+const noise = \(\) => 1;\n/,
      /\n\+not committed/,
    ])
      expect(different.output).toMatch(line);
    expect(different.output).not.toMatch(/^environment/m);

    // Where no repository is left, only the text is missing.
    await rm(folder, { recursive: true });
    const { code, output } = await stage.esteira(["diff", first.runId, other.runId, "--json"]);
    const json = JSON.parse(output);
    expect([code, json.isEqual, json.differences.params]).toEqual([1, false, [{ name: "rate", a: "0.5", b: "0.25" }]]);
    expect(json.code.missing).toContain("no repository here has both commits");
  });

  it("takes what nested runs gave as their parents', by name, without what names the runs", async () => {
    const { client, experiment: experimentId } = stage;
    const start = (tags: Record<string, string>, runName = "run") =>
      client.runs.create({
        ...{ experimentId, runName, startTime: Date.now() },
        tags: Object.entries(tags).map(([key, value]) => ({ key, value })),
      });
    const family = async (value: number) => {
      const parent = await start({});
      const id = parent.info.runId;
      const step = await start({ "mlflow.parentRunId": id }, "prepare");
      const child = await start({ "mlflow.parentRunId": id }, "brave-fox-123");
      const input = { key: "data", value: `runs:/${step.info.runId}/data` };
      const metric = { key: "auc", value, step: 0, timestamp: Date.now() };
      const timing = { ...metric, key: "fit_seconds", value: Math.random() };
      await client.runs.logBatch(child.info.runId, { params: [input], metrics: [metric, timing] });
      return id;
    };
    const facts = await Promise.all([family(1), family(1), family(2)].map(async (id) => readFacts(client, await id)));
    const [one, same, other] = facts;
    if (one === undefined || same === undefined || other === undefined) throw new Error("there are three");
    expect(isEqual(compareRuns(one, same))).toBe(true);
    expect(one.params.get("nested run › data")).toBe("runs:/prepare/data");
    const { differences, notCompared } = compareRuns(one, other);
    expect(differences.metrics).toEqual([{ name: "nested run › auc", a: "1", b: "2" }]);
    expect(notCompared.map(({ name }) => name)).toEqual(["nested run › fit_seconds"]);
  });

  it("is in trouble with a run that is not there", async () => {
    const missing = await stage.esteira(["diff", "0".repeat(32), "1".repeat(32)]);
    expect([missing.code, missing.output]).toEqual([2, ""]);
    expect(missing.errors).toContain("0".repeat(32));
    expect((await stage.esteira(["diff", "a b", "c"])).errors).toContain("'a b' is no run: expected the id of a run");
  });
});

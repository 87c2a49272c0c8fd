import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { uniform } from "../features/random-ledger.testing.ts";
import { jobCanRun, jobFolder } from "./run-job.testing.ts";

const canRun = await jobCanRun();
const DAY = 86_400_000;
const A_DAY = 300;

/**
 * A small file with the handbook's columns: some terminals defraud most of their customers, and amounts above 220 are fraud. It is
 * ours, made here: the handbook's own file is not needed for it.
 */
function smallFile(from: string, to: string): string {
  const next = uniform(11);
  const lines = ["TRANSACTION_ID,TX_DATETIME,CUSTOMER_ID,TERMINAL_ID,TX_AMOUNT,TX_FRAUD,TX_FRAUD_SCENARIO"];
  const [start, end] = [Date.parse(`${from}T00:00:00Z`), Date.parse(`${to}T00:00:00Z`)];
  for (let time = start, id = 0; time < end; time += DAY / A_DAY, id++) {
    const terminal = Math.floor(next() * 80);
    const large = next() < 0.02;
    const amount = large ? 221 + 200 * next() : 5 + 200 * next();
    const scenario = large ? 1 : terminal < 4 && next() < 0.85 ? 2 : 0;
    const at = new Date(time).toISOString().slice(0, 19).replace("T", " ");
    lines.push(
      `${id},${at},${Math.floor(next() * 3000)},${terminal},${amount.toFixed(2)},${scenario > 0 ? 1 : 0},${scenario}`,
    );
  }
  return `${lines.join("\n")}\n`;
}

describe.skipIf(!canRun)("the handbook's protocol as a job", { timeout: 180_000 }, () => {
  let job: Awaited<ReturnType<typeof jobFolder>>;
  beforeAll(async () => {
    job = await jobFolder();
  });
  afterAll(() => job.remove());
  const handbook = async (name: string, text: string, ...argv: string[]) => {
    const path = join(job.folder, name);
    await writeFile(path, text);
    return job.run("--ledger", path, "--mapping", "fdh", "--protocol", "handbook", ...argv);
  };

  test("ends with a registered model, served, monitored, and its figures beside the published ones", async () => {
    const { exit, error, lines } = await handbook("small.csv", smallFile("2018-06-01", "2018-08-31"));
    expect(error).toBeUndefined();
    const said = lines.join("\n");
    expect(said).toContain("Features: 15 features");
    expect(said).toMatch(/Compare: +model +AUC-ROC +published +average precision/);
    expect(said).toMatch(/Compare: amount only .*–/);
    expect(said).toMatch(/Compare: logistic regression .* 0\.606 /);
    expect(said).toContain("(published 67,240, 598)");
    expect(said).toMatch(/Serve: .* through \/invocations/);
    expect(said).toContain("served scores differ from the model's on the table in 0 rows");
    expect(said).toContain("left out: the route for raw transfers");
    expect(said).toContain("Monitor: verdict:");
    const refused = lines.filter((line) => line.includes("REFUSED")).length;
    expect(exit).toBe(refused > 0 ? 3 : 0);

    await job.look(async (client) => {
      const champion = await client.registeredModels.findByAlias("handbook-fraud", "champion");
      if (champion?.runId === undefined) throw new Error("No champion is registered, or it has no run.");
      expect(champion.currentStage).toBe("Production");
      const run = await client.runs.get(champion.runId);
      expect(run.info.status).toBe("FINISHED");
      const metrics = new Map(run.data.metrics.map(({ key, value }) => [key, value]));
      expect(metrics.get("card_precision_at_100")).toBeLessThanOrEqual(
        metrics.get("card_precision_at_100_ceiling") ?? 0,
      );
      expect(run.data.params).toContainEqual({ key: "protocol", value: "handbook" });
      const text = async (path: string) =>
        new TextDecoder().decode(await client.artifacts.read(run.info.artifactUri, path));
      expect(await text("comparison/comparison.md")).toContain("| logistic regression |");
      const comparison = JSON.parse(await text("comparison/comparison.json"));
      expect(comparison.standing).toBe("same_rows");
      expect(comparison.models.map(({ model }: { model: string }) => model)).toContain("XGBoost");
      expect(comparison.models[0].ours.scenarios.map(({ name }: { name: string }) => name)).toEqual([
        "scenario_1",
        "scenario_2",
      ]);
      expect(await text("gate/gate-handbook.yaml")).toContain("name: handbook-fraud");
    });
  });

  test("says what it leaves out where the file ends before there is anything to serve", async () => {
    const { error, lines } = await handbook("short.csv", smallFile("2018-06-01", "2018-08-15"), "--trainer", "xgboost");
    expect(error).toBeUndefined();
    expect(lines.join("\n")).toContain(
      "Left out: service and monitoring, because the ledger has nothing after 2018-08-22",
    );
    expect(lines.join("\n")).not.toContain("Serve:");
  });
});

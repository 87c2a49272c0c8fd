import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toNumbers } from "@esteira/models/flavors/flavor";
import { loadModel } from "@esteira/models/flavors/load-model";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { createClient } from "@esteira/sdk/client";
import { uploadFolder } from "@esteira/sdk/node/folder";
import { startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { runEsteira } from "./run-esteira.testing.ts";

const FEATURES = ["a", "b", "c", "d", "e", "f"];
const ROWS = 600;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-gate-"));
  await writeModelFolder(join(root, "model"), {
    ...{ ubj: modelBytes("dart.ubj"), createdAt: 0, modelUuid: "0" },
    signature: { inputs: columnsOf(FEATURES, "double") },
  });
  const cells = Array.from({ length: ROWS }, (_, row) => FEATURES.map((_f, i) => ((row * (i + 3)) % 23) - 9));
  const model = await loadModel(join(root, "model"));
  const scores = toNumbers(
    model.predict({
      names: FEATURES,
      columns: FEATURES.map((_f, i) => Float64Array.from(cells, (row) => row[i]!)),
      rowCount: ROWS,
    }),
  );
  // Frauds are what the model takes for frauds, but for every ninth row.
  const cut = [...scores].sort((x, y) => y - x)[Math.floor(ROWS / 8)]!;
  const lines = cells.map((row, at) => {
    const fraud = scores[at]! >= cut !== (at % 9 === 0) ? 1 : 0;
    return [`id${at}`, `c${at % 97}`, 10 + (at % 50), at % 2 === 0 ? "key" : "qr", fraud, ...row].join();
  });
  await writeFile(
    join(root, "rows.csv"),
    [["id", "payer", "amount", "channel", "fraud", ...FEATURES].join(), ...lines, ""].join("\n"),
  );
  await writeFile(
    join(root, "gate.yaml"),
    [
      "version: 1",
      "name: pix",
      "checks:",
      "  - { check: metric, metric: auc_pr_lift, min: 1.2 }",
      "  - { check: champion, metric: auc_pr, replicates: 200, support: 20 }",
      "  - { check: signature }",
      "  - { check: slice, slice: channel, metric: recall, min: 0.01, support: 10 }",
      "",
    ].join("\n"),
  );
});
afterAll(() => rm(root, { recursive: true, force: true }));

const gate = (args: readonly string[], env: Record<string, string> = {}) => runEsteira(root, ["gate", ...args], env);

const DATA = ["--data", "rows.csv", "--label", "fraud", "--id", "id", "--customer", "payer", "--slice", "channel"];

describe("esteira gate", () => {
  it("passes with exit code 0, and leaves JSON, JUnit and Markdown", async () => {
    const files = ["--json", "verdict.json", "--junit", "verdict.xml", "--markdown", "verdict.md"];
    const passed = await gate(["-m", "model", "--champion", "none", "--threshold", "0.5", ...DATA, ...files]);
    expect(passed.code, passed.stdout + passed.stderr).toBe(0);
    expect(passed.stdout.split("\n")[0]).toBe("Gate pix  PASSED  2 passed, 2 not applicable");
    const verdict = JSON.parse(await readFile(join(root, "verdict.json"), "utf8"));
    expect(verdict).toMatchObject({ gate: "pix", outcome: "passed" });
    expect(verdict.digests.model).toMatch(/^sha256:[0-9a-f]{64}$/);
    expect(await readFile(join(root, "verdict.xml"), "utf8")).toContain('tests="4" failures="0" skipped="2"');
    expect(await readFile(join(root, "verdict.md"), "utf8")).toContain("### Gate pix: PASSED");
  });

  it("refuses with 3 where nobody looked at a champion, and is a fault with 2 where it cannot judge", async () => {
    const unseen = await gate(["-m", "model", "--threshold", "0.5", ...DATA]);
    expect(unseen.code, unseen.stdout + unseen.stderr).toBe(3);
    expect(unseen.stdout).toContain("NOT ENOUGH EVIDENCE");
    const without = await gate(["-m", "model", ...DATA]);
    expect(without).toMatchObject({ code: 2, stderr: expect.stringContaining("model does not say at which score") });
    const wrong = await gate(["-m", "model", "--gate", "nowhere.yaml", ...DATA]);
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining("The gate 'nowhere.yaml' cannot be read") });
  });

  it.skipIf(process.platform !== "linux")("serves the model to know its memory", async () => {
    const rules = (max: number) =>
      `version: 1\nname: pix\nchecks:\n  - { check: memory, max: ${max} }\n  - { check: latency, max: 1000 }\n`;
    await writeFile(join(root, "wide.yaml"), rules(4096));
    await writeFile(join(root, "tight.yaml"), rules(8));
    const asked = ["-m", "model", "--champion", "none", "--threshold", "0.5", ...DATA];
    const wide = await gate([...asked, "--gate", "wide.yaml"]);
    expect(wide.code, wide.stdout + wide.stderr).toBe(0);
    expect(wide.stdout).toMatch(/memory at most 4096 MiB +\d+(\.\d+)? MiB/);
    const tight = await gate([...asked, "--gate", "tight.yaml"]);
    expect(tight.code, tight.stdout + tight.stderr).toBe(3);
    expect(tight.stdout).toMatch(/The service held \d+(\.\d+)? MiB at most over 520 requests; the limit is 8 MiB/);
  });

  it("finds the champion of a registered model by itself", async () => {
    const server = await startServer({
      ...{ host: "127.0.0.1", port: 0 },
      backendStoreUri: `sqlite:///${join(root, "esteira.db")}`,
      artifactsDestination: join(root, "artifacts"),
    });
    try {
      const client = createClient({ baseUrl: server.url });
      const experimentId = await client.experiments.create({ name: "gate" });
      await client.registeredModels.create({ name: "pix" });
      for (let at = 0; at < 2; at++) {
        const logged = await client.loggedModels.create({ experimentId, name: "model" });
        await uploadFolder(client, join(root, "model"), logged.artifactUri);
        await client.loggedModels.finalize(logged.modelId, "LOGGED_MODEL_READY");
        await client.modelVersions.create({
          ...{ name: "pix", source: `models:/${logged.modelId}`, modelId: logged.modelId },
        });
      }
      const env = { MLFLOW_TRACKING_URI: server.url };
      const args = ["-m", "models:/pix/2", "--threshold", "0.5", ...DATA];
      const first = await gate(args, env);
      expect([first.code, first.stdout + first.stderr]).toEqual([0, expect.stringContaining("no champion yet")]);
      await client.registeredModels.setAlias("pix", "champion", "1");
      const second = await gate([...args, "--json", "second.json"], env);
      expect([second.code, second.stdout + second.stderr]).toEqual([0, expect.stringContaining("4 passed")]);
      const verdict = JSON.parse(await readFile(join(root, "second.json"), "utf8"));
      expect(verdict.checks[1].evidence).toMatchObject({ champion: "models:/pix/1", delta: 0 });
    } finally {
      await server.close();
    }
  });
});

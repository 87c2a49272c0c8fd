import { spawn } from "node:child_process";
import { once } from "node:events";
import { cp, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { unpackFixture } from "@esteira/models/engines/mllib/fixtures/fixture";
import type { InputColumn } from "@esteira/models/engines/mllib/plan";
import { modelDigest } from "@esteira/models/format/digest";
import { PARITY_FILE, readParityReport } from "@esteira/models/verification/parity-report";
import { verifyModel } from "@esteira/models/verification/verify-model";
import { startRun } from "@esteira/sdk/active-run";
import { createClient } from "@esteira/sdk/client";
import { logModel } from "@esteira/sdk/node/log-model";
import { startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
const python = process.env.ESTEIRA_SPARK_PYTHON ?? "";
const against = { engine: "spark", python } as const;

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-verify-spark-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const typeName = (type: InputColumn["type"]) => (typeof type === "string" ? type : "sparkml_vector");

/** A model folder of a pipeline that Spark saved, with the rows that its fixture holds as input example. */
async function folderOf(name: string): Promise<string> {
  const golden = unpackFixture(name, join(root, `${name}.fixture`));
  const folder = join(root, name);
  await mkdir(folder);
  await cp(join(root, `${name}.fixture`, "model"), join(folder, "sparkml"), { recursive: true });
  const inputs = golden.inputs.map(({ name, type }) => ({ name, type: typeName(type), required: true }));
  await writeFile(
    join(folder, "MLmodel"),
    JSON.stringify({
      flavors: { spark: { model_data: "sparkml", pyspark_version: "4.1.1", code: null } },
      signature: { inputs: JSON.stringify(inputs), outputs: null, params: null },
      saved_input_example_info: {
        artifact_path: "input_example.json",
        serving_input_path: "serving_input_example.json",
        type: "dataframe",
      },
    }),
  );
  const example = { columns: golden.inputs.map((column) => column.name), data: golden.rows.slice(0, 4) };
  await writeFile(join(folder, "input_example.json"), JSON.stringify(example));
  await writeFile(join(folder, "serving_input_example.json"), JSON.stringify({ dataframe_split: example }));
  return folder;
}

describe.skipIf(python === "")("a model verified against Spark", () => {
  it.each(["forest", "index-skip", "bucket-keep"])(
    "%s: hard rows are answered, left out and refused alike",
    async (name) => {
      const folder = await folderOf(name);
      const { checks, parity } = await verifyModel(folder, { tolerance: 0, against });
      expect(checks.at(-1), JSON.stringify(parity?.example)).toMatchObject({ name: "parity", verdict: "passed" });
      expect(parity).toMatchObject({ against: "spark", differing: 0, incomparable: 0, maxUlp: 0 });
      expect(parity?.versions.spark).toMatch(/^4\./);
      expect(parity?.kinds).toMatchObject({ given: 4, missing: expect.any(Number), extreme: expect.any(Number) });
    },
  );

  it("fails answers that lie further apart than is allowed, with the first that does", async () => {
    const folder = await folderOf("logistic-classes");
    const { passed, checks, parity } = await verifyModel(folder, { tolerance: 0, against });
    expect(passed).toBe(false);
    expect(checks.at(-1)).toMatchObject({ name: "parity", verdict: "failed" });
    expect(parity?.example).toMatchObject({ ours: expect.any(Array), theirs: expect.any(Array) });
    expect(parity?.maxRelative).toBeGreaterThan(0);
    expect(parity?.maxRelative).toBeLessThan(1e-12);
  });

  it("stores the report beside a registered model, as the command does it", async () => {
    const folder = join(root, "forest");
    const server = await startServer({
      host: "127.0.0.1",
      port: 0,
      backendStoreUri: `sqlite:///${join(root, "esteira.db")}`,
      artifactsDestination: join(root, "artifacts"),
    });
    try {
      const client = createClient({ baseUrl: server.url });
      const experimentId = await client.experiments.ensure("verify");
      await client.registeredModels.create({ name: "pix" });
      await startRun({ client, experimentId }, async (run) => {
        const model = await logModel(client, run, { name: "model" }, async () => folder);
        await client.modelVersions.create({ name: "pix", source: `models:/${model.modelId}`, modelId: model.modelId });
      });
      const child = spawn(
        process.execPath,
        [...[COMMAND, "models", "verify", "-m", "models:/pix/1"], ...["--against", "spark", "--python", python]],
        { env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", MLFLOW_TRACKING_URI: server.url } },
      );
      const [said, , [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, "close")]);
      expect(said).toContain(`The parity report is in mlflow-artifacts:/`);
      expect(code).toBe(0);
      const uri = await client.modelVersions.downloadUri("pix", "1");
      const report = readParityReport(await client.artifacts.readText(uri, PARITY_FILE));
      expect(report).toMatchObject({ against: "spark", passed: true, digest: await modelDigest(folder) });
    } finally {
      await server.close();
    }
  });
});

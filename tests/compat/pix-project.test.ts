import { spawn } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { type RunId, runId } from "@esteira/core/ids";
import { locateXgboost } from "@esteira/models/engines/xgboost/library";
import { type Client, createClient } from "@esteira/sdk/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOracle } from "./oracle.ts";
import { type Peer, startEsteira } from "./servers.ts";

const oracle = findOracle();
const root = fileURLToPath(new URL("../..", import.meta.url));
const esteira = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
const library = await locateXgboost().catch((error: unknown) => String(error));
const missing = "missing" in oracle ? oracle.missing : typeof library === "string" ? library : undefined;
const EXPERIMENT = "pix";
const SMALL = ["-P", "transfers=60000", "-P", "days=150", "-P", "trials=1"];

let server: Peer;
let client: Client;

describe.skipIf(missing !== undefined)(
  `the Pix training run by real MLflow${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  { timeout: 1_800_000 },
  () => {
    beforeAll(async () => {
      server = await startEsteira();
      client = createClient({ baseUrl: server.url });
    });
    afterAll(() => server?.close());

    it("goes through all steps in the run that MLflow has made, and what it has finished is not run again by us", async () => {
      const python = "missing" in oracle ? "" : oracle.python;
      const args = ["run", "pix-fraud", "--experiment-name", EXPERIMENT, ...SMALL];
      const theirs = await ended(python, ["-m", "mlflow", ...args, "--env-manager", "local"]);
      expect(theirs.code, theirs.errors).toBe(0);
      const first = await newestMain();
      expect(first.info.status).toBe("FINISHED");
      const steps = await Promise.all(["prepare", "train", "evaluate"].map((name) => stepOf(first, name)));
      for (const step of steps) {
        expect(step.run.info.status).toBe("FINISHED");
        expect(tagValue(step.run.data.tags, "mlflow.parentRunId")).toBe(first.info.runId);
      }
      const [prepare, train, evaluate] = steps;
      expect(tagValue(prepare?.run.data.tags ?? [], "esteira.step.output.data.sha256")).toMatch(/^[0-9a-f]{64}$/);
      const { modelId } = train?.run.outputs.models[0] ?? {};
      expect(modelId && (await client.loggedModels.get(modelId)).status).toBe("LOGGED_MODEL_READY");
      expect(tagValue(evaluate?.run.data.tags ?? [], "esteira.gate.verdict")).toMatch(
        /^(?:passed|refused|not_enough_evidence)$/,
      );
      // The packaged model scores the test rows as the training did.
      const auc = (run: Run | undefined) => run?.data.metrics.find(({ key }) => key === "auc_pr")?.value;
      expect(auc(evaluate?.run)).toBeCloseTo(auc(train?.run) ?? Number.NaN, 6);

      const ours = await ended(process.execPath, [esteira, ...args]);
      expect(ours.code, ours.errors).toBe(0);
      const second = await newestMain();
      expect(second.info.runId).not.toBe(first.info.runId);
      for (const name of ["prepare", "train"]) {
        const again = await stepOf(second, name);
        expect([name, again.cached, again.run.info.runId]).toEqual([
          name,
          true,
          (await stepOf(first, name)).run.info.runId,
        ]);
      }
      expect((await stepOf(second, "evaluate")).cached).toBe(false);
    });
  },
);

async function newestMain(): Promise<Run> {
  const experimentId = await client.experiments.ensure(EXPERIMENT);
  const filter = "tags.`mlflow.project.entryPoint` = 'main'";
  const { items } = await client.runs.search({ experimentIds: [experimentId], filter, maxResults: 1 });
  if (items[0] === undefined) throw new Error("no run of main");
  return items[0];
}

async function stepOf({ data }: Run, name: string): Promise<{ readonly run: Run; readonly cached: boolean }> {
  const state: { run: RunId; cached: boolean } = JSON.parse(
    tagValue(data.tags, `esteira.workflow.step.${name}`) ?? "{}",
  );
  return { run: await client.runs.get(runId(state.run)), cached: state.cached };
}

async function ended(program: string, args: readonly string[]) {
  const env = { ...process.env, MLFLOW_TRACKING_URI: server.url, MLFLOW_DISABLE_TELEMETRY: "true", NO_COLOR: "1" };
  const child = spawn(program, [...args], { cwd: root, env, stdio: ["ignore", "ignore", "pipe"] });
  let errors = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, errors };
}

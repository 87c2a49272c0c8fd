import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { startRun } from "@esteira/sdk/active-run";
import { type Client, createClient } from "@esteira/sdk/client";
import { logModel } from "@esteira/sdk/node/log-model";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";

const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
const FEATURES = ["a", "b", "c", "d", "e", "f"];

let root: string;
let server: RunningServer;
let client: Client;

/** Two models of the same columns, as versions 1 and 2, and a third folder that nobody can load. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-models-serve-"));
  server = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: `sqlite:///${join(root, "esteira.db")}`,
    artifactsDestination: join(root, "artifacts"),
  });
  client = createClient({ baseUrl: server.url });
  const experimentId = await client.experiments.ensure("serve");
  await client.registeredModels.create({ name: "pix" });
  for (const file of ["dart.ubj", "forest.ubj", undefined]) {
    await startRun({ client, experimentId }, async (run) => {
      const model = await logModel(client, run, { name: "model" }, async ({ modelId }) => {
        const folder = join(root, `${file ?? "broken"}.folder`);
        await writeModelFolder(folder, {
          ubj: file === undefined ? Buffer.from("no model") : modelBytes(file),
          createdAt: 0,
          modelUuid: modelId,
          signature: { inputs: columnsOf(FEATURES, "double") },
        });
        return folder;
      });
      await client.modelVersions.create({ name: "pix", source: `models:/${model.modelId}`, modelId: model.modelId });
    });
  }
  await client.registeredModels.setAlias("pix", "champion", "1");
}, 120_000);
afterAll(async () => {
  await server?.close();
  await rm(root, { recursive: true, force: true });
});

interface Serving {
  readonly url: string;
  readonly child: ChildProcess;
  readonly said: () => string;
}

const started: ChildProcess[] = [];
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill("SIGTERM");
    await once(child, "exit");
  }
});

function serveCommand(args: readonly string[]): ChildProcess {
  const child = spawn(process.execPath, [COMMAND, "models", "serve", "-p", "0", ...args], {
    env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", MLFLOW_TRACKING_URI: server.url },
    stdio: ["ignore", "pipe", "pipe"],
  });
  started.push(child);
  return child;
}

async function serve(...args: readonly string[]): Promise<Serving> {
  const child = serveCommand(args);
  let said = "";
  const listen = (text: Buffer) => {
    said += text.toString();
  };
  child.stdout?.on("data", listen);
  child.stderr?.on("data", listen);
  await expect
    .poll(() => /at (http:\S+)/.test(said) || child.exitCode !== null, { timeout: 60_000, interval: 50 })
    .toBe(true);
  const url = /at (http:\S+)/.exec(said)?.[1];
  if (url === undefined) throw new Error(`The command ended: ${said}`);
  return { url, child, said: () => said };
}

const row = Object.fromEntries(FEATURES.map((name, i) => [name, i + 0.5]));
const ask = async (url: string, key = "k"): Promise<{ status: number; model: string | null }> => {
  const answer = await fetch(`${url}/invocations`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-esteira-key": key },
    body: JSON.stringify({ dataframe_records: [row] }),
  });
  await answer.arrayBuffer();
  return { status: answer.status, model: answer.headers.get("x-esteira-model") };
};

/** Asks without a pause until `until` holds; every answer must be 200. */
async function askUntil(url: string, until: (model: string | null) => boolean): Promise<number> {
  let asked = 0;
  for (const end = Date.now() + 60_000; Date.now() < end; asked++) {
    const { status, model } = await ask(url);
    expect(status).toBe(200);
    if (until(model)) return asked;
  }
  throw new Error("The model that was waited for never answered.");
}

describe("esteira models serve", { timeout: 180_000 }, () => {
  it("follows its alias without a failed request, keeps the model it has when the next is broken, and drains", async () => {
    const { url, child, said } = await serve("-m", "models:/pix@champion", "--refresh", "1");
    expect(said()).toContain("Serving models:/pix@champion (pix version 1)");
    expect((await ask(url)).model).toBe("pix/1");

    await client.registeredModels.setAlias("pix", "champion", "2");
    expect(await askUntil(url, (model) => model === "pix/2")).toBeGreaterThan(0);
    await client.registeredModels.setAlias("pix", "champion", "3");
    await expect.poll(said, { timeout: 60_000 }).toContain("cannot be followed, the served model stays");
    expect(await ask(url)).toEqual({ status: 200, model: "pix/2" });
    await client.registeredModels.setAlias("pix", "champion", "1");
    await askUntil(url, (model) => model === "pix/1");

    child.kill("SIGTERM");
    expect((await once(child, "exit"))[0]).toBe(0);
  });

  it("shares its port among workers, adds up their metrics, and replaces one that is killed", async () => {
    await client.registeredModels.setAlias("pix", "champion", "1");
    const log = join(root, "log");
    const { url, child } = await serve(
      ...["-m", "models:/pix@champion", "--refresh", "1", "--workers", "2"],
      ...["--canary-uri", "models:/pix/2", "--canary-share", "0.5", "--shadow-uri", "models:/pix/1"],
      ...["--request-log", log, "--request-log-redact", "a,b"],
    );
    const models = await Promise.all(Array.from({ length: 40 }, (_, i) => ask(url, `payer-${i}`)));
    expect(new Set(models.map(({ model }) => model))).toEqual(new Set(["pix/1", "pix/2"]));
    const metrics = async () => (await fetch(`${url}/metrics`)).text();
    await expect.poll(metrics, { timeout: 30_000 }).toContain('esteira_scoring_requests_total{status="200"} 40\n');
    await expect
      .poll(metrics, { timeout: 30_000 })
      .toContain('esteira_scoring_shadow_requests_total{outcome="compared"} 40\n');

    const workers = (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, "utf8").catch(() => ""))
      .trim()
      .split(" ")
      .filter((pid) => pid !== "");
    if (workers.length > 0) {
      const victim = await findWorker(workers);
      process.kill(victim, "SIGKILL");
      await expect
        .poll(async () => (await fetch(`${url}/health`).catch(() => undefined))?.status, { timeout: 30_000 })
        .toBe(200);
    }
    await client.registeredModels.setAlias("pix", "champion", "2");
    await expect
      .poll(
        async () =>
          (await Promise.all(Array.from({ length: 8 }, (_, i) => ask(url, `p-${i}`)))).every(
            ({ model }) => model === "pix/2",
          ),
        {
          timeout: 60_000,
        },
      )
      .toBe(true);

    child.kill("SIGTERM");
    expect((await once(child, "exit"))[0]).toBe(0);
    const files = await readdir(log);
    const lines = (await Promise.all(files.map((file) => readFile(join(log, file), "utf8"))))
      .join("")
      .trim()
      .split("\n");
    expect(lines.length).toBeGreaterThanOrEqual(40);
    expect(JSON.parse(lines[0]!)).toMatchObject({
      model: "pix",
      columns: FEATURES,
      data: ["[redacted]", "[redacted]", [2.5], [3.5], [4.5], [5.5]],
    });
  });

  it.each([
    [["-m", "models:/pix/3"], "neither JSON nor UBJ"],
    [["-m", "models:/pix@nobody"], "nobody"],
    [["-m", "models:/pix/3", "--workers", "2"], "neither JSON nor UBJ"],
    [["-m", "models:/pix/1", "--canary-share", "0.1"], "--canary-uri and --canary-share belong together"],
    [["-m", "models:/pix/1", "--canary-uri", "models:/pix/2", "--canary-share", "5"], "expected a share from 0 to 1"],
    [["-m", "models:/pix/1", "--workers", "none"], "--workers is 'none'"],
  ])("refuses %j in a sentence, with code 2", async (args, words) => {
    const child = serveCommand(args);
    let said = "";
    child.stderr?.on("data", (text: Buffer) => {
      said += text.toString();
    });
    const [code] = (await once(child, "close")) as [number | null];
    expect(said).toContain(words);
    expect(code).toBe(2);
  });
});

/** One of the processes that is a worker of ours: tools that run beside them are not. */
async function findWorker(pids: readonly string[]): Promise<number> {
  for (const pid of pids) {
    const line = await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "");
    if (line.includes("esteira.mjs")) return Number(pid);
  }
  throw new Error("No worker was found.");
}

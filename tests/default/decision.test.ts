import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { startRun } from "@esteira/sdk/active-run";
import { createClient } from "@esteira/sdk/client";
import { logModel } from "@esteira/sdk/node/log-model";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";

const COMMAND = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));
const FEATURES = ["a", "b", "c", "d", "e", "f"];
let root: string;
let server: RunningServer;
const started: ChildProcess[] = [];

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-decision-"));
  server = await startServer({
    ...{ host: "127.0.0.1", port: 0 },
    backendStoreUri: `sqlite:///${join(root, "esteira.db")}`,
    artifactsDestination: join(root, "artifacts"),
  });
  const client = createClient({ baseUrl: server.url });
  const experimentId = await client.experiments.ensure("decision");
  await client.registeredModels.create({ name: "pix" });
  for (const file of ["dart.ubj", "forest.ubj"]) {
    await startRun({ client, experimentId }, async (run) => {
      const model = await logModel(client, run, { name: "model" }, async ({ modelId }) => {
        const folder = join(root, `${file}.folder`);
        await writeModelFolder(folder, {
          ...{ ubj: modelBytes(file), createdAt: 0, modelUuid: modelId },
          signature: { inputs: columnsOf(FEATURES, "double") },
        });
        return folder;
      });
      await client.modelVersions.create({ name: "pix", source: `models:/${model.modelId}`, modelId: model.modelId });
    });
  }
});
afterEach(async () => {
  for (const child of started.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const gone = once(child, "close");
    child.kill("SIGKILL");
    await gone;
  }
});
afterAll(async () => {
  await server.close();
  await rm(root, { recursive: true, force: true });
});

const spawned = (args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [COMMAND, ...args], {
    cwd: root,
    env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", MLFLOW_TRACKING_URI: server.url, ESTEIRA_DECISIONS: "" },
    stdio: ["ignore", "pipe", "pipe"],
  });

async function esteira(...args: readonly string[]) {
  const child = spawned(args);
  let stdout = "";
  let stderr = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}

/** Serves version 1 with records in a folder. */
async function serve(decisions: string): Promise<{ url: string; child: ChildProcess }> {
  const args = ["-m", "models:/pix/1", "--port", "0", "--decisions", decisions, "--decisions-threshold", "0.5"];
  const child = spawned(["models", "serve", ...args]);
  started.push(child);
  let said = "";
  for await (const text of child.stdout?.setEncoding("utf8") ?? []) {
    said += text;
    const url = /http:\/\/127\.0\.0\.1:\d+/.exec(said)?.[0];
    if (url !== undefined) return { url, child };
  }
  throw new Error(`nothing was served: ${said}`);
}

async function ask(url: string, id: string, subject: string, data: readonly (readonly (number | null)[])[]) {
  const response = await fetch(`${url}/invocations`, {
    method: "POST",
    headers: { "content-type": "application/json", "x-request-id": id, "x-esteira-subject": subject },
    body: JSON.stringify({ dataframe_split: { columns: FEATURES, data } }),
  });
  expect(response.status).toBe(200);
  return ((await response.json()) as { predictions: number[] }).predictions;
}

async function stop(child: ChildProcess): Promise<void> {
  const gone = once(child, "close");
  child.kill("SIGTERM");
  await gone;
}

describe("decision records of models serve", () => {
  it("are shown, made again, erased and verified", async () => {
    const { url, child } = await serve("records");
    const [score] = await ask(url, "t-1", "ana, shop", [[0.25, -3, 1e-30, null, 5, 2]]);
    const both = await ask(url, "t-2", "bob", [
      [1, 2, 3, 4, 5, 6],
      [9, 8, 7, 6, 5, 4],
    ]);
    await stop(child);
    const at = ["--decisions", "records"];

    const shown = await esteira("decision", "show", "t-1", ...at, "--json");
    expect(JSON.parse(shown.stdout)).toMatchObject({
      ...{ id: "t-1", score, threshold: 0.5, subjects: ["ana", "shop"], prediction: score },
      action: (score ?? 0) >= 0.5 ? "alert" : "allow",
      values: { a: 0.25, b: -3, c: 1e-30, d: { $number: "NaN" }, e: 5, f: 2 },
      model: { name: "pix", version: "1", of: "folder" },
    });
    const inWords = await esteira("decision", "show", "t-2#1", ...at, "--lang", "pt-BR");
    expect(inWords.stdout).toContain(`escore       ${both[1]}`);

    const same = await esteira("decision", "replay", "t-1", ...at);
    expect([same.code, same.stdout + same.stderr]).toEqual([
      0,
      expect.stringContaining("is the same to the bit: pix version 1"),
    ]);
    const other = await esteira("decision", "replay", "t-1", ...at, "-m", "models:/pix/2");
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining("another model says nothing of it")]);

    const erased = await esteira("decision", "erase", "--subject", "shop", "--reason", "art. 18, VI", ...at);
    expect([erased.code, erased.stdout]).toEqual([0, "The personal data of 1 record is erased.\n"]);
    for (const command of ["show", "replay"]) {
      const gone = await esteira("decision", command, "t-1", ...at);
      expect([gone.code, gone.stderr]).toEqual([
        2,
        expect.stringMatching(/personal data of decision 't-1' were erased at .* \(art\. 18, VI\)\.\n$/),
      ]);
    }
    const verified = await esteira("decision", "verify", ...at);
    expect([verified.code, verified.stdout]).toEqual([0, expect.stringContaining("3 in 1 segments")]);

    const file = join(
      root,
      "records",
      (await readdir(join(root, "records"))).find((name) => name.endsWith(".jsonl") && name.startsWith("decisions")) ??
        "",
    );
    await writeFile(file, (await readFile(file, "utf8")).replace(`"score":${both[0]}`, '"score":0.123'));
    expect((await esteira("decision", "verify", ...at)).code).toBe(3);
    const tampered = await esteira("decision", "show", "t-2#0", ...at);
    expect([tampered.code, tampered.stderr]).toEqual([2, expect.stringContaining("is not trusted")]);
  });

  it("that are on the disk outlive a killed server, whatever it was writing", async () => {
    const { url, child } = await serve("killed");
    for (let i = 0; i < 30; i++) await ask(url, `k-${i}`, "ana", [[i, 2, 3, 4, 5, 6]]);
    const written = async () => {
      const names = (await readdir(join(root, "killed"))).filter((name) => name.endsWith(".jsonl"));
      const texts = await Promise.all(names.map((name) => readFile(join(root, "killed", name), "utf8")));
      return texts.join("").match(/"kind":"decision".*\n/g)?.length ?? 0;
    };
    await expect.poll(written, { timeout: 60_000 }).toBe(30);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/esteira_scoring_decisions_unrecorded_total 0/);
    const last = Array.from({ length: 20 }, (_, i) => ask(url, `l-${i}`, "ana", [[i, 2, 3, 4, 5, 6]]).catch(() => []));
    await Promise.race(last);
    const gone = once(child, "close");
    child.kill("SIGKILL");
    await Promise.all([gone, ...last]);
    const verified = await esteira("decision", "verify", "--decisions", "killed");
    expect(verified.code, verified.stdout).toBe(0);
    expect(Number(/decisions +(\d+)/.exec(verified.stdout)?.[1])).toBeGreaterThanOrEqual(30);
    expect((await esteira("decision", "show", "k-29", "--decisions", "killed")).code).toBe(0);
  });

  it.each([
    [["decision", "show", "x", "--decisions", "nowhere"], "There are no decision records in 'nowhere'"],
    [["decision", "show", "x"], "Say where the records are"],
    [["decision", "erase", "--reason", "r", "--decisions", "d"], "one of --subject, --id and --older-than-days"],
    [
      ["decision", "erase", "--reason", "r", "--older-than-days", "x", "--decisions", "d"],
      "expected a whole number of days",
    ],
    [["models", "serve", "-m", "models:/pix/1", "--decisions-threshold", "1"], "belongs to --decisions"],
    [["models", "serve", "-m", "models:/pix/1", "--decisions", "d", "--decisions-threshold", "x"], "expected a number"],
  ])("refuses %j in a sentence", async (args, words) => {
    const { code, stderr } = await esteira(...args);
    expect([code, stderr]).toEqual([2, expect.stringContaining(words)]);
  });
});

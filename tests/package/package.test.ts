import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOracle } from "../compat/oracle.ts";

const run = promisify(execFile);
const root = fileURLToPath(new URL("../..", import.meta.url));
const oracle = findOracle();
const LIMIT_MB = 60;

/** What a user has: an empty folder, the packed packages installed in it, and nothing of the repository. */
let folder: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-package-"));
  const packed = join(folder, "packed");
  await run(
    process.execPath,
    ["--conditions=@esteira/source", "--import", "tsx", "packages/cli/pack/pack.ts", "--out", packed],
    {
      cwd: root,
    },
  );
  await run("npm", ["run", "build:sdk"], { cwd: root });
  const tars: string[] = [];
  for (const source of [packed, join(root, "packages/core"), join(root, "packages/sdk")]) {
    const { stdout } = await run("npm", ["pack", "--json", "--pack-destination", folder], { cwd: source });
    tars.push(join(folder, JSON.parse(stdout)[0].filename));
  }
  await rm(packed, { recursive: true });
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await run("npm", ["install", "--ignore-scripts", "--no-audit", "--no-fund", ...tars], { cwd: folder });
});

afterAll(() => rm(folder, { recursive: true, force: true }));

/** Starts the installed server and gives its address to `work`. */
async function withServer(work: (url: string) => Promise<void>): Promise<void> {
  const child = spawn(
    join(folder, "node_modules/.bin/esteira"),
    ["server", "--port", "0", "--backend-store-uri", "sqlite:///pix.db", "--artifacts-destination", "artifacts"],
    { cwd: folder, stdio: ["ignore", "pipe", "inherit"], env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1" } },
  );
  try {
    let said = "";
    for await (const chunk of child.stdout) {
      said += chunk;
      const url = /serves at (http:\/\/\S+)/.exec(said)?.[1];
      if (url !== undefined) {
        await work(url);
        break;
      }
    }
    expect(said).toContain("serves at");
  } finally {
    if (child.exitCode === null) {
      child.kill("SIGTERM");
      await once(child, "exit");
    }
  }
  expect(child.exitCode).toBe(0);
}

async function sizeMb(path: string): Promise<number> {
  const info = await stat(path);
  if (!info.isDirectory()) return info.size / 1e6;
  const parts = await Promise.all((await readdir(path)).map((name) => sizeMb(join(path, name))));
  return parts.reduce((sum, part) => sum + part, 0);
}

describe("the packages in an empty folder", () => {
  it("serve the API and the pages", () =>
    withServer(async (url) => {
      expect((await fetch(`${url}/health`)).status).toBe(200);
      const page = await (await fetch(url)).text();
      const script = /src="\.\/(assets\/[^"]+\.js)"/.exec(page)?.[1];
      expect((await fetch(`${url}/${script}`)).headers.get("content-type")).toContain("javascript");
    }));

  it("log and find a run through the SDK", () =>
    withServer(async (url) => {
      await writeFile(
        join(folder, "train.js"),
        `import { createClient } from "@esteira/sdk/client";
import { startRun } from "@esteira/sdk/active-run";
const client = createClient({ baseUrl: process.argv[2] });
const experimentId = await client.experiments.ensure("sdk");
await startRun({ client, experimentId }, async (run) => { run.logMetric("auc_pr", 0.5); });
const { items } = await client.runs.search({ experimentIds: [experimentId], filter: "metrics.auc_pr > 0.4" });
console.log(items.length, items[0].info.status);`,
      );
      const { stdout } = await run(process.execPath, ["train.js", url], { cwd: folder });
      expect(stdout.trim()).toBe("1 FINISHED");
    }));

  it.skipIf(process.platform !== "linux")("end the run of a project whose launcher was killed", () =>
    withServer(async (url) => {
      await writeFile(join(folder, "MLproject"), "entry_points: {main: {command: 'echo begun; sleep 1000'}}\n");
      const child = spawn(join(folder, "node_modules/.bin/esteira"), ["run", "."], {
        cwd: folder,
        stdio: ["ignore", "pipe", "ignore"],
        env: { ...process.env, NODE_OPTIONS: "", MLFLOW_TRACKING_URI: url },
      });
      await once(child.stdout, "data");
      child.kill("SIGKILL");
      const statuses = async () => {
        const headers = { "content-type": "application/json" };
        const body = JSON.stringify({ experiment_ids: ["0"] });
        const answer = await fetch(`${url}/api/2.0/mlflow/runs/search`, { method: "POST", headers, body });
        const { runs }: { runs: { info: { status: string } }[] } = await answer.json();
        return runs.map(({ info }) => info.status);
      };
      await expect.poll(statuses, { timeout: 60_000 }).toEqual(["FAILED"]);
    }),
  );

  it.skipIf("missing" in oracle)("serve the real Python client", () =>
    withServer(async (url) => {
      if ("missing" in oracle) return;
      const script = [
        "import mlflow",
        "mlflow.set_experiment('python')",
        "with mlflow.start_run() as run:",
        "    mlflow.log_metric('auc_pr', 0.5)",
        "    mlflow.log_text('olá', 'notes/hello.txt')",
        "print(mlflow.get_run(run.info.run_id).data.metrics, mlflow.artifacts.load_text(run.info.artifact_uri + '/notes/hello.txt'))",
      ].join("\n");
      const { stdout } = await run(oracle.python, ["-c", script], {
        cwd: folder,
        env: { ...process.env, MLFLOW_TRACKING_URI: url, MLFLOW_DISABLE_TELEMETRY: "true" },
      });
      expect(stdout).toContain("{'auc_pr': 0.5} olá");
    }),
  );

  it("say what they cannot do with exit code 2", async () => {
    const attempt = run(join(folder, "node_modules/.bin/esteira"), ["server", "--port", "many"], { cwd: folder });
    await expect(attempt).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining("--port is 'many'") });
  });

  it("say what deploying to SageMaker needs besides", async () => {
    const role = "arn:aws:iam::123456789012:role/pix";
    const args = ["deploy", "sagemaker", "models:/pix/1", "-n", "pix", "--image", "x.example/pix:1", "--role", role];
    const attempt = run(join(folder, "node_modules/.bin/esteira"), [...args, "--region", "eu-west-1"], { cwd: folder });
    const stderr = expect.stringContaining("run npm install --ignore-scripts @aws-sdk/client-sagemaker@3");
    await expect(attempt).rejects.toMatchObject({ code: 2, stderr });
  });

  it("hold what they run, and nothing else of the repository", async () => {
    const modules = join(folder, "node_modules");
    for (const [name, parts] of [
      [
        "esteira",
        /^(?:(?:bin|dist|dist-scorer|dist-web|verifier)\/.*\.(?:js|cjs|mjs|css|html|svg|json|txt|py|gz|br)|README(?:\.pt-BR)?\.md|LICENSE|package\.json)$/,
      ],
      ["@esteira/core", /^(?:dist\/.*\.(?:js|d\.ts)|package\.json)$/],
      ["@esteira/sdk", /^(?:dist\/.*\.(?:js|d\.ts)|package\.json)$/],
    ] as const) {
      const files = await readdir(join(modules, name), { recursive: true, withFileTypes: true });
      const paths = files
        .filter((file) => file.isFile())
        .map((file) => relative(join(modules, name), join(file.parentPath, file.name)));
      expect(paths.length).toBeGreaterThan(1);
      const others = paths.filter((path) => !parts.test(path) || /\.test\.|\btesting\b/.test(path));
      expect({ name, others }).toEqual({ name, others: [] });
    }
  });

  it(`weigh less than ${LIMIT_MB} MB with all that they depend on`, async () => {
    const modules = join(folder, "node_modules");
    const [own, all] = [await sizeMb(join(modules, "esteira")), await sizeMb(modules)];
    console.log(`esteira ${own.toFixed(1)} MB; with its dependencies and the SDK ${all.toFixed(1)} MB`);
    expect(all).toBeLessThan(LIMIT_MB);
  });
});

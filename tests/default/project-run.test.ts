import { execFileSync, spawn } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { tagValue } from "@esteira/core/entities/tag";
import { experimentId, type RunId } from "@esteira/core/ids";
import { type Client, createClient } from "@esteira/sdk/client";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, it } from "vitest";

const command = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));

let home: string;
let server: RunningServer;
let client: Client;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), "esteira-run-"));
  server = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: `sqlite:///${join(home, "tracking.db")}`,
    artifactsDestination: join(home, "artifacts"),
  });
  client = createClient({ baseUrl: server.url });
});
afterAll(async () => {
  await server.close();
  await rm(home, { recursive: true, force: true });
});

async function project(name: string, files: Record<string, string>): Promise<string> {
  const folder = join(home, name);
  await mkdir(folder, { recursive: true });
  for (const [file, text] of Object.entries(files)) await writeFile(join(folder, file), text);
  return folder;
}

/** The command in a process of its own; `onOutput` sees everything that it has said so far. */
async function esteira(
  args: readonly string[],
  onOutput: (text: string, pid: number) => void = () => undefined,
  onStart: (pid: number) => void = () => undefined,
) {
  const folders = { XDG_CACHE_HOME: join(home, "cache"), TMPDIR: home };
  const env = { ...process.env, MLFLOW_TRACKING_URI: server.url, NO_COLOR: "1", ...folders };
  const child = spawn(process.execPath, [command, "run", ...args], {
    cwd: home,
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  onStart(child.pid ?? 0);
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    onOutput(output, child.pid ?? 0);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    errors += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  return { code, output, errors };
}

const pythonVersion = (() => {
  try {
    const asked = "import platform; print(platform.python_version())";
    return execFileSync("python3", ["-c", asked], { encoding: "utf8" }).trim();
  } catch {
    return undefined;
  }
})();
const NAMES = "import importlib.metadata as m; print('\\n'.join(d.metadata['Name'] or '' for d in m.distributions()))";

const lastRun = async () => {
  const { items } = await client.runs.search({ experimentIds: [experimentId("0")], maxResults: 1 });
  const [run] = items;
  if (run === undefined) throw new Error("there is no run");
  const tags = Object.fromEntries(run.data.tags.map(({ key, value }) => [key, value]));
  return { ...run, tags, params: Object.fromEntries(run.data.params.map(({ key, value }) => [key, value])) };
};

const countRuns = async () => (await client.runs.search({ experimentIds: [experimentId("0")] })).items.length;

describe("esteira run", { timeout: 300_000 }, () => {
  it("hands parameters over, tells the command its run, and records what it depends on", async () => {
    const folder = await project("whole", {
      MLproject: `entry_points:
  main:
    parameters: {data: path, note: string}
    command: node show.mjs {data} "{note}"
`,
      "show.mjs":
        "const { env, argv } = process; console.log(JSON.stringify([...argv.slice(2), env.MLFLOW_RUN_ID, env.MLFLOW_EXPERIMENT_ID, env.MLFLOW_TRACKING_URI]));",
      "rows.csv": "amount\n",
    });
    const git = (...args: string[]) =>
      execFileSync("git", ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", ...args], { cwd: folder });
    git("init", "--quiet");
    git("add", "--all");
    git("commit", "--quiet", "--message", "first");
    await writeFile(join(folder, "rows.csv"), "amount\n12.5\n");
    const note = "$(touch interpreted); `id` \"'";
    const { code, output, errors } = await esteira([
      folder,
      "-P",
      `data=${folder}/rows.csv`,
      "-P",
      `note=${note}`,
      "-P",
      "k=v",
    ]);
    expect(code, errors).toBe(0);
    const { info, tags, params } = await lastRun();
    expect(JSON.parse(output)).toEqual([`${folder}/rows.csv`, note, "--k", "v", info.runId, "0", server.url]);
    expect(info.status).toBe("FINISHED");
    expect(params).toEqual({ data: `${folder}/rows.csv`, note, k: "v" });
    expect(tags).toMatchObject({
      "mlflow.source.type": "PROJECT",
      "mlflow.project.entryPoint": "main",
      "mlflow.project.backend": "local",
      "mlflow.source.git.commit": execFileSync("git", ["rev-parse", "HEAD"], { cwd: folder, encoding: "utf8" }).trim(),
      "esteira.git.dirty": "true",
      "esteira.node": execFileSync("node", ["--version"], { encoding: "utf8" }).trim(),
      "esteira.data.data.sha256": "fbbea033602a4ad4b67878f75411d30c04374a0ed83cf9295429c592f153e80f",
    });
    expect(await client.artifacts.readText(info.artifactUri, "uncommitted.diff")).toContain("+12.5");
  });

  it.skipIf(pythonVersion === undefined)(
    "records Python and its packages where they are left as they are",
    async () => {
      const folder = await project("python", {
        MLproject: "entry_points: {main: {command: 'python3 -c \"print(1)\"'}}",
      });
      const { code, errors } = await esteira([folder]);
      expect(code, errors).toBe(0);
      const { info, tags } = await lastRun();
      expect(tags["esteira.python"]).toBe(pythonVersion);
      const names = execFileSync("python3", ["-c", NAMES], { encoding: "utf8" }).trim().split("\n");
      const packages = names[0] === "" ? "" : await client.artifacts.readText(info.artifactUri, "packages.txt");
      for (const name of names)
        expect(packages).toContain(name === "" ? "" : `${name.replaceAll("_", "-").toLowerCase()}==`);
    },
  );

  it("ends a run that fails with the reason, and tries it as often as it may", async () => {
    const folder = await project("failing", { MLproject: "entry_points: {main: {command: 'echo boom >&2; exit 3'}}" });
    const { code, errors } = await esteira([folder, "--backend-config", '{"retries": 1}']);
    const { info, tags } = await lastRun();
    expect([code, info.status]).toEqual([1, "FAILED"]);
    expect(errors).toContain(`Run ${info.runId} is FAILED. The command ended with code 3: boom`);
    expect(tags).toMatchObject({
      "esteira.failure": "The command ended with code 3: boom",
      "esteira.project.attempts": "2",
    });
  });

  it("takes a run for failed that its command has ended well before failing itself", async () => {
    const script =
      "const { env } = process; await fetch(env.MLFLOW_TRACKING_URI + '/api/2.0/mlflow/runs/update', { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify({ run_id: env.MLFLOW_RUN_ID, status: process.argv[2] }) }); process.exit(Number(process.argv[3]));";
    const folder = await project("ending", {
      MLproject: "entry_points: {main: {parameters: {s: string, c: string}, command: 'node end.mjs {s} {c}'}}",
      "end.mjs": script,
    });
    expect((await esteira([folder, "-P", "s=FINISHED", "-P", "c=1"])).code).toBe(1);
    expect((await lastRun()).info.status).toBe("FAILED");
    expect((await esteira([folder, "-P", "s=FAILED", "-P", "c=0"])).code).toBe(1);
    expect((await lastRun()).info.status).toBe("FAILED");
  });

  it.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "stopped by %s leaves a run KILLED and nothing at work",
    async (signal) => {
      const folder = await project("slow", {
        MLproject: "entry_points: {main: {command: 'sleep 1000 & echo $!; sleep 1000'}}",
      });
      let sent = false;
      const { code, output } = await esteira([folder], (text, pid) => {
        if (text.includes("\n") && !sent) sent = process.kill(pid, signal);
      });
      const { info, tags } = await lastRun();
      expect([code, info.status, tags["esteira.failure"]]).toEqual([130, "KILLED", "Cancelled."]);
      await expectGone(Number(output.trim()));
    },
  );

  it.skipIf(process.platform !== "linux")("killed outright leaves nothing at work, and no run RUNNING", async () => {
    const folder = await project("killed", {
      MLproject: `entry_points: {main: {command: "trap '' TERM; sleep 1000 & echo $!; sleep 1000"}}`,
    });
    let sent = false;
    const { code, output } = await esteira([folder], (text, pid) => {
      if (text.includes("\n") && !sent) sent = process.kill(pid, "SIGKILL");
    });
    expect(code).toBe(null);
    await expectGone(Number(output.trim()));
    await expectAbandoned();
  });

  it.skipIf(process.platform !== "linux")("killed with its server out of reach, is ended by the next one", async () => {
    const folder = await project("unreachable", {
      MLproject: "entry_points: {main: {command: 'echo; sleep 1000'}, next: {command: 'echo next'}}",
    });
    const { info: made } = await client.runs.create({ experimentId: experimentId("0"), startTime: Date.now() });
    let sent = false;
    await esteira([folder, "--run-id", made.runId], (text, pid) => {
      if (text.includes("\n") && !sent) sent = process.kill(pid, "SIGKILL");
    });
    await expectAbandoned(made.runId);
    // As it stands where nothing could reach the server.
    await client.runs.deleteTag(made.runId, "esteira.failure");
    await client.runs.update(made.runId, { status: "RUNNING" });
    const next = await esteira([folder, "-e", "next"]);
    expect(next.errors).toContain(`Ended as FAILED, because who ran them was killed: ${made.runId}`);
    await expectAbandoned(made.runId);
    expect((await lastRun()).info.status).toBe("FINISHED");
  });

  /** A package with an install script that would take long, and says who it is. */
  const installing = (name: string) =>
    project(name, {
      MLproject: "node_env: {lockfile: package-lock.json}\nentry_points: {main: {command: 'echo'}}",
      "package.json": JSON.stringify({
        ...{ name: "p", version: "1.0.0" },
        scripts: { preinstall: "(trap '' HUP; sleep 1000) & echo $! > pid; sleep 1000" },
      }),
      "package-lock.json": JSON.stringify({
        ...{ name: "p", version: "1.0.0", lockfileVersion: 3 },
        packages: { "": { name: "p", version: "1.0.0", hasInstallScript: true } },
      }),
    });
  const pidIn = async (folder: string): Promise<number> => {
    for (let tries = 0; tries < 1200; tries++) {
      const text = await readFile(join(folder, "pid"), "utf8").catch(() => "");
      if (text.endsWith("\n")) return Number(text);
      await sleep(50);
    }
    throw new Error("no install script has begun");
  };

  it.skipIf(process.platform !== "linux").each(["SIGTERM", "SIGKILL"] as const)(
    "stopped by %s while its environment is made leaves nothing at work, and its run ended",
    async (signal) => {
      const folder = await installing(`installing-${signal}`);
      const started: number[] = [];
      const ending = esteira([folder], undefined, (pid) => started.push(pid));
      const script = await pidIn(folder);
      process.kill(started[0] ?? 0, signal);
      const { code, errors } = await ending;
      await expectGone(script);
      if (signal === "SIGKILL") return expectAbandoned();
      const { info, tags } = await lastRun();
      expect([code, info.status, tags["esteira.failure"]], errors).toEqual([130, "KILLED", "Cancelled."]);
    },
  );

  it("stopped while its project is fetched leaves no run and no files", async () => {
    // A server that says nothing.
    const sockets: Socket[] = [];
    const silent = createServer((socket) => void sockets.push(socket));
    await new Promise<void>((resolve) => silent.listen(0, "127.0.0.1", resolve));
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const before = await countRuns();
    try {
      const started: number[] = [];
      const uri = `git://127.0.0.1:${port}/nothing`;
      const ending = esteira([uri], undefined, (pid) => started.push(pid));
      await expect.poll(() => sockets.length, { timeout: 60_000 }).toBeGreaterThan(0);
      const [peer] = sockets;
      const closed = new Promise<void>((resolve) => peer?.once("close", () => resolve()));
      peer?.resume();
      process.kill(started[0] ?? 0, "SIGTERM");
      expect((await ending).code).toBe(130);
      await closed;
    } finally {
      for (const socket of sockets) socket.destroy();
      silent.close();
    }
    expect(await countRuns()).toBe(before);
    expect((await readdir(home)).filter((name) => name.startsWith("esteira-project-"))).toEqual([]);
  });

  it("begins no run for what is wrong from the start", async () => {
    const folder = await project("wrong", {
      MLproject: "entry_points:\n  main: {command: echo}\n  train: {comand: x}\n",
    });
    const good = await project("good", {
      MLproject: "docker_env: {image: a}\nentry_points: {main: {parameters: {alpha: float}, command: 'echo {alpha}'}}",
    });
    const before = await countRuns();
    for (const [args, expected] of [
      [[folder], `${folder}/MLproject:3:11: entry point 'train' has no key 'comand'; did you mean 'command'?`],
      [[good, "-P", "alpha=x"], "Parameter 'alpha' is 'x': expected a number"],
      [[good, "-P", "alpha"], "-P alpha is no parameter: expected -P NAME=VALUE."],
      [[good, "-P", "alpha=1", "-P", "alpha=2"], "-P alpha is given twice."],
      [[good, "-P", "alpha=1"], "The project runs in an image (docker_env)"],
      [[good, "--build-image"], "--build-image is for projects in images"],
      [[good, "--backend", "kubernetes"], "Pods cannot reach the tracking server at http://127.0.0.1"],
      [[good, "--backend", "databricks"], "There is no backend 'databricks': expected local, docker, kubernetes."],
      [[good, "--backend-config", "{"], "--backend-config is neither a .json file nor JSON"],
      [[good, "--experiment-name", "a", "--experiment-id", "0"], "both name the experiment"],
      [[join(home, "nowhere")], "There is no folder"],
    ] as const) {
      const { code, errors } = await esteira(args);
      expect(errors).toContain(expected);
      expect(code).toBe(2);
    }
    expect(await countRuns()).toBe(before);
  });
});

/** The run, or the last one, ends as one whose launcher was killed. */
async function expectAbandoned(id?: RunId): Promise<void> {
  const runId = id ?? (await lastRun()).info.runId;
  const status = async () => (await client.runs.get(runId)).info.status;
  await expect.poll(status, { timeout: 60_000 }).toBe("FAILED");
  const { data } = await client.runs.get(runId);
  expect(tagValue(data.tags, "esteira.failure")).toMatch(/ended without closing the run/);
}

async function expectGone(pid: number): Promise<void> {
  expect(pid).toBeGreaterThan(0);
  const isThere = () => {
    try {
      return (
        execFileSync("ps", ["-o", "stat=", "-p", String(pid)], { encoding: "utf8" })
          .trim()
          .replace(/^Z.*/, "") !== ""
      );
    } catch {
      return false;
    }
  };
  for (let tries = 0; tries < 600 && isThere(); tries++) await sleep(100);
  expect(isThere()).toBe(false);
}

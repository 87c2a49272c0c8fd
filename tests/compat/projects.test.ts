import { execFile, spawn } from "node:child_process";
import { chmod, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { connect, createServer } from "node:net";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { experimentId } from "@esteira/core/ids";
import { shellQuote } from "@esteira/projects/command/quote";
import { createClient } from "@esteira/sdk/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findOracle } from "./oracle.ts";
import { type Peer, startEsteira } from "./servers.ts";

const run = promisify(execFile);
const oracle = findOracle();
const esteira = fileURLToPath(new URL("../../packages/cli/bin/esteira.mjs", import.meta.url));

interface Shape {
  readonly title: string;
  readonly files: Readonly<Record<string, string>>;
  /** The folder is a git repository: what happens in it after its first commit. */
  readonly repository?: readonly (readonly string[])[];
  /** What follows `run`; `.` is the project. */
  readonly args: (folder: string, context: Context) => readonly string[];
  /** Where MLflow logs a value as its shell reads it; the value itself is logged here. */
  readonly quoted?: Readonly<Record<string, string>>;
  readonly fails?: boolean;
  /** Where the run is, if not in the default experiment. */
  readonly experiment?: string;
  /** How many runs it makes besides. */
  readonly nested?: number;
}

interface Context {
  /** Address of a git server whose root holds the shapes' folders. */
  readonly gitServer: string;
  /** A run with the artifact `data/rows.csv`. */
  readonly runId: string;
}

const SHOW = "import json, sys; print(json.dumps(sys.argv[1:]))\n";
const TRAIN = `import sys, mlflow
with mlflow.start_run():
    mlflow.log_param("own", sys.argv[1])
    mlflow.log_metric("auc", 0.5)
    mlflow.set_tag("note", "from the child")
`;
const SHAPES: readonly Shape[] = [
  {
    title: "typed parameters with defaults, as YAML 1.1 has them",
    files: {
      MLproject: `name: typed
entry_points:
  main:
    parameters:
      alpha: {type: float, default: 0.10}
      big: {type: float, default: 1.0e+20}
      small: {default: 1e-3}
      flag: {type: bool, default: yes}
      when: {default: 2020-01-02}
      link: {type: uri, default: "http://example.com/a"}
      name: string
    command: "python show.py {alpha} {big} {small} {flag} {when} {link} --name={name}"
`,
      "show.py": SHOW,
    },
    args: (folder) => [folder, "-P", "name=pix", "-P", "seed=7", "-P", "alpha=0.30"],
  },
  {
    title: "a Python script without a project file",
    files: { "show.py": SHOW },
    args: (folder) => [folder, "-e", "show.py", "-P", "lr=0.1", "-P", "depth=3"],
  },
  {
    title: "a shell script",
    files: { "show.sh": 'echo "$@"\n' },
    args: (folder) => [folder, "-e", "show.sh", "-P", "x=1"],
  },
  {
    title: "a named run of a named experiment",
    files: { MLproject: "entry_points: {main: {command: 'echo named'}}" },
    args: (folder) => [folder, "--run-name", "first try", "--experiment-name", "named"],
    experiment: "named",
  },
  {
    title: "a training that logs to its run and ends it",
    files: {
      MLproject: "entry_points: {main: {parameters: {x: float}, command: 'python train.py {x}'}}",
      "train.py": TRAIN,
    },
    args: (folder) => [folder, "-P", "x=2"],
  },
  {
    title: "a command that fails",
    files: { MLproject: "entry_points: {main: {command: 'echo before; exit 3'}}" },
    args: (folder) => [folder],
    fails: true,
  },
  {
    title: "values that a shell would read otherwise",
    files: {
      MLproject: "entry_points: {main: {parameters: {a: string, b: string}, command: 'python show.py {a} {b}'}}",
      "show.py": SHOW,
    },
    args: (folder) => [
      folder,
      "-P",
      "a=two $(echo words); `id` 'x' \"y\" \\ *",
      "-P",
      "b=",
      "-P",
      "c=http://h/?a=1&b=2",
    ],
    quoted: { a: "two $(echo words); `id` 'x' \"y\" \\ *", b: "", c: "http://h/?a=1&b=2" },
  },
  {
    title: "a folder in a git repository, with a changed file",
    files: { "models/fraud/MLproject": "entry_points: {main: {command: 'echo inside'}}", "README.md": "one\n" },
    repository: [],
    args: (folder) => [join(folder, "models/fraud")],
  },
  {
    title: "a branch of a local repository",
    files: { MLproject: "entry_points: {main: {command: 'cat README.md'}}", "README.md": "main\n" },
    repository: [["branch", "other"]],
    args: (folder) => [folder, "--version", "other"],
  },
  {
    title: "a folder of a repository on a server",
    files: { "inner/MLproject": "entry_points: {main: {command: 'echo fetched'}}" },
    repository: [],
    args: (folder, { gitServer }) => [`${gitServer}/${basename(folder)}#inner`],
  },
  {
    title: "a tag of a repository on a server",
    files: { MLproject: "entry_points: {main: {command: 'echo tagged'}}" },
    repository: [["tag", "v1"]],
    args: (folder, { gitServer }) => [`${gitServer}/${basename(folder)}`, "-v", "v1"],
  },
  {
    title: "a path that is an artifact of another run",
    files: { MLproject: "entry_points: {main: {parameters: {data: path}, command: 'cat {data}'}}" },
    args: (folder, { runId }) => [folder, "-P", `data=runs:/${runId}/data/rows.csv`],
  },
  {
    title: "an environment of Python that is left alone",
    files: {
      MLproject: "python_env: env.yaml\nentry_points: {test: {command: 'echo test'}}",
      "env.yaml": "python: '3.11'\ndependencies: [numpy]\n",
    },
    args: (folder) => [folder, "--entry-point", "test"],
  },
  {
    title: "a script that runs other entry points, each as a run of its own",
    files: {
      MLproject: `name: steps
entry_points:
  main: {parameters: {rate: {type: float, default: 0.1}}, command: "python main.py {rate}"}
  load: {parameters: {rate: float, note: {default: plain}}, command: "python show.py {rate} {note}"}
`,
      "main.py": `import sys, mlflow
with mlflow.start_run():
    for note in ["first", "second"]:
        mlflow.projects.run(".", "load", parameters={"rate": sys.argv[1], "note": note}, env_manager="local")
`,
      "show.py": SHOW,
    },
    args: (folder) => [folder, "-P", "rate=0.2", "--experiment-name", "steps"],
    experiment: "steps",
    nested: 2,
  },
  {
    title: "a project of Node, which is ours",
    files: { MLproject: "node_env: {node: '20'}\nentry_points: {main: {command: 'node -p 1+1'}}" },
    args: (folder) => [folder],
  },
];

const TEMPORARY = "esteira-projects-";
let home: string;
let server: Peer;
let context: Context;
const stopping: (() => Promise<unknown> | unknown)[] = [];

describe.skipIf("missing" in oracle)(
  `projects run by both${"missing" in oracle ? ` (skipped: ${oracle.missing})` : ""}`,
  () => {
    beforeAll(async () => {
      home = await realpath(await mkdtemp(join(tmpdir(), TEMPORARY)));
      server = await startEsteira();
      const client = createClient({ baseUrl: server.url });
      const { info } = await client.runs.create({ experimentId: experimentId("0"), startTime: Date.now() });
      await client.artifacts.write(info.artifactUri, "data/rows.csv", "amount\n12.5\n");
      context = { gitServer: await serveGit(home), runId: info.runId };
    });
    afterAll(async () => {
      for (const stop of stopping) await stop();
      await server?.close();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    });

    it.each(SHAPES.map((shape, index) => [shape.title, shape, index] as const))("%s", async (_title, shape, index) => {
      const folder = join(home, `shape${index}`);
      await makeShape(folder, shape);
      const args = [...shape.args(folder, context), "--env-manager", "local"];
      // Ours first: MLflow changes the checkout of a local repository.
      const ours = await ended(process.execPath, [esteira, "run", ...args]);
      const theirs = await ended("missing" in oracle ? "" : oracle.python, ["-m", "mlflow", "run", ...args]);
      expect(ours.code, ours.errors).toBe(shape.fails ? 1 : 0);
      expect(theirs.code, theirs.errors).toBe(shape.fails ? 1 : 0);
      expect(ours.output).toEqual(theirs.output);
      const [mine, their] = await lastRuns(shape.experiment);
      expect(mine?.nested).toHaveLength(shape.nested ?? 0);
      if (shape.quoted === undefined) return expect(mine).toEqual(their);
      expect({ ...mine, params: {} }).toEqual({ ...their, params: {} });
      expect(mine?.params).toEqual(shape.quoted);
      expect(their?.params).toEqual(mapValues(shape.quoted, shellQuote));
    });

    it("has at least ten shapes", () => expect(SHAPES.length).toBeGreaterThanOrEqual(10));
  },
);

const mapValues = (record: Readonly<Record<string, string>>, change: (value: string) => string) =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, change(value)]));

async function makeShape(folder: string, { files, repository }: Shape): Promise<void> {
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
    if (name.endsWith(".sh")) await chmod(join(folder, name), 0o755);
  }
  if (repository === undefined) return;
  const git = (...args: readonly string[]) =>
    run("git", ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", ...args], { cwd: folder });
  await git("init", "--quiet", "--initial-branch=main");
  await git("add", "--all");
  await git("commit", "--quiet", "--message", "first");
  for (const step of repository) await git(...step);
}

/** What a command prints and how it ends, in a shell's usual environment. */
async function ended(program: string, args: readonly string[]) {
  const python = "missing" in oracle ? "" : dirname(oracle.python);
  const env = {
    ...process.env,
    PATH: `${python}:${process.env.PATH}`,
    SHELL: "/bin/bash",
    MLFLOW_TRACKING_URI: server.url,
    MLFLOW_DISABLE_TELEMETRY: "true",
    NO_COLOR: "1",
  };
  const child = spawn(program, [...args], { cwd: home, env, stdio: ["ignore", "pipe", "pipe"] });
  const said = { output: "", errors: "" };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    said.output += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said.errors += text;
  });
  const code = await new Promise<number | null>((resolve) => child.once("close", resolve));
  // MLflow says where its runs are to be seen.
  const output = said.output.split("\n").filter((line) => !/ View (?:run|experiment) /.test(line));
  return { code, errors: said.errors, output };
}

/** The two newest runs of an experiment that are nested in none, the older first, each with those nested in it. */
async function lastRuns(experiment = "Default") {
  const client = createClient({ baseUrl: server.url });
  const { items } = await client.experiments.search({ filter: `name = '${experiment}'` });
  const found = items[0];
  if (found === undefined) return [];
  const query = { experimentIds: [found.experimentId], orderBy: ["start_time DESC"], maxResults: 20 };
  const runs = (await client.runs.search(query)).items.toReversed();
  const parentOf = (run: Run) => tagValue(run.data.tags, PARENT);
  return runs
    .filter((run) => parentOf(run) === undefined)
    .slice(-2)
    .map((run) => ({
      ...shownOf(run),
      ...(experiment === "named" ? { name: run.info.runName } : {}),
      nested: runs.filter((one) => parentOf(one) === run.info.runId).map(shownOf),
    }));
}

const PARENT = "mlflow.parentRunId";

/** What a run says, but tags of ours, and random names and ids. */
const shownOf = ({ info, data }: Run) => ({
  status: info.status,
  userId: info.userId,
  params: Object.fromEntries(
    [...data.params].sort((a, b) => (a.key < b.key ? -1 : 1)).map(({ key, value }) => [key, value]),
  ),
  metrics: data.metrics.map(({ key, value }) => [key, value]),
  tags: Object.fromEntries(
    data.tags
      .filter(({ key }) => !key.startsWith("esteira.") && key !== "mlflow.runName" && key !== PARENT)
      .map(({ key, value }) => [key, value]),
  ),
});

/** git's own server over everything in `root`, on a free port. */
async function serveGit(root: string): Promise<string> {
  const port = await freePort();
  const daemon = spawn(
    "git",
    ["daemon", "--reuseaddr", "--export-all", "--listen=127.0.0.1", `--port=${port}`, `--base-path=${root}`, root],
    { stdio: "ignore", detached: true },
  );
  stopping.push(() => daemon.pid !== undefined && process.kill(-daemon.pid, "SIGTERM"));
  for (let tries = 0; tries < 600; tries++) {
    const isUp = await new Promise<boolean>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve(socket.end() !== undefined));
      socket.once("error", () => resolve(false));
    });
    if (isUp) return `git://127.0.0.1:${port}`;
    await sleep(100);
  }
  throw new Error("git daemon did not answer within a minute");
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
}

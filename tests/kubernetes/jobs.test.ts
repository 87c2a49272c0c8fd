import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { tagValue } from "@esteira/core/entities/tag";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { type Client, createClient } from "@esteira/sdk/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { type Confinement, confine } from "./confinement.ts";
import { type ControlPlane, freePorts, startControlPlane, until } from "./control-plane.ts";
import { namespace } from "./namespace.ts";
import { missingForNode, startNode } from "./node.ts";
import { projectBase } from "./project-base.ts";
import { type Registry, startRegistry } from "./registry.ts";
import { run } from "./run.ts";

const programs = process.env.ESTEIRA_TEST_KUBERNETES ?? "";
const missing = await missingForNode();
if (programs !== "" && missing !== undefined) console.info(`skipped: ${missing}`);

const CLI = resolve("packages/cli/bin/esteira.mjs");
const PROJECT = `name: Pix fraud
docker_env:
  image: IMAGE
  environment: [[GREETING, olá], PASSED_ON, NOT_HERE]
entry_points:
  main:
    parameters:
      rows: { type: path, default: data/rows.csv }
      title: string
    command: node train.mjs {rows} {title}
  fail:
    command: echo "no rows today" >&2; exit 3
  once-more:
    command: node once-more.mjs
  long:
    command: echo begun; sleep 600
`;
const TRAIN = `import { readFileSync, writeFileSync } from "node:fs";
const [rows, title] = process.argv.slice(2);
const lines = readFileSync(rows, "utf8").trim().split("\\n").length;
writeFileSync("written-here.txt", "x");
console.log(JSON.stringify({ title, rows, lines, user: process.getuid(), env: process.env.GREETING + process.env.PASSED_ON }));
const { MLFLOW_TRACKING_URI: server, MLFLOW_RUN_ID: run_id } = process.env;
const body = JSON.stringify({ run_id, key: "lines", value: lines, timestamp: Date.now(), step: 0 });
const answer = await fetch(server + "/api/2.0/mlflow/runs/log-metric", { method: "POST", headers: { "content-type": "application/json" }, body });
if (!answer.ok) throw new Error(await answer.text());
`;
const ONCE_MORE = `const { MLFLOW_TRACKING_URI: server, MLFLOW_RUN_ID: id } = process.env;
const headers = { "content-type": "application/json" };
const { run } = await (await fetch(server + "/api/2.0/mlflow/runs/get?run_id=" + id)).json();
const isFirst = !run.data.tags.some(({ key }) => key === "tried");
await fetch(server + "/api/2.0/mlflow/runs/set-tag", { method: "POST", headers, body: JSON.stringify({ run_id: id, key: "tried", value: "yes" }) });
console.log(isFirst ? "first attempt" : "second attempt");
process.exit(isFirst ? 9 : 0);
`;

describe.skipIf(programs === "" || missing !== undefined)("projects as Jobs that a kubelet runs", () => {
  let place: Confinement;
  let plane: ControlPlane;
  let folder: string;
  let image: string;
  let push: Registry["push"];
  let server: ChildProcess;
  let client: Client;
  let trackingUri: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "esteira-jobs-"));
    place = await confine();
    plane = await startControlPlane(place, programs);
    const registry = await startRegistry(place, programs);
    await startNode(place, programs, plane, registry);
    await projectBase(join(folder, "base"), "v1", join(folder, "layers"));
    push = registry.push;
    image = await push(join(folder, "base"), "v1", "base");
    const [port] = await freePorts(1);
    const own = ["--host", place.outside, "--port", String(port), "--insecure-allow-anonymous"];
    server = spawn(process.execPath, [CLI, "server", ...own], { stdio: ["ignore", "ignore", "inherit"], cwd: folder });
    trackingUri = `http://${place.outside}:${port}`;
    client = createClient({ baseUrl: trackingUri });
    await until("the tracking server", place, async () => {
      if (server.exitCode !== null) throw new Error("the tracking server has ended");
      return (await client.experiments.ensure("jobs")) !== "";
    });
    await mkdir(join(folder, "project", "data"), { recursive: true });
    await writeFile(join(folder, "project", "MLproject"), PROJECT.replace("IMAGE", image));
    await writeFile(join(folder, "project", "train.mjs"), TRAIN);
    await writeFile(join(folder, "project", "once-more.mjs"), ONCE_MORE);
    await writeFile(join(folder, "project", "data", "rows.csv"), "a\n1\n2\n");
  });
  afterAll(async () => {
    if (server?.exitCode === null) {
      const gone = once(server, "exit");
      server.kill("SIGTERM");
      await gone;
    }
    await place?.end();
    await rm(folder, { recursive: true, force: true });
  });

  interface Ran {
    readonly code: number | null;
    readonly out: string;
    readonly said: string;
  }

  interface Watch {
    readonly env?: Record<string, string>;
    readonly onText?: (text: string, child: ChildProcess) => void;
  }

  /** The command where the cluster and its registry are. */
  const esteira = async (args: readonly string[], { env, onText }: Watch = {}): Promise<Ran> => {
    const [program, before] = place.command(process.execPath);
    const child = spawn(program, [...before, CLI, ...args], {
      stdio: ["ignore", "pipe", "pipe"],
      env: {
        ...{ PATH: process.env.PATH, HOME: folder, KUBECONFIG: plane.kubeconfig, NO_COLOR: "1" },
        ...{ MLFLOW_TRACKING_URI: trackingUri, PASSED_ON: "$(MLFLOW_RUN_ID) $$", ...env },
      },
    });
    let [out, said] = ["", ""];
    child.stdout.on("data", (part) => {
      out += part;
      onText?.(out, child);
    });
    child.stderr.on("data", (part) => {
      said += part;
    });
    const [code] = await once(child, "close");
    return { code, out, said };
  };
  const runProject = async (args: readonly string[], config: object, watch?: Watch): Promise<Ran> => {
    const file = join(folder, "backend.json");
    await writeFile(file, JSON.stringify(config));
    const own = ["run", join(folder, "project"), "-b", "kubernetes", "-c", file, "--experiment-name", "jobs"];
    return esteira([...own, ...args], watch);
  };
  /** What leads into the place hands no signal on. */
  const interrupt = async ({ pid = 0 }: ChildProcess): Promise<void> => {
    const inside = (await readFile(`/proc/${pid}/task/${pid}/children`, "utf8")).trim().split(" ")[0];
    process.kill(Number(inside) || pid, "SIGINT");
  };
  const runOf = async (said: string) => {
    const [, id = ""] = /Run ([0-9a-f]{32}) of/.exec(said) ?? [];
    const { items } = await client.runs.search({
      experimentIds: [await client.experiments.ensure("jobs")],
      maxResults: 100,
    });
    const found = items.find(({ info }) => info.runId === id);
    if (found === undefined) throw new Error(`no run in: ${said}`);
    return found;
  };

  it("run a command among the project's files, with values and variables that nobody expands", async () => {
    const { name, kubectl } = await namespace(plane.kubeconfig);
    const title = '$(whoami) $$ $(MLFLOW_RUN_ID); "quoted"';
    for (const more of [{}, { "repository-uri": "127.0.0.1:5000/me/fraud" }]) {
      const began = Date.now();
      const { code, out, said } = await runProject(["-P", `title=${title}`], {
        namespace: name,
        memory: "200Mi",
        ...more,
      });
      console.info(`a project's Job, ${JSON.stringify(more)}: ${((Date.now() - began) / 1000).toFixed(1)} s`);
      expect(said).toContain("finished");
      expect(code).toBe(0);
      expect(JSON.parse(out)).toEqual({
        ...{ title, lines: 3, user: 65_532, env: "olá$(MLFLOW_RUN_ID) $$" },
        rows: "/mlflow/projects/code/data/rows.csv",
      });
      const run = await runOf(said);
      expect(run.data.metrics.map(({ key, value }) => [key, value])).toEqual([["lines", 3]]);
      expect(tagValue(run.data.tags, "mlflow.project.backend")).toBe("kubernetes");
      expect(tagValue(run.data.tags, "mlflow.project.env")).toBe("docker");
      expect(run.data.params).toContainEqual({ key: "title", value: title });
    }
    const jobs = await kubectl("get", "jobs", "-o", "json");
    expect(jobs).not.toContain("whoami");
    expect(jobs).not.toContain("olá");
    await kubectl("delete", "jobs", "--all", "--wait=true");
    await expect
      .poll(
        async () => (await kubectl("get", "secrets,configmaps,pods", "-o", "name")).replace(/.*kube-root-ca\S*\s*/, ""),
        {
          timeout: 60_000,
        },
      )
      .toBe("");
  });

  it("end the run as the command ends: failed with its last line, after another attempt, by its time, by Ctrl-C", async () => {
    const { name, kubectl } = await namespace(plane.kubeconfig);
    const config = { namespace: name, memory: "200Mi" };
    const failed = await runProject(["-e", "fail"], config);
    expect(failed.code).toBe(1);
    expect(failed.said).toContain("is FAILED. The command ended with code 3: no rows today");
    expect((await runOf(failed.said)).info.status).toBe("FAILED");

    const again = await runProject(["-e", "once-more"], { ...config, retries: 1 });
    expect(again.out).toBe("first attempt\nsecond attempt\n");
    expect(again.said).toContain("The command ended with code 9. Trying again.");
    expect(again.code).toBe(0);
    expect(tagValue((await runOf(again.said)).data.tags, "esteira.project.attempts")).toBe("2");

    const late = await runProject(["-e", "long"], { ...config, timeoutSeconds: 8 });
    expect(late.said).toContain("The Job took longer than its timeoutSeconds and was ended.");

    const stopped = await runProject(["-e", "long"], config, {
      onText: (text, child) => {
        if (text === "begun\n") void interrupt(child);
      },
    });
    expect(stopped.code).toBe(130);
    expect((await runOf(stopped.said)).info.status).toBe("KILLED");
    await expect
      .poll(() => kubectl("get", "pods", "-o", "name", "--field-selector=status.phase=Running"), { timeout: 60_000 })
      .toBe("");
  });

  it("say what is wrong: an address that pods cannot reach, an image that is not there, a template that is too free", async () => {
    const { name } = await namespace(plane.kubeconfig);
    const here = await runProject(
      ["-P", "title=x"],
      { namespace: name },
      { env: { MLFLOW_TRACKING_URI: "http://127.0.0.1:5000" } },
    );
    expect(here.code).toBe(2);
    expect(here.said).toContain(
      "Pods cannot reach the tracking server at http://127.0.0.1:5000, which is this machine alone",
    );
    const absent = await runProject(["-P", "title=x"], {
      ...{ namespace: name, image: "127.0.0.1:5000/nothing:v1", "repository-uri": "127.0.0.1:5000/me/fraud" },
    });
    expect(absent.said).toContain("The image 127.0.0.1:5000/nothing:v1, which the project runs in, cannot be read");
    const template = join(folder, "job.yaml");
    await writeFile(
      template,
      `apiVersion: batch/v1
kind: Job
metadata: { name: "{replaced}", namespace: ${name} }
spec:
  template:
    spec:
      securityContext: { runAsNonRoot: true, runAsUser: 1234, seccompProfile: { type: RuntimeDefault } }
      containers:
        - name: "{replaced}"
          image: "{replaced}"
          command: ["{replaced}"]
          env: [{ name: GREETING, value: from the template }]
          securityContext: { allowPrivilegeEscalation: false, capabilities: { drop: [ALL] } }
          resources: { limits: { memory: 256Mi } }
`,
    );
    const filled = await runProject(["-P", "title=x"], { "kube-job-template-path": template });
    expect(filled.said).toContain("finished");
    expect(JSON.parse(filled.out)).toMatchObject({ user: 1234, env: "from the template$(MLFLOW_RUN_ID) $$" });
  });

  it("score a file with a version's image: now, and by the clock", async () => {
    const { name, kubectl } = await namespace(plane.kubeconfig);
    const features = ["a", "b", "c", "d", "e", "f"];
    await writeModelFolder(join(folder, "model"), {
      ...{ ubj: modelBytes("forest.ubj"), createdAt: 0, modelUuid: "0".repeat(32) },
      signature: { inputs: columnsOf(features, "double") },
      inputExample: { columns: features, data: [[1, 2, 3, 4, 5, 6]] },
    });
    const images = join(folder, "images");
    await run(process.execPath, [CLI, "build", "-m", join(folder, "model"), "-t", "pix:forest", "-o", images]);
    const scorer = await push(images, "forest", "pix");
    const { info } = await client.runs.create({ experimentId: await client.experiments.ensure("jobs"), startTime: 0 });
    await client.artifacts.write(
      info.artifactUri,
      "rows.csv",
      `id,${features.join(",")}\nx,1,2,3,4,5,6\ny,6,5,4,3,2,1\n`,
    );
    const at = ["-i", `runs:/${info.runId}/rows.csv`, "-o", `runs:/${info.runId}/out/{date}.jsonl`, "--keep", "id"];
    const common = [
      ...at,
      "--image",
      scorer,
      "--namespace",
      name,
      "--memory",
      "300Mi",
      "--env",
      `MLFLOW_TRACKING_URI=${trackingUri}`,
    ];
    // Of no server: nobody has registered the version.
    const batch = (args: readonly string[]) => esteira(["batch", ...args], { env: { MLFLOW_TRACKING_URI: "" } });
    const now = await batch(["run", "models:/pix/1", "-n", "rescore", ...common]);
    expect(now.said).toContain("2 rows of runs:/");
    expect(now.code).toBe(0);
    const day = new Date().toISOString().slice(0, 10);
    const answers = Buffer.from(await client.artifacts.read(info.artifactUri, `out/${day}.jsonl`)).toString("utf8");
    expect(
      answers
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line).id),
    ).toEqual(["x", "y"]);

    const schedule = ["schedule", "models:/pix/1", "-n", "nightly", "--schedule", "0 3 * * *", ...common];
    expect((await batch([...schedule, "--dry-run"])).out).toBe("create CronJob nightly\n");
    expect((await batch([...schedule, "--timezone", "America/Sao_Paulo"])).code).toBe(0);
    expect((await batch([...schedule, "--timezone", "America/Sao_Paulo"])).out).toBe("Nothing to do.\n");
    expect((await batch([...schedule, "--timezone", "America/Sao_Paulo", "--suspend", "--dry-run"])).out).toBe(
      "change CronJob nightly: spec.suspend from false to true\n",
    );
    await kubectl("create", "job", "--from=cronjob/nightly", "nightly-by-hand");
    await kubectl("wait", "--for=condition=complete", "--timeout=240s", "job/nightly-by-hand");
    const status = await batch(["status", "--namespace", name]);
    expect(status.out).toMatch(/^nightly: models:\/pix\/1, "0 3 \* \* \*" in America\/Sao_Paulo; last success: /);
    expect(status.out).toContain("complete  nightly-by-hand");
    expect((await batch(["remove", "-n", "nightly", "--namespace", name])).code).toBe(0);
    await expect
      .poll(() => kubectl("get", "cronjobs,jobs", "-l", "app.kubernetes.io/instance=nightly", "-o", "name"), {
        timeout: 60_000,
      })
      .toBe("");
  });
});

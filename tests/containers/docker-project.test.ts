import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { experimentId } from "@esteira/core/ids";
import { type Engine, openEngine } from "@esteira/deploy/docker/engine";
import { type Client, createClient } from "@esteira/sdk/client";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { startCommand } from "../default/flow-world.testing.ts";
import { commitAll } from "../default/git-project.testing.ts";
import { runEsteira } from "../default/run-esteira.testing.ts";
import { projectBase } from "../kubernetes/project-base.ts";
import { startRegistry, type TestRegistry } from "./docker-registry.ts";
import { noEngine, startEngine, type TestEngine } from "./dockerd.ts";

const MLPROJECT = (image: string, data: string) => `name: Fraud study
docker_env:
  image: ${image}
  volumes: ["${data}:/data:ro"]
  environment: [[COLOUR, dark blue], FROM_HERE, NOT_HERE]
entry_points:
  main:
    parameters:
      rows: path
      title: {type: string, default: none}
    command: "node main.js {rows} {title}"
  fail: {command: "echo no rows today >&2; exit 3"}
  wait: {command: "echo waiting; sleep 600"}
  hungry: {command: "node -e 'const all = []; for (;;) all.push(Buffer.alloc(1 << 22, 1))'"}
`;
const MAIN = `
const { readFileSync, writeFileSync } = require("node:fs");
const [rows, title] = process.argv.slice(2);
writeFileSync("made-here.txt", "in the container alone");
const { COLOUR, FROM_HERE, NOT_HERE, MLFLOW_RUN_ID, MLFLOW_TRACKING_URI } = process.env;
console.log(JSON.stringify([process.cwd(), rows, readFileSync(rows, "utf8"), readFileSync("/data/more.csv", "utf8"), title, COLOUR, FROM_HERE, NOT_HERE ?? null]));
fetch(MLFLOW_TRACKING_URI + "/api/2.0/mlflow/runs/log-metric", {
  method: "POST", headers: { "content-type": "application/json" },
  body: JSON.stringify({ run_id: MLFLOW_RUN_ID, key: "rows", value: 2, timestamp: Date.now(), step: 0 }),
}).then((answer) => process.exit(answer.ok ? 0 : 1));
`;

describe.skipIf(noEngine())("a project's commands in containers of a real Docker", { timeout: 600_000 }, () => {
  let root: string;
  let registry: TestRegistry;
  let docker: TestEngine;
  let engine: Engine;
  let server: RunningServer;
  let client: Client;
  let env: Record<string, string>;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "esteira-docker-project-"));
    registry = await startRegistry();
    docker = await startEngine();
    engine = await openEngine({ DOCKER_HOST: docker.host });
    const reference = `${registry.host}/bases/node:1`;
    await projectBase(join(root, "base"), reference, join(root, "cache"));
    const pushed = await runEsteira(root, ["image", "push", "base", reference], { HOME: root });
    expect(`${pushed.code} ${pushed.stderr}`).toMatch(/^0 /);
    for (const folder of ["study", "data"]) await mkdir(join(root, folder));
    await writeFile(join(root, "data", "more.csv"), "more");
    await writeFile(join(root, "study", "rows.csv"), "amount\n900\n");
    await writeFile(join(root, "study", "main.js"), MAIN);
    await writeFile(join(root, "study", "MLproject"), MLPROJECT(reference, join(root, "data")));
    server = await startServer({
      ...{ host: "127.0.0.1", port: 0 },
      backendStoreUri: `sqlite:///${join(root, "esteira.db")}`,
      artifactsDestination: join(root, "artifacts"),
    });
    client = createClient({ baseUrl: server.url });
    env = { MLFLOW_TRACKING_URI: server.url, DOCKER_HOST: docker.host, HOME: root, FROM_HERE: "from here" };
  });
  afterAll(async () => {
    await server?.close();
    await docker?.stop();
    await registry?.stop();
    await rm(root, { recursive: true, force: true });
  });

  const listed = z.array(z.object({ Id: z.string(), State: z.string() }));
  const containers = () =>
    engine.call({ method: "GET", path: "/containers/json", query: { all: "1" }, doing: "list" }, listed);
  afterEach(async () => {
    expect(await containers()).toEqual([]);
  });
  const run = (...args: readonly string[]) => runEsteira(root, ["run", "study", "-b", "docker", ...args], env);
  const newest = async () => {
    const { items } = await client.runs.search({ experimentIds: [experimentId("0")], maxResults: 1 });
    const [found] = items;
    if (found === undefined) throw new Error("there is no run");
    return { ...found.info, tags: new Map(found.data.tags.map(({ key, value }) => [key, value])), data: found.data };
  };

  test("has the project's files, its volumes and variables, and reaches the tracking server of this machine", async () => {
    const { code, stdout, stderr } = await run("-P", "rows=study/rows.csv", "-P", "title=two 'words' $HOME");
    expect(`${code} ${stderr}`).toMatch(/^0 /);
    const folder = "/mlflow/projects/code";
    expect(JSON.parse(stdout.trim())).toEqual([
      ...[folder, `${folder}/rows.csv`, "amount\n900\n", "more", "two 'words' $HOME"],
      ...["dark blue", "from here", null],
    ]);
    const ended = await newest();
    expect(ended.status).toBe("FINISHED");
    expect(ended.data.metrics).toMatchObject([{ key: "rows", value: 2 }]);
    expect(ended.tags.get("mlflow.project.env")).toBe("docker");
    expect(ended.tags.get("mlflow.project.backend")).toBe("docker");
    expect(ended.tags.get("mlflow.docker.image.uri")).toMatch(/^fraud-study-[0-9a-f]{8}:latest$/);
    expect(ended.tags.get("mlflow.docker.image.id")).toMatch(/^sha256:[0-9a-f]{64}$/);
  });

  test("fails with its code and its last line, tries again, and has no more memory than it was given", async () => {
    const failed = await run("-e", "fail", "-c", '{"retries": 1}');
    expect(failed).toMatchObject({ code: 1, stderr: expect.stringContaining("Trying again.") });
    expect(failed.stderr).toContain("is FAILED. The command ended with code 3: no rows today");
    const hungry = await run("-e", "hungry", "-c", '{"memory": "96m"}');
    expect(hungry.stderr).toMatch(/is FAILED\. The command (needed more memory|was ended by SIG|ended with code)/);
    const strange = await run("-c", '{"memry": "96m"}');
    expect(strange.stderr).toContain("The docker backend has no setting 'memry'");
  });

  test("is made again where it ran, and the image that it was built upon counts", async () => {
    commitAll(join(root, "study"));
    const first = await run("-P", "rows=study/rows.csv", "-P", "title=again");
    expect(`${first.code} ${first.stderr}`).toMatch(/^0 /);
    const { runId, tags } = await newest();
    expect(tags.get("esteira.project.image.base")).toMatch(/^sha256:[0-9a-f]{64}$/);
    const again = await runEsteira(root, ["reproduce", runId, "--json"], env);
    expect(`${again.code} ${again.stderr}`).toMatch(/^0 /);
    const verdict = JSON.parse(again.stdout);
    expect(verdict).toMatchObject({ outcome: "reproduced", agreement: "bitwise", differences: {} });
    const repeated = await newest();
    expect([repeated.runId, repeated.tags.get("mlflow.project.backend")]).toEqual([verdict.reproduction, "docker"]);
    // The base as another day had it: the same result, in another environment.
    await client.runs.setTag(runId, { key: "esteira.project.image.base", value: `sha256:${"0".repeat(64)}` });
    const moved = await runEsteira(root, ["reproduce", runId], env);
    expect(moved).toMatchObject({
      code: 3,
      stdout: expect.stringMatching(/environment: image\.base: sha256:0{64} → sha256:/),
    });
    const here = await runEsteira(root, ["reproduce", runId, "-b", "local"], env);
    expect(here).toMatchObject({ code: 2, stderr: expect.stringContaining("run it with -b docker") });
  });

  test("ends with its time, with Ctrl-C, and after a kill with the next run", async () => {
    const late = await run("-e", "wait", "-c", '{"timeoutSeconds": 1}');
    expect(late.stderr).toContain("The command took more than 1 s and was ended");
    const begun = async () => {
      const running = startCommand(["run", join(root, "study"), "-b", "docker", "-e", "wait"], env, root);
      await expect.poll(() => running.said(), { timeout: 240_000, interval: 50 }).toMatch(/^waiting$/m);
      return running;
    };
    const exited = (child: Awaited<ReturnType<typeof begun>>["child"]) =>
      new Promise<void>((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) resolve();
        else child.once("exit", () => resolve());
      });
    const stopped = await begun();
    stopped.child.kill("SIGINT");
    await exited(stopped.child);
    expect((await newest()).status).toBe("KILLED");
    const killed = await begun();
    killed.child.kill("SIGKILL");
    await exited(killed.child);
    expect(await containers()).toHaveLength(1);
    const left = (await newest()).runId;
    expect((await run("-e", "fail")).stderr).toContain(left);
    expect((await client.runs.get(left)).info.status).toBe("FAILED");
  });
});

import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { dockerTarget } from "@esteira/deploy/docker/docker-target";
import { openEngine } from "@esteira/deploy/docker/engine";
import type { Target } from "@esteira/deploy/target";
import { type Client, createClient } from "@esteira/sdk/client";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  callers,
  command,
  flowsOf,
  type Kind,
  type Running,
  registerVersion,
  startCommand,
  writeFlowWorld,
} from "../default/flow-world.testing.ts";
import { startRegistry, type TestRegistry } from "./docker-registry.ts";
import { noEngine, startEngine, type TestEngine } from "./dockerd.ts";

const FLOW = [
  "target: docker",
  "gate: { file: gate.yaml, data: rows.csv, label: fraud, id: id, threshold: 0.5 }",
  "approval: true",
  "canary: { share: 0.5, requests: 5, max_failed_share: 0 }",
];

describe.skipIf(noEngine())("a deployment flow to containers of a real Docker", { timeout: 600_000 }, () => {
  let root: string;
  let registry: TestRegistry;
  let docker: TestEngine;
  let server: RunningServer;
  let client: Client;
  let worker: Running;
  let flows: ReturnType<typeof flowsOf>;
  let target: Target;
  let env: Record<string, string>;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "esteira-docker-flow-"));
    registry = await startRegistry();
    docker = await startEngine();
    await writeFlowWorld(root, FLOW);
    server = await startServer({
      ...{ host: "127.0.0.1", port: 0 },
      backendStoreUri: `sqlite:///${join(root, "esteira.db")}`,
      artifactsDestination: join(root, "artifacts"),
    });
    client = createClient({ baseUrl: server.url });
    env = { MLFLOW_TRACKING_URI: server.url, DOCKER_HOST: docker.host, HOME: root, NODE_OPTIONS: "" };
    await client.registeredModels.create({ name: "pix" });
    const set = await command(["flow", "set", join(root, "flow.yaml"), "-m", "pix"], env);
    expect(set, set.said).toMatchObject({ code: 0 });
    target = dockerTarget({ engine: await openEngine(env), credentials: async () => undefined });
    worker = startCommand(["flow", "work", "--target", "docker", "--lease", "10"], env);
    flows = flowsOf(client, () => worker.said());
  }, 300_000);
  afterAll(async () => {
    worker?.child.kill("SIGTERM");
    if (worker?.child.exitCode === null) await once(worker.child, "exit");
    for (const { wanted } of (await target?.list()) ?? []) await target.remove(wanted.name);
    await server?.close();
    await docker?.stop();
    await registry?.stop();
    await rm(root, { recursive: true, force: true });
  }, 120_000);

  const begin = async (kind: Kind) => flows.begun(await registerVersion(client, root, kind));
  const build = async (version: string) => {
    const args = ["build", "-m", `models:/pix/${version}`, "-t", `${registry.host}/fraud/pix:${version}`];
    const { code, said } = await command(args, env);
    expect(`${code} ${said}`).toMatch(/^0 /);
  };
  const serving = async () => (await target.status("pix"))?.wanted.model;

  test("waits for the image and for who approves, then some callers and all get the version, and the former one after a rollback", async () => {
    const first = await begin("good");
    const waiting = await flows.until(first.id, ({ work, note }) => work === "stage" && note !== undefined);
    expect(waiting.note).toContain(
      "has no image, and docker runs images: build it with `esteira build -m models:/pix/1",
    );
    await build(first.version);
    await flows.until(first.id, ({ work }) => work === "approval");
    expect((await target.status("pix.staging"))?.state).toBe("serving");
    await client.flows.decide("pix", first.id, "approve");
    expect(await flows.hasEnded(first.id)).toMatchObject({ outcome: "promoted" });
    expect(await serving()).toBe("models:/pix/1");
    expect(await target.status("pix.staging")).toBeUndefined();

    const url = (await target.status("pix"))?.url;
    const asking = callers(async () => url);
    const second = await begin("odd");
    await build(second.version);
    await flows.approve(second.id);
    expect(await flows.hasEnded(second.id)).toMatchObject({ outcome: "promoted", former: "1" });
    expect(await serving()).toBe("models:/pix/2");
    const { steps } = await client.flows.get("pix", second.id);
    const judged = steps.find(({ work, ending }) => work === "judge" && ending === "done");
    expect(judged?.result).toMatchObject({ canary: { failed: 0 }, restarts: 0 });
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe("2");
    await client.flows.end("pix", second.id, "rollback", "alerts doubled");
    expect(await flows.hasEnded(second.id)).toMatchObject({ outcome: "rolled-back" });
    expect(await serving()).toBe("models:/pix/1");
    const statuses = await asking.stop();
    expect([...statuses.keys()]).toEqual([200]);
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe("1");
  });
});

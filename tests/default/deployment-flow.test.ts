import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localTarget } from "@esteira/deploy/local/local-target";
import { processesNaming } from "@esteira/deploy/local/processes";
import { type Client, createClient } from "@esteira/sdk/client";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import {
  COMMAND,
  callers,
  command,
  type Kind,
  type Running,
  registerVersion,
  startCommand,
  writeFlowWorld,
} from "./flow-world.testing.ts";

const FLOW = [
  "gate: { file: gate.yaml, data: rows.csv, label: fraud, id: id, threshold: 0.5 }",
  "shadow: { requests: 20 }",
  "canary: { share: 0.5, requests: 40, max_difference: 0.001 }",
  "timeouts: { judge: 240, shadow: 240 }",
];

let root: string;
let server: RunningServer;
let client: Client;
let worker: Running;
let env: Record<string, string>;
const target = () =>
  localTarget({
    root: join(root, "deployments"),
    command: [process.execPath, COMMAND],
    env: { ...process.env, ...env },
  });

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-flow-"));
  await writeFlowWorld(root, FLOW);
  server = await startServer({
    ...{ host: "127.0.0.1", port: 0 },
    backendStoreUri: `sqlite:///${join(root, "esteira.db")}`,
    artifactsDestination: join(root, "artifacts"),
  });
  client = createClient({ baseUrl: server.url });
  env = { MLFLOW_TRACKING_URI: server.url, ESTEIRA_DEPLOYMENTS: join(root, "deployments"), NODE_OPTIONS: "" };
  await client.registeredModels.create({ name: "pix" });
  const key = await command(["evidence", "key", join(root, "key.pem")], env);
  expect(key.code, key.said).toBe(0);
  await client.policies.set("pix", { aliases: ["champion"], evidence: { keys: [key.said.trim()] } });
  const set = await command(["flow", "set", join(root, "flow.yaml"), "-m", "pix"], env);
  expect(set, set.said).toMatchObject({ code: 0 });
  worker = startCommand(["flow", "work", "--evidence-key", join(root, "key.pem"), "--lease", "10"], env);
}, 120_000);
afterAll(async () => {
  worker?.child.kill("SIGTERM");
  if (worker?.child.exitCode === null) await once(worker.child, "exit");
  for (const { wanted } of await target().list()) await target().remove(wanted.name);
  await server?.close();
  expect(await processesNaming(join(root, "deployments"))).toEqual([]);
  await rm(root, { recursive: true, force: true });
});

/** Registers a version, which starts its flow, and waits until that has ended. */
async function flowOf(kind: Kind, ask?: (id: number) => Promise<unknown>) {
  const version = await registerVersion(client, root, kind);
  const id = (await client.flows.ofModel("pix")).find((flow) => flow.version === version)?.id ?? 0;
  await ask?.(id);
  await expect
    .poll(
      async () =>
        (await client.flows.get("pix", id)).flow.outcome !== undefined &&
        (await client.flows.get("pix", id)).flow.work === undefined,
      {
        timeout: 240_000,
        interval: 200,
      },
    )
    .toBe(true)
    .catch(async (error: unknown) => {
      console.error(worker.said(), JSON.stringify(await client.flows.get("pix", id), undefined, 1));
      throw error;
    });
  return { version, ...(await client.flows.get("pix", id)) };
}
const production = async () => (await target().status("pix"))?.wanted;
const held = (version: string) => expect.stringContaining(`/pix/${version}-`);
const stageOf = async (version: string) => (await client.modelVersions.get("pix", version)).currentStage;

describe("a deployment flow", { timeout: 600_000 }, () => {
  it("takes a version from its registration to production, with evidence, and the next one past its callers", async () => {
    const first = await flowOf("good");
    expect(first.flow).toMatchObject({ outcome: "promoted" });
    expect(first.steps.map(({ work, ending }) => `${work} ${ending}`)).toEqual(
      ["evaluate", "gate", "stage", "smoke", "shadow", "approval", "canary", "judge", "promote", "archive"].map(
        (step) => `${step} done`,
      ),
    );
    expect(first.steps[0]?.result).toMatchObject({ outcome: "passed" });
    expect(await production()).toEqual({ name: "pix", model: held("1") });
    expect(await target().status("pix.staging")).toBeUndefined();
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe("1");
    expect(await stageOf("1")).toBe("Production");

    const asking = callers(async () => (await target().status("pix"))?.url);
    const second = await flowOf("good");
    expect(second.flow).toMatchObject({ outcome: "promoted", former: "1" });
    expect(second.steps.find(({ work }) => work === "judge")?.result).toMatchObject({
      canary: { failed: 0 },
      shadow: { failed: 0, difference: { p99: 0 } },
    });
    expect(await production()).toEqual({ name: "pix", model: held("2") });
    expect([await stageOf("1"), await stageOf("2")]).toEqual(["Archived", "Production"]);
    const statuses = await asking.stop();
    expect([...statuses.keys()]).toEqual([200]);
  });

  it("rolls a bad version back by what its callers met, and by how it differs, while the present one goes on", async () => {
    const asking = callers(async () => (await target().status("pix"))?.url);
    const { shadow: _, ...spec } = await client.flows.spec("pix");
    await client.flows.set("pix", spec);
    const failing = await flowOf("narrow");
    expect(failing.flow).toMatchObject({
      outcome: "rolled-back",
      reason: expect.stringMatching(/^judge: the canary has failed on \d+/),
    });
    expect(failing.steps.slice(-2).map(({ work, ending }) => `${work} ${ending}`)).toEqual([
      "judge refused",
      "undo done",
    ]);
    expect(await production()).toEqual({ name: "pix", model: held("2") });
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe("2");
    expect(await stageOf(failing.version)).toBe("Archived");
    expect(await target().status("pix.staging")).toBeUndefined();

    const odd = await flowOf("odd");
    expect(odd.flow).toMatchObject({
      outcome: "rolled-back",
      reason: expect.stringContaining("its answers differ by"),
    });

    const { gate: __, ...ungated } = spec;
    await client.flows.set("pix", { ...ungated, timeouts: { ...spec.timeouts, approval: 5 } });
    const unproven = await flowOf("good");
    expect(unproven.flow).toMatchObject({
      outcome: "failed",
      reason: expect.stringContaining("approval: it was not done in its time (the version says no digest of its model"),
    });
    await asking.stop();
  });

  it("is refused by its gate before it is served anywhere", async () => {
    const spec = await client.flows.spec("pix");
    const rules = "version: 1\nname: pix\nchecks:\n  - { check: metric, metric: auc_pr, min: 1 }\n";
    await client.flows.set("pix", {
      ...spec,
      gate: { rules, data: join(root, "rows.csv"), label: "fraud", id: "id", threshold: 0.5 },
    });
    const { flow, steps } = await flowOf("good");
    expect(flow).toMatchObject({ outcome: "refused", reason: expect.stringMatching(/^gate: refused: auc_pr/) });
    expect(steps.map(({ work }) => work)).toEqual(["evaluate", "gate"]);
    expect(await production()).toEqual({ name: "pix", model: held("2") });
  });

  it("is rolled back when a person says so: the version before answers, and is champion, again", async () => {
    const promoted = (await client.flows.ofModel("pix")).find(({ outcome }) => outcome === "promoted");
    expect(promoted?.version).toBe("2");
    const asked = await command(["flow", "rollback", String(promoted?.id), "-m", "pix", "--reason", "complaints"], env);
    expect(asked, asked.said).toMatchObject({ code: 0 });
    await expect
      .poll(async () => (await client.flows.get("pix", promoted?.id ?? 0)).flow.endedAt, {
        timeout: 240_000,
        interval: 200,
      })
      .toBeGreaterThan(0);
    expect(await production()).toEqual({ name: "pix", model: held("1") });
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe("1");
    expect([await stageOf("1"), await stageOf("2")]).toEqual(["Production", "Archived"]);
    const shown = await command(["flow", "show", String(promoted?.id), "-m", "pix"], env);
    expect(shown.said).toContain("rolled-back");
    expect(shown.said).toContain("complaints");
    const verified = await client.timeline.verify();
    expect(verified).toMatchObject({ faultCount: 0, found: [] });
    // The registry knows what its flows have deployed, and what they have put away.
    const known = (await client.deployments.ofModel("pix")).map(({ name, state, version, flow }) => [
      ...[name, state, version, flow],
    ]);
    expect(known).toContainEqual(["pix", "serving", "1", promoted?.id]);
    expect(known).toContainEqual(["pix.staging", "removed", expect.any(String), expect.any(Number)]);
  });

  it("leaves the rollback of what a command has deployed to the runner of its place, which people ask by the registry", async () => {
    for (const version of ["1", "2"]) {
      const deployed = await command(["deploy", "local", `models:/pix/${version}`, "-n", "side"], env);
      expect(deployed, deployed.said).toMatchObject({ code: 0 });
      expect(deployed.said).not.toMatch(/was not told/);
    }
    const side = async () => (await client.deployments.ofModel("pix")).find(({ name }) => name === "side");
    const { id = 0, ...told } = (await side()) ?? {};
    expect(told).toMatchObject({
      ...{ target: "local", state: "serving", version: "2", generation: 2, url: expect.stringMatching(/^http:/) },
      arms: [{ role: "primary", uri: "models:/pix/2", share: 1 }],
      former: [{ role: "primary", uri: "models:/pix/1", share: 1 }],
      runners: [expect.stringMatching(/\/\d+$/)],
    });
    await client.deployments.rollback("pix", id, "complaints");
    await expect.poll(async () => (await side())?.order?.outcome, { timeout: 120_000, interval: 200 }).toBe("done");
    expect(await side()).toMatchObject({ version: "1", order: { note: "serves models:/pix/1 again" } });
    expect((await target().status("side"))?.wanted.model).toEqual(held("1"));
    expect((await command(["deploy", "remove", "-n", "side"], env)).code).toBe(0);
    const { deployment, changes } = await client.deployments.get("pix", id);
    expect(deployment.state).toBe("removed");
    expect(changes.map(({ kind, version }) => `${kind} ${version}`)).toEqual([
      ...["removed 1", "rolled-back 1", "applied 2", "applied 1"],
    ]);
    expect(changes[1]?.note).toContain("complaints");
  });
});

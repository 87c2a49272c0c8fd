import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Flow } from "@esteira/core/flow/entity";
import { STEPS } from "@esteira/core/flow/steps";
import { localTarget } from "@esteira/deploy/local/local-target";
import { processesNaming } from "@esteira/deploy/local/processes";
import { type Client, createClient } from "@esteira/sdk/client";
import Libsql from "libsql";
import { afterAll, beforeAll, expect, test } from "vitest";
import {
  COMMAND,
  callers,
  command,
  type Running,
  registerVersion,
  startCommand,
  writeFlowWorld,
} from "../default/flow-world.testing.ts";

/** Kills: one at each step of a flow and at the undoing of another are 11. `ESTEIRA_FLOW_KILLS` asks for more. */
const KILLS = Number(process.env.ESTEIRA_FLOW_KILLS ?? 11);
const POINTS = [...STEPS, "undo"] as const;
const FLOW = [
  "gate: { file: gate.yaml, data: rows.csv, label: fraud, id: id, threshold: 0.5 }",
  "shadow: { requests: 5 }",
  "canary: { share: 0.5, requests: 5, max_difference: 0.001 }",
];

let root: string;
let port: number;
let env: Record<string, string>;
let server: Running;
let client: Client;
let database: Libsql.Database;

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });
const target = () =>
  localTarget({
    root: join(root, "deployments"),
    command: [process.execPath, COMMAND],
    env: { ...process.env, ...env },
  });

/** The server with what works on flows, at the address that the deployments know. */
async function start(): Promise<void> {
  const uri = `sqlite:///${join(root, "esteira.db")}`;
  const args = ["server", "--work-flows", "-p", String(port), "--backend-store-uri", uri];
  server = startCommand([...args, "--artifacts-destination", join(root, "artifacts")], env);
  while (!server.said().includes("serves at") && server.child.exitCode === null)
    await new Promise((resolve) => setTimeout(resolve, 20));
  if (server.child.exitCode !== null) throw new Error(server.said());
}

/** The server alone, whose worker must then see to itself, or both at once. */
async function kill(isAlone: boolean): Promise<void> {
  const { child } = server;
  const workers = isAlone ? [] : await processesNaming(`--with-parent`);
  const own = workers.length === 0 ? [] : await childrenOf(child.pid ?? 0, workers);
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  for (const pid of own) process.kill(pid, "SIGKILL");
  await ended;
}

async function childrenOf(parent: number, pids: readonly number[]): Promise<number[]> {
  const { readFile } = await import("node:fs/promises");
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  // The name of a process, in parentheses, may hold blanks; after it come its state and its parent.
  return pids.filter((_, i) => Number(stats[i]?.split(") ").at(-1)?.split(" ")[1]) === parent);
}

/** What the database says of the flow now, without asking the server. */
const workNow = (): string | undefined => {
  const row: unknown = database
    .prepare("select work from esteira_flows where work is not null order by id limit 1")
    .get();
  return typeof row === "object" && row !== null && "work" in row && typeof row.work === "string"
    ? row.work
    : undefined;
};
/** Resolves with the work that is under way when the flow gets to `point`, or has come past it; undefined when it has ended. */
async function until(point: string): Promise<string | undefined> {
  for (const deadline = Date.now() + 240_000; Date.now() < deadline; ) {
    const work = workNow();
    if (work === undefined || work === point || place(work) > place(point)) return work;
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
  throw new Error(`The flow never got to ${point}: it is at ${workNow()}\n${server.said()}`);
}
const places: readonly string[] = POINTS;
const held = (version: string) => expect.stringContaining(`/pix/${version}-`);
const place = (work: string): number => places.indexOf(work);

async function ended(id: number): Promise<Flow> {
  await expect
    .poll(async () => (await client.flows.get("pix", id).catch(() => undefined))?.flow.endedAt, {
      timeout: 240_000,
      interval: 50,
    })
    .toBeGreaterThan(0);
  const { flow, steps } = await client.flows.get("pix", id);
  if (flow.outcome === "failed")
    throw new Error(`${flow.reason}\n${JSON.stringify(steps.map(({ result: _, ...step }) => step))}\n${server.said()}`);
  return flow;
}

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-flow-kill-"));
  await writeFlowWorld(root, FLOW);
  port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  env = {
    MLFLOW_TRACKING_URI: url,
    ESTEIRA_DEPLOYMENTS: join(root, "deployments"),
    ESTEIRA_EVIDENCE_KEY: join(root, "key.pem"),
    ESTEIRA_FLOW_LEASE: "2",
    NODE_OPTIONS: "",
  };
  const key = await command(["evidence", "key", join(root, "key.pem")], { NODE_OPTIONS: "" });
  expect(key.code, key.said).toBe(0);
  await start();
  client = createClient({ baseUrl: url });
  await client.registeredModels.create({ name: "pix" });
  await client.policies.set("pix", { aliases: ["champion"], evidence: { keys: [key.said.trim()] } });
  const set = await command(["flow", "set", join(root, "flow.yaml"), "-m", "pix"], env);
  expect(set, set.said).toMatchObject({ code: 0 });
  database = new Libsql(join(root, "esteira.db"), { readonly: true });
}, 300_000);
afterAll(async () => {
  server?.child.kill("SIGTERM");
  if (server?.child.exitCode === null && server.child.signalCode === null) await once(server.child, "exit");
  database?.close();
  for (const { wanted } of await target().list()) await target().remove(wanted.name);
  expect(await processesNaming(join(root, "deployments"))).toEqual([]);
  await rm(root, { recursive: true, force: true });
}, 120_000);

test(`of ${KILLS} kills at the steps of flows none loses a step, does one twice, or is seen by a caller`, async () => {
  const flowOf = async (version: string): Promise<number> =>
    (await client.flows.ofModel("pix")).find((flow) => flow.version === version)?.id ?? 0;
  let champion = await registerVersion(client, root, "good");
  expect(await ended(await flowOf(champion))).toMatchObject({ outcome: "promoted" });
  const asking = callers(async () => (await target().status("pix"))?.url);

  let kills = 0;
  const struck = new Map<string, number>();
  const strike = async (point: string): Promise<void> => {
    const work = await until(point);
    if (work !== point) return;
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 60));
    await kill(kills % 2 === 0);
    const at = workNow() ?? "ended";
    struck.set(at, (struck.get(at) ?? 0) + 1);
    kills++;
    await start();
  };
  const isShort = (): boolean => kills < KILLS;
  const sound = async (id: number, works: readonly string[]): Promise<void> => {
    const { flow, steps } = await client.flows.get("pix", id);
    // Each step once, in its order, and ended once.
    expect(steps.map(({ work, ending, number }) => `${number} ${work} ${ending}`)).toEqual(
      works.map((work, at) => `${at + 1} ${work} done`),
    );
    const life = await client.timeline.history("pix");
    const moves = life.filter(({ reason }) => reason?.startsWith(`flow ${id}:`)).map(({ action }) => action);
    expect(moves).toEqual(expectedMoves(works));
    const of = (action: string) =>
      life.filter((entry) => entry.action === action && String(entry.subject.version) === flow.version);
    expect([of("evidence.submitted").length, of("version.created").length]).toEqual([1, 1]);
    const aliases = life.filter(
      ({ action, after }) => action === "alias.set" && JSON.stringify(after).includes(`:${flow.version}}`),
    );
    expect(aliases).toHaveLength(1);
  };
  while (isShort()) {
    const version = await registerVersion(client, root, "good");
    const id = await flowOf(version);
    for (const point of STEPS) if (isShort()) await strike(point);
    expect(await ended(id)).toMatchObject({ outcome: "promoted", version });
    await sound(id, STEPS);
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe(version);
    expect(await target().list()).toMatchObject([{ wanted: { name: "pix", model: held(version) }, restarts: 0 }]);
    expect(await processesNaming(`--deployment=${join(root, "deployments")}`)).toHaveLength(1);
    if (!isShort()) {
      champion = version;
      break;
    }
    await client.flows.end("pix", id, "rollback");
    await strike("undo");
    expect(await ended(id)).toMatchObject({ outcome: "rolled-back" });
    await sound(id, [...STEPS, "undo"]);
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe(champion);
    expect(await target().list()).toMatchObject([{ wanted: { model: held(champion) } }]);
  }
  const statuses = await asking.stop();
  expect([...statuses.keys()]).toEqual([200]);
  expect(await client.timeline.verify()).toMatchObject({ faultCount: 0, found: [] });
  const total = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  console.info(
    `${kills} kills: ${[...struck].map(([at, count]) => `${at} ${count}`).join(", ")}; ${total} callers, all answered`,
  );
}, 1_800_000);

const expectedMoves = (works: readonly string[]): string[] => {
  const steps = STEPS.map((_, at) => (at === STEPS.length - 1 ? "flow.ended" : "flow.moved"));
  return works.length === STEPS.length ? steps : [...steps, "flow.moved", "flow.ended"];
};

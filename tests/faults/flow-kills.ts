import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Flow } from "@esteira/core/flow/entity";
import { STEPS } from "@esteira/core/flow/steps";
import { localTarget } from "@esteira/deploy/local/local-target";
import { processesNaming } from "@esteira/deploy/local/processes";
import { type Client, createClient } from "@esteira/sdk/client";
import { connectExisting, type ExistingDatabase } from "@esteira/store/maintenance/connect";
import { expect } from "vitest";
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
export const KILLS = Number(process.env.ESTEIRA_FLOW_KILLS ?? 11);
const WORKS: readonly string[] = [...STEPS, "undo"];
const FLOW = [
  "gate: { file: gate.yaml, data: rows.csv, label: fraud, id: id, threshold: 0.5 }",
  "shadow: { requests: 5 }",
  "canary: { share: 0.5, requests: 5, max_difference: 0.001 }",
];
const WAIT_MS = 240_000;

/** Servers over one database, each with what works on flows beside it, on the machine that serves what they promote. */
export interface KilledFlows {
  /** Kills so many servers at the steps of flows, and looks after each flow whether all is as if nobody had been killed. */
  run(kills: number): Promise<void>;
  close(): Promise<void>;
}

/** `backend` names the database, in SQLite's case a file in the folder that it is given. */
export async function openKilledFlows(backend: (root: string) => string, serverCount: number): Promise<KilledFlows> {
  const root = await mkdtemp(join(tmpdir(), "esteira-flow-kill-"));
  const uri = backend(root);
  await writeFlowWorld(root, FLOW);
  const ports = await Promise.all(Array.from({ length: serverCount }, freePort));
  const urls = ports.map((port) => `http://127.0.0.1:${port}`);
  const env = {
    MLFLOW_TRACKING_URI: urls[0] ?? "",
    ESTEIRA_DEPLOYMENTS: join(root, "deployments"),
    ESTEIRA_EVIDENCE_KEY: join(root, "key.pem"),
    ESTEIRA_FLOW_LEASE: "2",
    NODE_OPTIONS: "",
  };
  const target = localTarget({
    root: join(root, "deployments"),
    command: [process.execPath, COMMAND],
    env: { ...process.env, ...env },
  });
  const servers: Running[] = [];
  let database: ExistingDatabase | undefined;

  /** A server at the address that it had before. */
  async function start(at: number): Promise<void> {
    const args = ["server", "--work-flows", "-p", String(ports[at]), "--backend-store-uri", uri];
    const server = startCommand([...args, "--artifacts-destination", join(root, "artifacts")], env);
    servers[at] = server;
    while (!server.said().includes("serves at") && server.child.exitCode === null) await pause(20);
    if (server.child.exitCode !== null) throw new Error(server.said());
  }
  const close = async (): Promise<void> => {
    for (const { child } of servers) {
      child.kill("SIGTERM");
      if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
    }
    await database?.close();
    for (const { wanted } of await target.list()) await target.remove(wanted.name);
    expect(await processesNaming(join(root, "deployments"))).toEqual([]);
    await rm(root, { recursive: true, force: true });
  };
  try {
    const key = await command(["evidence", "key", join(root, "key.pem")], { NODE_OPTIONS: "" });
    expect(key.code, key.said).toBe(0);
    // One after the other, as the first makes the tables.
    for (const at of ports.keys()) await start(at);
    const client = createClient({ baseUrl: urls[0] ?? "" });
    await client.registeredModels.create({ name: "pix" });
    await client.policies.set("pix", { aliases: ["champion"], evidence: { keys: [key.said.trim()] } });
    const set = await command(["flow", "set", join(root, "flow.yaml"), "-m", "pix"], env);
    expect(set, set.said).toMatchObject({ code: 0 });
    database = await connectExisting(uri);
    const { db } = database;
    const said = () => servers.map((server) => server.said()).join("\n");
    const world = { root, client, target, db, servers, start, said };
    return { run: (kills) => killAtSteps(world, kills), close };
  } catch (error) {
    await close();
    throw error;
  }
}

interface World {
  readonly root: string;
  readonly client: Client;
  readonly target: ReturnType<typeof localTarget>;
  readonly db: ExistingDatabase["db"];
  readonly servers: readonly Running[];
  start(at: number): Promise<void>;
  said(): string;
}

async function killAtSteps({ root, client, target, db, servers, start, said }: World, wanted: number): Promise<void> {
  const held = (version: string) => expect.stringContaining(`/pix/${version}-`);
  const place = (work: string): number => WORKS.indexOf(work);

  /** What the database says of the flow now, without asking a server. */
  const workNow = async (): Promise<string | undefined> => {
    const active = db.selectFrom("esteira_flows").select("work").where("work", "is not", null).orderBy("id").limit(1);
    return (await active.executeTakeFirst())?.work ?? undefined;
  };
  /** Resolves with the work that is under way when the flow gets to `point`, or has come past it; undefined when it has ended. */
  const until = async (point: string): Promise<string | undefined> => {
    for (const deadline = Date.now() + WAIT_MS; Date.now() < deadline; ) {
      const work = await workNow();
      if (work === undefined || place(work) >= place(point)) return work;
      await pause(1);
    }
    throw new Error(`The flow never got to ${point}: it is at ${await workNow()}\n${said()}`);
  };
  const flowOf = async (version: string): Promise<number> =>
    (await client.flows.ofModel("pix")).find((flow) => flow.version === version)?.id ?? 0;
  const ended = async (id: number): Promise<Flow> => {
    await expect
      .poll(async () => (await client.flows.get("pix", id).catch(() => undefined))?.flow.endedAt, {
        ...{ timeout: WAIT_MS, interval: 50 },
      })
      .toBeGreaterThan(0);
    const { flow, steps } = await client.flows.get("pix", id);
    if (flow.outcome === "failed")
      throw new Error(`${flow.reason}\n${JSON.stringify(steps.map(({ result: _, ...step }) => step))}\n${said()}`);
    return flow;
  };
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
    // A database may still commit what a killed server asked for, while the next worker asks again: the alias moves once.
    const moved = life.filter(
      ({ action, before, after }) =>
        action === "alias.set" &&
        JSON.stringify(after).includes(`:${flow.version}}`) &&
        JSON.stringify(before) !== JSON.stringify(after),
    );
    expect(moved).toHaveLength(1);
  };

  let champion = await registerVersion(client, root, "good");
  expect(await ended(await flowOf(champion))).toMatchObject({ outcome: "promoted" });
  const asking = callers(async () => (await target.status("pix"))?.url);

  let kills = 0;
  const struck = new Map<string, number>();
  /** Kills at `point`: each server in turn, and all of them; with what works beside them, or alone, when that must see to itself. */
  const strike = async (point: string): Promise<void> => {
    const work = await until(point);
    if (work !== point) return;
    // At once, as some steps are done in milliseconds, and somewhere within those that last.
    if (Math.random() < 0.5) await pause(Math.random() * 60);
    const turn = kills % (servers.length === 1 ? 1 : servers.length + 1);
    const whom = turn === servers.length || servers.length === 1 ? [...servers.keys()] : [turn];
    await Promise.all(whom.map((at) => kill(servers[at]!, kills % 2 === 0)));
    const at = (await workNow()) ?? "ended";
    struck.set(at, (struck.get(at) ?? 0) + 1);
    kills++;
    for (const one of whom) await start(one);
  };
  const isShort = (): boolean => kills < wanted;
  while (isShort()) {
    const version = await registerVersion(client, root, "good");
    const id = await flowOf(version);
    for (const point of STEPS) if (isShort()) await strike(point);
    expect(await ended(id)).toMatchObject({ outcome: "promoted", version });
    await sound(id, STEPS);
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe(version);
    expect(await target.list()).toMatchObject([{ wanted: { name: "pix", model: held(version) }, restarts: 0 }]);
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
    expect(await target.list()).toMatchObject([{ wanted: { model: held(champion) } }]);
  }
  const statuses = await asking.stop();
  expect([...statuses.keys()]).toEqual([200]);
  expect(await client.timeline.verify()).toMatchObject({ faultCount: 0, found: [] });
  const total = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  console.info(
    `${kills} kills: ${[...struck].map(([at, count]) => `${at} ${count}`).join(", ")}; ${total} callers, all answered`,
  );
}

/** A server alone, whose worker must then see to itself, or both at once. */
async function kill({ child }: Running, isAlone: boolean): Promise<void> {
  const workers = isAlone ? [] : await childrenOf(child.pid ?? 0, await processesNaming("--with-parent"));
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  for (const pid of workers) process.kill(pid, "SIGKILL");
  await ended;
}

async function childrenOf(parent: number, pids: readonly number[]): Promise<number[]> {
  const stats = await Promise.all(pids.map((pid) => readFile(`/proc/${pid}/stat`, "utf8").catch(() => "")));
  // The name of a process, in parentheses, may hold blanks; after it come its state and its parent.
  return pids.filter((_, i) => Number(stats[i]?.split(") ").at(-1)?.split(" ")[1]) === parent);
}

const expectedMoves = (works: readonly string[]): string[] => {
  const steps = STEPS.map((_, at) => (at === STEPS.length - 1 ? "flow.ended" : "flow.moved"));
  return works.length === STEPS.length ? steps : [...steps, "flow.moved", "flow.ended"];
};

const pause = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

const freePort = (): Promise<number> =>
  new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0));
    });
  });

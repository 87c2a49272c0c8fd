import { spawn } from "node:child_process";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { runId } from "@esteira/core/ids";
import Libsql from "libsql";
import { expect } from "vitest";
import { localArtifactStore } from "../artifacts/local.ts";
import { openStore, type Store } from "../open.ts";
import { bundleScript, killAfter } from "./killed-process.ts";

const BYTES = 200_000;

/**
 * Kills a process that writes, again and again, each time after a while that is left to chance, and looks after each time
 * whether the database opens, whether all that was acknowledged is there, and whether anything is there by half.
 */
export async function killRounds(folder: string, rounds: number, random: () => number): Promise<void> {
  const writer = join(folder, "writer.mjs");
  await bundleScript(new URL("crash-writer.ts", import.meta.url), writer);
  const database = join(folder, "mlflow.db");
  for (let round = 0; round < rounds; round++) {
    const args = [writer, `sqlite:///${database}`, join(folder, "artifacts"), String(round)];
    const acknowledged = await killAfter(
      spawn(process.execPath, args, { stdio: ["ignore", "pipe", "inherit"] }),
      random() * 250,
    );
    expect(integrityOf(database)).toEqual(["ok"]);
    const store = await openStore({ uri: `sqlite:///${database}`, artifactRoot: "mlflow-artifacts:/" });
    try {
      await expectKept(store, join(folder, "artifacts"), String(round), acknowledged);
    } finally {
      await store.close();
    }
  }
}

function integrityOf(database: string): readonly unknown[] {
  const connection = new Libsql(database);
  try {
    return connection.prepare("pragma integrity_check").raw().all().flat();
  } finally {
    connection.close();
  }
}

async function expectKept(store: Store, folder: string, round: string, acknowledged: readonly string[]): Promise<void> {
  const last = {
    batch: new Map<string, number>(),
    run: new Map<string, number>(),
    production: 0,
    artifacts: new Set<string>(),
  };
  for (const line of acknowledged) {
    const [kind, name = "", count] = line.split(" ");
    if (kind === "batch") last.batch.set(name, Number(count));
    else if (kind === "run") last.run.set(name, Number(count));
    else if (kind === "production") last.production = Number(count);
    else if (kind === "artifact") last.artifacts.add(name);
  }
  for (const [id, step] of last.batch) await expectBatches(store, id, step);
  for (const [id, endTime] of last.run) {
    expect((await store.getRun(runId(id))).info).toMatchObject({ status: "FINISHED", endTime });
  }
  await expectOneProduction(store, `model ${round}`, last.production);
  await expectWholeArtifacts(folder, round, last.artifacts);
}

/** Each batch is one metric of each of two keys and a param: all three or none. */
async function expectBatches(store: Store, id: string, acknowledged: number): Promise<void> {
  const run = await store.getRun(runId(id));
  const steps = async (metricKey: string) =>
    (await store.getMetricHistory({ runId: runId(id), metricKey })).items.map(({ step }) => Number(step));
  const written = await steps("a");
  expect(written.length).toBeGreaterThan(acknowledged);
  expect(written).toEqual(Array.from({ length: written.length }, (_, step) => step));
  expect(await steps("b")).toEqual(written);
  expect(run.data.params).toHaveLength(written.length);
  expect(run.data.metrics.map(({ step }) => step)).toEqual([written.length - 1, written.length - 1]);
}

async function expectOneProduction(store: Store, name: string, acknowledged: number): Promise<void> {
  const { items } = await store.searchModelVersions({ filter: `name = '${name}'` });
  const numbers = items.map(({ version }) => Number(version)).sort((a, b) => a - b);
  expect(numbers).toEqual(Array.from({ length: numbers.length }, (_, index) => index + 1));
  expect(numbers.length).toBeGreaterThanOrEqual(acknowledged);
  const inProduction = items.filter(({ currentStage }) => currentStage === "Production");
  expect(inProduction.length).toBeLessThanOrEqual(1);
  if (acknowledged > 0) expect(Number(inProduction[0]?.version)).toBeGreaterThanOrEqual(acknowledged);
}

async function expectWholeArtifacts(folder: string, round: string, acknowledged: ReadonlySet<string>): Promise<void> {
  const artifacts = localArtifactStore(folder);
  const visible = new Set<string>();
  for (const writer of await artifacts.list(round)) {
    for (const { path } of await artifacts.list(`${round}/${writer.path}`)) {
      const name = `${round}/${writer.path}/${path}`;
      visible.add(name);
      const content = await buffer((await artifacts.open(name)).stream);
      expect(content.equals(Buffer.alloc(BYTES, Number.parseInt(path, 10)))).toBe(true);
    }
  }
  expect([...acknowledged].filter((name) => !visible.has(name))).toEqual([]);
}

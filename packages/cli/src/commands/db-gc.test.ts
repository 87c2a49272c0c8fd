import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { experimentId, type RunId } from "@esteira/core/ids";
import { UPLOADS } from "@esteira/store/artifacts/artifact-path";
import { newWorkName } from "@esteira/store/artifacts/uploads";
import { checkDatabase } from "@esteira/store/maintenance/check";
import { connectExisting } from "@esteira/store/maintenance/connect";
import { openStore, type Store } from "@esteira/store/open";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Values } from "../command.ts";
import { dbGc } from "./db-gc.ts";

let folder: string;
let uri: string;
let artifacts: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-gc-"));
  uri = `sqlite:///${join(folder, "mlflow.db")}`;
  artifacts = join(folder, "artifacts");
});
afterEach(() => rm(folder, { recursive: true }));

const open = (): Promise<Store> => openStore({ uri, artifactRoot: "mlflow-artifacts:/" });

async function gc(values: Values = {}) {
  const said = { out: [] as string[], notes: [] as string[], code: 0 };
  said.code = await dbGc.run(
    { backendStoreUri: uri, artifactsDestination: artifacts, ...values },
    {
      env: {},
      out: (line) => void said.out.push(line),
      note: (line) => void said.notes.push(line),
      interrupted: () => new Promise(() => undefined),
    },
  );
  return said;
}

/** A run with one artifact, deleted unless told otherwise. */
async function newRun(
  store: Store,
  experiment = experimentId("0"),
  { deleted = true, files = true } = {},
): Promise<RunId> {
  const { info } = await store.createRun({ experimentId: experiment, userId: "", startTime: 1, tags: [] });
  const metrics = [{ key: "loss", value: 1, timestamp: 1, step: 0 }];
  await store.logBatch(info.runId, { metrics, params: [{ key: "p", value: "1" }], tags: [] });
  if (files) {
    const at = join(artifacts, info.artifactUri.replace("mlflow-artifacts:/", ""));
    await mkdir(at, { recursive: true });
    await writeFile(join(at, "note.txt"), "12345");
  }
  if (deleted) await store.deleteRun(info.runId);
  return info.runId;
}

const filesLeft = async (): Promise<readonly string[]> =>
  (await readdir(artifacts, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile())
    .map((entry) => entry.parentPath);

async function sound(): Promise<void> {
  const database = await connectExisting(uri);
  expect((await checkDatabase(database)).faults).toEqual([]);
  await database.close();
}

test("a dry run lists what would go with sizes, and changes nothing", async () => {
  const store = await open();
  const id = await newRun(store);
  await newRun(store, undefined, { deleted: false });
  const { out, code } = await gc({ dryRun: true });
  expect(code).toBe(0);
  expect(out).toEqual([
    `run ${id}  1 files, 5 bytes  mlflow-artifacts:/0/${id}/artifacts`,
    "Would remove 1 runs, 0 logged models, 0 experiments and 5 bytes of artifacts. Nothing was changed.",
  ]);
  expect((await store.getRun(id)).info.lifecycleStage).toBe("deleted");
  expect(await filesLeft()).toHaveLength(2);
  await store.close();
});

test("a server that runs goes on, a name is free again, and nothing of what was granted passes on", async () => {
  const store = await open();
  const owner = (await store.createUser({ username: "ana", passwordHash: "x", isAdmin: false })).id;
  const first = await store.createExperiment({ name: "pix", tags: [], owner });
  await newRun(store, first, { deleted: false });
  await store.deleteExperiment(first);
  const { out } = await gc();
  expect(out.at(-1)).toBe(`Experiment with ID ${first} has been permanently deleted.`);
  expect(await filesLeft()).toEqual([]);
  const second = await store.createExperiment({ name: "pix", tags: [] });
  // SQLite gives the number again.
  expect(second).toBe(first);
  expect(await store.findGrant("ana", { resourceType: "experiment", resourcePattern: second })).toBeUndefined();
  await store.close();
  await sound();
});

test("artifacts that are not there are no obstacle; a wrong folder of artifacts is", async () => {
  const store = await open();
  const id = await newRun(store, undefined, { files: false });
  await expect(gc({ artifactsDestination: join(folder, "elsewhere") })).rejects.toThrow("name their folder or bucket");
  expect((await store.getRun(id)).info.runId).toBe(id);
  await mkdir(artifacts);
  expect((await gc()).out).toEqual([`Run with ID ${id} has been permanently deleted.`]);
  await expect(store.getRun(id)).rejects.toThrow("not found");
  await store.close();
});

test("files that cannot be removed are told, and removed by the next collection", async () => {
  const store = await open();
  const id = await newRun(store);
  const run = join(artifacts, "0", id);
  await rm(run, { recursive: true });
  // A file where the run's folder should be: it is in the way of a removal.
  await writeFile(run, "");
  await mkdir(join(folder, "outside"));
  await rm(run);
  const { symlink } = await import("node:fs/promises");
  await symlink(join(folder, "outside"), run);
  const first = await gc();
  expect(first.code).toBe(2);
  expect(first.notes.join("\n")).toContain("run the command again");
  expect(existsSync(join(folder, "outside"))).toBe(true);
  await expect(store.getRun(id)).rejects.toThrow("not found");
  await rm(run);
  await mkdir(join(run, "artifacts"), { recursive: true });
  await writeFile(join(run, "artifacts", "note.txt"), "1");
  const second = await gc();
  expect(second).toMatchObject({ code: 0, notes: [] });
  expect(second.out.join()).toContain(id);
  expect(await filesLeft()).toEqual([]);
  await store.close();
});

test("artifacts in a place that is not reached from here keep their run", async () => {
  const store = await open();
  const experiment = await store.createExperiment({ name: "far", tags: [], artifactLocation: "gs://bucket/far" });
  const id = await newRun(store, experiment, { files: false });
  const { code, notes } = await gc();
  expect(code).toBe(2);
  expect(notes[0]).toContain("gs://bucket/far");
  expect((await store.getRun(id)).info.runId).toBe(id);
  await store.close();
});

test("only what is named goes with --only-named", async () => {
  const store = await open();
  const [named, other] = [await newRun(store), await newRun(store)];
  await store.deleteExperiment(await store.createExperiment({ name: "gone", tags: [] }));
  const { out } = await gc({ runIds: named, onlyNamed: true });
  expect(out).toEqual([`Run with ID ${named} has been permanently deleted.`]);
  expect((await store.getRun(other)).info.runId).toBe(other);
  await expect(gc({ onlyNamed: true })).rejects.toThrow("--only-named needs");
  await store.close();
});

test("a folder that a killed collection had moved out of sight goes with the next", async () => {
  const store = await open();
  await newRun(store, undefined);
  await store.close();
  const dead = spawnSync(process.execPath, ["--version"]).pid;
  const left = join(artifacts, UPLOADS, (await newWorkName()).replace(`~${process.pid}~`, `~${dead}~`));
  await mkdir(left, { recursive: true });
  await writeFile(join(left, "model.bin"), "half removed");
  expect((await gc()).code).toBe(0);
  expect(await filesLeft()).toEqual([]);
});

test("killed at any moment, the next collection ends the work", async () => {
  const store = await open();
  const experiment = await store.createExperiment({ name: "pix", tags: [] });
  for (let count = 0; count < 60; count++) await newRun(store, count % 2 === 0 ? experiment : undefined);
  const kept = await newRun(store, undefined, { deleted: false });
  await store.deleteExperiment(experiment);
  await store.close();
  const cli = fileURLToPath(new URL("../main.ts", import.meta.url));
  const command = ["--conditions=@esteira/source", "--import", "tsx", cli, "db", "gc", "--backend-store-uri", uri];
  let killed = 0;
  for (let round = 0; round < 4; round++) {
    const child = spawn(process.execPath, [...command, "--artifacts-destination", artifacts], {
      cwd: fileURLToPath(new URL("../../../..", import.meta.url)),
      stdio: ["ignore", "pipe", "ignore"],
    });
    const closed = once(child, "close");
    child.stdout.once("data", () => setTimeout(() => child.kill("SIGKILL"), round * 7));
    const [, signal] = await closed;
    if (signal === "SIGKILL") killed += 1;
  }
  expect(killed).toBeGreaterThan(0);
  expect((await gc()).code).toBe(0);
  await sound();
  expect(await filesLeft()).toEqual([join(artifacts, "0", kept, "artifacts")]);
  const again = await open();
  await again.createExperiment({ name: "pix", tags: [] });
  await again.close();
}, 120_000);

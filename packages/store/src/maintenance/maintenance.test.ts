import { copyFile, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { experimentId } from "@esteira/core/ids";
import Libsql from "libsql";
import { afterEach, beforeEach, expect, test } from "vitest";
import { snapshot } from "../contract/snapshot.ts";
import { openStore } from "../open.ts";
import { backUp } from "./backup.ts";
import { checkDatabase } from "./check.ts";
import { connectExisting } from "./connect.ts";

let folder: string;
let path: string;
let uri: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-maintenance-"));
  path = join(folder, "mlflow.db");
  uri = `sqlite:///${path}`;
});
afterEach(() => rm(folder, { recursive: true }));

const open = (at = uri) => openStore({ uri: at, artifactRoot: "mlflow-artifacts:/" });
async function check(at = uri) {
  const database = await connectExisting(at);
  try {
    return await checkDatabase(database);
  } finally {
    await database.close();
  }
}

test("a sound database is counted, and left as it is", async () => {
  const store = await open();
  const run = { experimentId: experimentId("0"), userId: "", startTime: 1, tags: [] };
  await store.createRun(run);
  await store.deleteRun((await store.createRun(run)).info.runId);
  expect(await check()).toMatchObject({
    revision: "dc11669786a5",
    faults: [],
    counts: { experiments: 1, "experiments (deleted)": 0, runs: 1, "runs (deleted)": 1, metrics: 0 },
  });
  await store.close();
});

test("rows without an owner, another revision and another program's tables are told with what to do", async () => {
  await (await open()).close();
  const database = new Libsql(path);
  database.exec("PRAGMA foreign_keys = OFF; insert into params (key, value, run_uuid) values ('p', '1', 'gone')");
  expect((await check()).faults).toEqual([
    "1 rows of params belong to no row of runs: delete them by hand, after a backup.",
  ]);
  database.exec("update alembic_version set version_num = 'acf3f17fdcc7'");
  expect((await check()).faults[0]).toMatch(/revision acf3f17fdcc7, .*`mlflow db upgrade` of MLflow 3\.17/);
  database.exec("drop table alembic_version");
  database.close();
  expect((await check()).faults[0]).toContain("is not MLflow's");
});

test("a damaged file is told", async () => {
  const store = await open();
  for (let index = 0; index < 50; index++) await store.createExperiment({ name: `e${index}`, tags: [] });
  await store.close();
  const { open: openFile } = await import("node:fs/promises");
  const file = await openFile(path, "r+");
  const { size } = await file.stat();
  for (let page = 4096 * 3; page < size; page += 4096) await file.write(Buffer.alloc(200, 0x5a), 0, 200, page);
  await file.close();
  const outcome = await check().then(
    ({ faults }) => faults.join("\n"),
    (error: unknown) => String(error),
  );
  expect(outcome).toMatch(/damaged|malformed/);
});

test("a backup taken while a server writes is one moment of it, and opens as a database of its own", async () => {
  const store = await open();
  let stop = false;
  const writing = (async () => {
    for (let index = 0; !stop; index++) {
      const { info } = await store.createRun({
        experimentId: experimentId("0"),
        userId: "",
        startTime: index,
        tags: [],
      });
      const metrics = ["a", "b"].map((key) => ({ key, value: index, timestamp: 1, step: 0 }));
      await store.logBatch(info.runId, { metrics, params: [], tags: [] });
    }
  })();
  await new Promise((resolve) => setTimeout(resolve, 200));
  const copy = join(folder, "copy.db");
  const { bytes } = await backUp(uri, copy);
  expect(bytes).toBeGreaterThan(100_000);
  stop = true;
  await writing;
  await store.close();
  expect((await check(`sqlite:///${copy}`)).faults).toEqual([]);

  // Restored: the copy takes the place of the file.
  const ours = await open(`sqlite:///${copy}`);
  const { runs } = await snapshot(ours);
  await ours.close();
  expect(Object.keys(runs).length).toBeGreaterThan(0);
  for (const run of Object.values(runs))
    expect([0, 2]).toContain(Object.keys((run as { latest: object }).latest).length);
});

test("a backup replaces nothing, and leaves nothing behind when it fails", async () => {
  await (await open()).close();
  await copyFile(path, join(folder, "there.db"));
  await expect(backUp(uri, join(folder, "there.db"))).rejects.toThrow("exists already");
  await expect(backUp(`sqlite:///${join(folder, "none.db")}`, join(folder, "new.db"))).rejects.toThrow(
    "There is no database",
  );
  await expect(backUp(uri, join(folder, "no", "such", "folder.db"))).rejects.toThrow();
  expect((await readdir(folder)).filter((name) => name.includes("partial") || name.startsWith("no"))).toEqual([]);
});

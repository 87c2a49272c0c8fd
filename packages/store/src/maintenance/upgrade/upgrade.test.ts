import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import Libsql from "libsql";
import { afterEach, beforeEach, expect, test } from "vitest";
import { fillSample } from "../../contract/sample-data.ts";
import { snapshot } from "../../contract/snapshot.ts";
import { openStore } from "../../open.ts";
import { upgradeDatabase } from "./upgrade-database.ts";

let folder: string;
let path: string;
let uri: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-upgrade-"));
  path = join(folder, "mlflow.db");
  uri = `sqlite:///${path}`;
});
afterEach(() => rm(folder, { recursive: true }));

const open = (at = uri) => openStore({ uri: at, artifactRoot: "mlflow-artifacts:/" });

/** A database with data, said to be of the revision before ours, whose tables are the same but for some of jobs. */
async function older(...statements: readonly string[]): Promise<object> {
  const store = await open();
  await fillSample(store, 5, 10);
  const before = await snapshot(store);
  await store.close();
  const database = new Libsql(path);
  const ours = database
    .prepare("select name from sqlite_master where type = 'table' and name like 'esteira_%'")
    .raw()
    .all();
  database.exec("PRAGMA foreign_keys = OFF");
  for (const [name] of ours as [string][]) database.exec(`drop table ${name}`);
  for (const statement of ["update alembic_version set version_num = '75868b020152'", ...statements])
    database.exec(statement);
  database.close();
  return before;
}

/** All that a database holds, by its own words: its objects, and the rows of what matters here. */
function contents(): unknown {
  const database = new Libsql(path);
  const all = (sql: string): unknown => database.prepare(sql).raw().all();
  const found = ["sqlite_master", "alembic_version", "runs", "metrics", "jobs"].map((table) =>
    all(`select * from ${table} order by 1`),
  );
  database.close();
  return found;
}

test("an older database is upgraded with nothing lost, and stays as it was in the backup", async () => {
  const before = await older();
  const backup = join(folder, "before.db");
  expect(await upgradeDatabase(uri, backup)).toMatchObject({ runs: 10 });
  const store = await open();
  expect(await snapshot(store)).toEqual(before);
  await store.createExperiment({ name: "next", tags: [] });
  await store.close();
  await expect(open(`sqlite:///${backup}`)).rejects.toThrow("revision 75868b020152");
  expect(await upgradeDatabase(uri, join(folder, "second.db"))).toBeUndefined();
  expect(existsSync(join(folder, "second.db"))).toBe(false);
});

test.each([
  [
    "rows that must be computed",
    "insert into jobs (id, creation_time, job_name, params, status, retry_count, last_update_time, workspace) values ('j', 1, 'n', '{}', 1, 0, 1, 'default')",
    "rows in jobs",
  ],
  ["a revision of nobody", "update alembic_version set version_num = 'ffffffffffff'", "none of MLflow 2.0 to 3.17"],
])("%s: refused with MLflow's command, and nothing is changed", async (_, statement, sentence) => {
  await older(statement);
  const before = contents();
  await expect(upgradeDatabase(uri, join(folder, "before.db"))).rejects.toThrow(sentence);
  await expect(upgradeDatabase(uri, join(folder, "before.db"))).rejects.toThrow("`mlflow db upgrade` of MLflow 3.17");
  expect(contents()).toEqual(before);
});

test("a backup that is there is not replaced, and one that cannot be written ends the upgrade", async () => {
  await older();
  const before = contents();
  await expect(upgradeDatabase(uri, path)).rejects.toThrow("exists already");
  await expect(upgradeDatabase(uri, join(folder, "no", "such", "before.db"))).rejects.toThrow();
  expect(contents()).toEqual(before);
});

import { copyFile, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import { experimentId } from "@esteira/core/ids";
import Libsql from "libsql";
import { afterEach, beforeEach, expect, test } from "vitest";
import { MLFLOW_REVISION } from "../database/mlflow-revision.ts";
import { openStore } from "../open.ts";

const artifactRoot = "mlflow-artifacts:/";
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-open-"));
});
afterEach(() => rm(folder, { recursive: true }));

const open = (path: string) => openStore({ uri: `sqlite:///${path}`, artifactRoot, clock: () => 1234 });
const query = (path: string, sql: string): unknown[] => {
  const database = new Libsql(path);
  try {
    return database.prepare(sql).raw().all();
  } finally {
    database.close();
  }
};

test("a new file, in folders that did not exist, has the whole schema of MLflow and its first rows", async () => {
  const path = join(folder, "a", "b", "esteira.db");
  const store = await open(path);
  expect(await store.getExperiment(experimentId("0"))).toMatchObject({ name: "Default", creationTime: 1234 });
  await store.close();
  expect(query(path, "select count(*) from sqlite_master where type = 'table' and name not like 'esteira_%'")).toEqual([
    [65],
  ]);
  expect(query(path, "select version_num from alembic_version")).toEqual([[MLFLOW_REVISION]]);
  expect(query(path, "select name from workspaces")).toEqual([["default"]]);
  expect(query(path, "pragma journal_mode")).toEqual([["wal"]]);
  const ours = query(path, "select name from sqlite_master where type = 'index' and name like 'esteira_%'");
  expect(ours.length).toBeGreaterThan(0);
});

test("an existing file keeps its rows, and after closing the file alone holds them", async () => {
  const path = join(folder, "esteira.db");
  const first = await open(path);
  const id = await first.createExperiment({ name: "kept", tags: [] });
  await first.close();
  const copy = join(folder, "copy.db");
  await copyFile(path, copy);
  const second = await open(copy);
  expect((await second.getExperimentByName("kept")).experimentId).toBe(id);
  await second.close();
});

test("several stores open one new file at once", async () => {
  const path = join(folder, "esteira.db");
  const stores = await Promise.all([open(path), open(path), open(path)]);
  const ids = await Promise.all(stores.map((store, index) => store.createExperiment({ name: `e${index}`, tags: [] })));
  expect(new Set(ids).size).toBe(3);
  await Promise.all(stores.map((store) => store.close()));
});

async function refusal(path: string): Promise<EsteiraError> {
  const error = await open(path).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (error instanceof EsteiraError) return error;
  throw new Error(`opening ${path} gave ${String(error)}`);
}

test("another revision is refused in one sentence, and nothing is added to it", async () => {
  const path = join(folder, "old.db");
  const old = new Libsql(path);
  old.exec("create table alembic_version (version_num text); insert into alembic_version values ('abc123')");
  old.close();
  const error = await refusal(path);
  expect(error.code).toBe("INVALID_STATE");
  expect(error.message).toMatch(/has the schema revision abc123, and Esteira works with dc11669786a5 \(MLflow 3\.17\)/);
  expect(query(path, "select name from sqlite_master")).toEqual([["alembic_version"]]);
});

test("another program's database, and a file that is none, are refused", async () => {
  const other = join(folder, "other.db");
  const database = new Libsql(other);
  database.exec("create table notes (text text)");
  database.close();
  expect((await refusal(other)).message).toContain("is not MLflow's");

  const text = join(folder, "text.db");
  await writeFile(text, "not a database, but long enough to be read as one".repeat(100));
  const before = await readFile(text);
  expect((await refusal(text)).message).toContain("is not a SQLite database");
  expect(await readFile(text)).toEqual(before);

  expect((await refusal(folder)).message).toContain("cannot be opened");
  expect((await refusal(join(text, "below.db"))).message).toContain("cannot be opened");
});

test("a database that another process holds is unavailable, not broken", async () => {
  const path = join(folder, "esteira.db");
  const store = await open(path);
  const other = new Libsql(path);
  other.exec("begin immediate");
  const refused = await store.createExperiment({ name: "held", tags: [] }).catch((error: unknown) => error);
  expect(refused).toMatchObject({
    code: "TEMPORARILY_UNAVAILABLE",
    message: expect.stringContaining("Another process holds"),
  });
  expect((await store.searchExperiments({ maxResults: 10 })).items).toHaveLength(1);
  other.exec("rollback");
  other.close();
  await store.createExperiment({ name: "held", tags: [] });
  await store.close();
}, 20_000);

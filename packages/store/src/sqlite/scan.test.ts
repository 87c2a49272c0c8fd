import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runId } from "@esteira/core/ids";
import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { historyJson } from "../tracking/metrics.ts";
import { positionsOf } from "../tracking/new-points.ts";
import { openSqliteDatabase } from "./open-database.ts";

let folder: string;
let session: Session;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-scan-"));
  session = await openSqliteDatabase(join(folder, "scan.db"), createContext({ artifactRoot: "mlflow-artifacts:/" }));
});
afterAll(async () => {
  await session.close();
  await rm(folder, { recursive: true });
});

const countTo = (most: number) => sql<{ n: number }>`
  with recursive t (n) as (select 1 union all select n + 1 from t where n < ${most}) select max(n) as n from t`;
const addExperiment = (name: string) =>
  session.write((db) => sql`insert into experiments (name, lifecycle_stage) values (${name}, 'active')`.execute(db));
const names = (work: Session["read"]) =>
  work(async (db) => (await sql<{ name: string }>`select name from experiments order by name`.execute(db)).rows);

test("reads and writes do not wait for a scan, nor a second scan for the first", async () => {
  const ended: string[] = [];
  const note = (name: string) => () => void ended.push(name);
  const long = session.scan((db) => countTo(8_000_000).execute(db)).then(note("long scan"));
  await addExperiment("meanwhile").then(note("write"));
  expect(await names(session.read)).toContainEqual({ name: "meanwhile" });
  note("read")();
  expect(await names(session.scan)).toContainEqual({ name: "meanwhile" });
  note("scan")();
  await long;
  expect(ended).toEqual(["write", "read", "scan", "long scan"]);
});

test("more scans than threads take turns", async () => {
  const found = await Promise.all([1, 2, 3, 4, 5, 6].map((most) => session.scan((db) => countTo(most).execute(db))));
  expect(found.map(({ rows }) => rows[0]?.n)).toEqual([1, 2, 3, 4, 5, 6]);
});

test("a scan sees one state of the database", async () => {
  const seen = await session.scan(async (db) => {
    const read = async () => (await sql<{ n: number }>`select count(*) as n from experiments`.execute(db)).rows[0]?.n;
    const before = await read();
    await addExperiment("between");
    return [before, await read()];
  });
  expect(seen[0]).toBe(seen[1]);
  expect(await names(session.scan)).toContainEqual({ name: "between" });
});

test("a scan keeps all digits, minds case, writes nothing, and says what was wrong", async () => {
  const wide = 9_007_199_254_740_993n;
  await session.write((db) => sql`update experiments set creation_time = ${wide} where name = 'between'`.execute(db));
  const { rows } = await session.scan((db) =>
    sql`select creation_time, name like 'BETWEEN' as alike from experiments where name = ${"between"}`.execute(db),
  );
  expect(rows).toEqual([{ creation_time: wide, alike: 0 }]);
  await expect(session.scan((db) => sql`delete from experiments`.execute(db))).rejects.toMatchObject({
    code: "TEMPORARILY_UNAVAILABLE",
  });
  await expect(session.scan((db) => sql`select absent`.execute(db))).rejects.toThrow("no such column: absent");
  expect(await names(session.scan)).toHaveLength(3);
});

test("news from too long ago are not looked for among all rows", async () => {
  const run = runId("1".repeat(32));
  const fill = (from: number, to: number) =>
    session.write(async (db) => {
      await sql`insert into metrics ("key", value, timestamp, step, run_uuid)
        select 'm', value, value, value, ${run} from generate_series(${from}, ${to})`.execute(db);
    });
  const wanted = { runIds: [run], most: 10 };
  const since = (position: string) => session.read((db) => positionsOf(db).since(db, position, wanted));
  await session.write((db) =>
    sql`insert into runs (run_uuid, experiment_id, lifecycle_stage) values (${run}, 0, 'active')`.execute(db),
  );
  const begin = await session.read((db) => positionsOf(db).now(db));
  await fill(1, 10);
  expect((await since(begin))?.map((point) => point.step)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
  await fill(11, 200_010);
  const late = await session.read((db) => positionsOf(db).now(db));
  await fill(200_011, 200_012);
  expect(await since(begin)).toBeUndefined();
  expect((await since(late))?.map((point) => point.step)).toEqual([200_011, 200_012]);
});

test("closing waits for a scan, and leaves no thread behind", async () => {
  const own = await openSqliteDatabase(join(folder, "own.db"), createContext({ artifactRoot: "mlflow-artifacts:/" }));
  const scan = own.scan((db) => countTo(1_000_000).execute(db));
  await own.scan((db) => countTo(3).execute(db));
  await own.close();
  expect((await scan).rows).toEqual([{ n: 1_000_000 }]);
});

test("a history that somebody else has put infinities into is JSON all the same", async () => {
  const run = runId("0".repeat(32));
  await session.write(async (db) => {
    await sql`insert into runs (run_uuid, experiment_id, lifecycle_stage) values (${run}, 0, 'active')`.execute(db);
    for (const value of ["9e999", "-9e999", "0.5"]) {
      await sql`insert into metrics ("key", value, timestamp, step, run_uuid)
        values (${"Infinity:Inf"}, ${sql.raw(value)}, 1, 0, ${run})`.execute(db);
    }
  });
  const json = await session.scan((db) => historyJson(db, run, "Infinity:Inf"));
  expect(JSON.parse(`[${new TextDecoder().decode(json)}]`)).toEqual(
    [-Number.MAX_VALUE, 0.5, Number.MAX_VALUE].map((value) => ({ key: "Infinity:Inf", value, timestamp: 1, step: 0 })),
  );
});

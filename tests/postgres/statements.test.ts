import { createContext } from "@esteira/store/database/context";
import { openSession } from "@esteira/store/open";
import { findPostgres, type PostgresCluster, startCluster } from "@esteira/store/testing/postgres-cluster";
import { query } from "@esteira/store/testing/test-database";
import { sql } from "kysely";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const postgres = await findPostgres();

type Session = Awaited<ReturnType<typeof openSession>>;

/** Works that follow each other use one connection of the pool: what it has prepared is what the next work finds. */
describe.skipIf("missing" in postgres)("statements that come again", () => {
  let cluster: PostgresCluster;
  let databases = 0;
  beforeAll(async () => {
    if ("missing" in postgres) return;
    cluster = await startCluster(postgres.bin);
  });
  afterAll(() => cluster?.remove());

  async function open(options = ""): Promise<{ session: Session; uri: string }> {
    databases += 1;
    await cluster.createDatabase(`statements${databases}`);
    const uri = cluster.uri(`statements${databases}`);
    const session = await openSession(`${uri}${options}`, createContext({ artifactRoot: "mlflow-artifacts:/" }));
    return { session, uri };
  }

  const prepared = (session: Session) =>
    session.read(async (db) => {
      const { rows } = await sql<{ name: string; statement: string; used: number }>`
        select name, statement, (generic_plans + custom_plans)::int as used from pg_prepared_statements`.execute(db);
      return rows;
    });
  const byId = (session: Session, id: number) =>
    session.read((db) =>
      db.selectFrom("experiments").select("name").where("experiment_id", "=", id).executeTakeFirst(),
    );
  const addSecret = (session: Session, name: string) =>
    session.write(async (db) => {
      await db.insertInto("esteira_secrets").values({ name, value: "x" }).execute();
    });

  test("are prepared once a connection, under a name that only their text makes", async () => {
    const { session } = await open();
    for (let count = 0; count < 20; count++)
      expect(await byId(session, count % 2)).toEqual(count % 2 === 0 ? { name: "Default" } : undefined);
    const found = (await prepared(session)).filter(({ statement }) => statement.includes('from "experiments"'));
    expect(found).toEqual([
      { name: expect.stringMatching(/^esteira_[\w-]{32}$/), statement: expect.any(String), used: 18 },
    ]);
    const other = await open();
    for (let count = 0; count < 3; count++) await byId(other.session, 0);
    expect((await prepared(other.session)).map(({ name }) => name)).toContain(found[0]?.name);
    await session.close();
    await other.session.close();
  });

  test("are planned for their values when they search or count, and do not pile up", async () => {
    const { session } = await open();
    for (let count = 0; count < 10; count++) {
      await session.read((db) => sql`select name from experiments where experiment_id >= ${count} limit 5`.execute(db));
      await session.read((db) => sql`select count(*) from experiments where experiment_id >= ${count}`.execute(db));
    }
    for (let text = 0; text < 300; text++) {
      for (let count = 0; count < 3; count++) {
        await session.read((db) => sql`select ${sql.raw(String(text))} + ${count}::int`.execute(db));
      }
    }
    const found = await prepared(session);
    expect(found.filter(({ statement }) => /limit|count\(/.test(statement))).toEqual([]);
    expect(found).toHaveLength(200);
    await session.close();
  });

  test("are never prepared when the URI says so", async () => {
    const { session } = await open("?prepared_statements=off");
    for (let count = 0; count < 20; count++) await byId(session, 0);
    expect(await prepared(session)).toEqual([]);
    await session.close();
    await expect(open("?prepared_statements=maybe")).rejects.toThrow(
      "Unknown prepared_statements 'maybe' in the PostgreSQL URI; use on or off.",
    );
  });

  test("are done once, and not prepared again, when somebody between has lost them", async () => {
    const { session, uri } = await open();
    for (let count = 0; count < 10; count++) await addSecret(session, `before ${count}`);
    expect((await prepared(session)).length).toBeGreaterThan(0);
    // As a pool between does that gives the next transaction another connection.
    await session.read((db) => sql`deallocate all`.execute(db));
    await addSecret(session, "after");
    for (let count = 0; count < 10; count++) await addSecret(session, `later ${count}`);
    expect(await prepared(session)).toEqual([]);
    expect(
      await query(uri, "select count(*)::int as n from esteira_secrets where name ~ '^(before|after|later)'"),
    ).toEqual([{ n: 21 }]);
    await session.close();
  });

  test("go on when a table changes under them", async () => {
    const { session, uri } = await open();
    const whole = () =>
      session.read((db) => db.selectFrom("esteira_secrets").selectAll().where("name", "=", "x").execute());
    await addSecret(session, "x");
    for (let count = 0; count < 10; count++) expect(await whole()).toHaveLength(1);
    await query(uri, "alter table esteira_secrets add column more text");
    expect(await whole()).toEqual([{ name: "x", value: "x", more: null }]);
    await session.close();
  });
});

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import { experimentId } from "@esteira/core/ids";
import { openStore } from "@esteira/store/open";
import { findPostgres, type PostgresCluster, startCluster } from "@esteira/store/testing/postgres-cluster";
import { query } from "@esteira/store/testing/test-database";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const postgres = await findPostgres();
const artifactRoot = "mlflow-artifacts:/";
const open = (uri: string) => openStore({ uri, artifactRoot });

async function opens(uri: string): Promise<void> {
  const store = await open(uri);
  expect((await store.getExperiment(experimentId("0"))).name).toBe("Default");
  await store.close();
}

async function refusal(uri: string): Promise<string> {
  const error = await open(uri).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof EsteiraError)) throw new Error(`opening ${uri} gave ${String(error)}`);
  expect(error.code).toMatch(/^(INVALID_STATE|INVALID_PARAMETER_VALUE|TEMPORARILY_UNAVAILABLE)$/);
  return error.message;
}

/** A certificate authority, and a certificate of it for `localhost`. */
async function certificates(folder: string) {
  const ssl = (...args: string[]): void => void execFileSync("openssl", args, { cwd: folder, stdio: "ignore" });
  const key = ["-newkey", "rsa:2048", "-nodes", "-days", "2"];
  ssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=test authority");
  ssl("req", ...key.slice(0, 3), "-keyout", "server.key", "-out", "server.csr", "-subj", "/CN=localhost");
  ssl(
    "x509",
    "-req",
    "-in",
    "server.csr",
    "-CA",
    "ca.crt",
    "-CAkey",
    "ca.key",
    "-CAcreateserial",
    "-out",
    "server.crt",
  );
  const text = (name: string) => readFile(join(folder, name), "utf8");
  return { ca: join(folder, "ca.crt"), key: await text("server.key"), crt: await text("server.crt") };
}

describe.skipIf("missing" in postgres)("opening a PostgreSQL database", () => {
  let folder: string;
  let plain: PostgresCluster;
  let secure: PostgresCluster;
  let ca: string;

  beforeAll(async () => {
    if ("missing" in postgres) return;
    folder = await mkdtemp(join(tmpdir(), "esteira-opening-"));
    plain = await startCluster(postgres.bin, {
      hba: "local all all trust\nhost all esteira 127.0.0.1/32 trust\nhost all all 127.0.0.1/32 scram-sha-256\n",
    });
    const made = await certificates(folder);
    ca = made.ca;
    secure = await startCluster(postgres.bin, {
      settings: { ssl: "on" },
      hba: "hostssl all all 127.0.0.1/32 trust\nhost postgres esteira 127.0.0.1/32 trust\n",
      files: { "server.key": made.key, "server.crt": made.crt },
    });
    await query(secure.uri("postgres"), "create database mlflow");
    for (const sql of [
      "create role ana login password 's@/cret'",
      "create role guest login password 'guest'",
      "create database anas owner ana",
    ]) {
      await query(plain.uri("postgres"), sql);
    }
  });
  afterAll(async () => {
    await plain?.remove();
    await secure?.remove();
    await rm(folder, { recursive: true });
  });

  const at = (user: string, database: string, rest = "") =>
    `postgresql://${user}@127.0.0.1:${plain.port}/${database}${rest}`;

  test("a user with a password, by TCP and by the server's socket", async () => {
    await opens(at("ana:s%40%2Fcret", "anas"));
    await opens(`postgres://ana@/anas?host=${plain.socketFolder}&port=${plain.port}`);
    await opens(`postgresql+psycopg2://ana@/anas?host=${plain.socketFolder}&port=${plain.port}&application_name=x`);
  });

  test("what is wrong with a URI is said in one sentence, without the password", async () => {
    const wrong = await refusal(at("ana:nonsense", "anas"));
    expect(wrong).toMatch(
      /^The PostgreSQL server 127\.0\.0\.1:\d+\/anas refuses the user: .*password authentication failed/,
    );
    expect(wrong).not.toContain("nonsense");
    expect(await refusal(at("esteira", "nowhere"))).toMatch(/has no database 127\.0\.0\.1:\d+\/nowhere: create it/);
    expect(await refusal("postgresql://esteira@127.0.0.1:1/x")).toContain("cannot be reached");
    expect(await refusal("postgresql://esteira@no-such-host.invalid/x")).toContain("cannot be reached");
    expect(await refusal(at("esteira", "anas", "?sslmode=nonsense"))).toContain("Unknown sslmode 'nonsense'");
    expect(await refusal(at("esteira", "anas", "?nonsense=1"))).toContain("Unsupported option 'nonsense'");
    expect(await refusal(at("guest:guest", "anas"))).toContain("lacks a privilege");
  });

  test("tables of another program, and another revision, are left alone", async () => {
    const other = plain.uri("other");
    await query(plain.uri("postgres"), "create database other");
    await query(other, "create table notes (text text)");
    expect(await refusal(other)).toContain("is not MLflow's: it has tables and no alembic_version");
    await query(other, "create table alembic_version (version_num text)");
    await query(other, "insert into alembic_version values ('abc123')");
    expect(await refusal(other)).toMatch(/has the schema revision abc123, and Esteira works with dc11669786a5/);
    expect(
      await query(other, "select relname from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace"),
    ).toHaveLength(2);
    // A schema of its own is a place for MLflow's tables beside another program's.
    await query(other, "create schema mlflow");
    await opens(`${other}?options=-csearch_path%3Dmlflow`);
    await opens(`${other}?options=-csearch_path%3Dmlflow`);
  });

  test("TLS as sslmode asks for it", async () => {
    const uri = (host: string, rest: string) => `postgresql://esteira@${host}:${secure.port}/mlflow${rest}`;
    await opens(uri("127.0.0.1", ""));
    await opens(uri("127.0.0.1", "?sslmode=allow"));
    await opens(uri("127.0.0.1", "?sslmode=require"));
    await opens(uri("localhost", `?sslmode=verify-full&sslrootcert=${ca}`));
    await opens(uri("127.0.0.1", `?sslmode=verify-ca&sslrootcert=${ca}`));
    expect(await refusal(uri("127.0.0.1", `?sslmode=verify-full&sslrootcert=${ca}`))).toContain("No TLS connection");
    expect(await refusal(uri("localhost", "?sslmode=verify-full&sslrootcert=system"))).toContain("No TLS connection");
    expect(await refusal(uri("localhost", "?sslmode=verify-ca&sslrootcert=/no/such/file"))).toContain("cannot be read");
    expect(await refusal(uri("127.0.0.1", "?sslmode=disable"))).toContain("refuses the user");
    expect(await refusal(at("esteira", "anas", "?sslmode=require"))).toContain("No TLS connection");
  });

  test("what the columns cannot hold is a bad request, and no fault of the server", async () => {
    const store = await open(plain.uri("anas"));
    const { info } = await store.createRun({ experimentId: experimentId("0"), userId: "", startTime: 1, tags: [] });
    const code = (call: Promise<unknown>) =>
      call.then(
        () => "none",
        (error: { code?: string }) => error.code,
      );
    const param = (value: string) =>
      store.logBatch(info.runId, { metrics: [], params: [{ key: "p", value }], tags: [] });
    expect(await code(param("a\u0000b"))).toBe("BAD_REQUEST");
    await param("ab");
    expect(await code(store.createExperiment({ name: "n".repeat(300), tags: [] }))).toBe("BAD_REQUEST");
    expect(await code(store.getExperiment(experimentId("9999999999")))).toBe("RESOURCE_DOES_NOT_EXIST");
    const search = (filter: string) => store.searchRuns({ experimentIds: [experimentId("0")], filter });
    expect(await code(search("params.p LIKE 'a\\'"))).toBe("BAD_REQUEST");
    expect(await code(search("start_time > 99999999999999999999"))).toBe("none");
    expect(await code(search("start_time > 1.5"))).not.toBe("INTERNAL_ERROR");
    expect((await search("start_time >= 1")).items).toHaveLength(1);
    await store.close();
  });
});

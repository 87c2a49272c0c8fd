import { access, mkdtemp, rm } from "node:fs/promises";
import { request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { type RunningServer, type StartOptions, startServer } from "./start.ts";

let home: string;
const running: RunningServer[] = [];

beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "esteira-start-"));
});
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
  await rm(home, { recursive: true, force: true });
});

const start = async (port = 0) => {
  const server = await startServer({
    host: "127.0.0.1",
    port,
    backendStoreUri: `sqlite:///${join(home, "esteira.db")}`,
    artifactsDestination: join(home, "artifacts"),
  });
  running.push(server);
  return server;
};

it("serves a new database on a free port, and finds everything again after a restart", async () => {
  const first = await start();
  const create = await fetch(`${first.url}/api/2.0/mlflow/experiments/create`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ name: "kept" }),
  });
  expect(await create.json()).toEqual({ experiment_id: "1" });
  await first.close();
  running.pop();
  const second = await start();
  const found = await fetch(`${second.url}/api/2.0/mlflow/experiments/get-by-name?experiment_name=kept`);
  expect(await found.json()).toMatchObject({ experiment: { artifact_location: "mlflow-artifacts:/1" } });
});

it("refuses a busy port in one sentence", async () => {
  const first = await start();
  const port = Number(new URL(first.url).port);
  await expect(start(port)).rejects.toThrow(`Port ${port} on 127.0.0.1 is already in use`);
});

it("answers what is under way before it closes", async () => {
  const server = await start();
  running.pop();
  const url = `${server.url}/api/2.0/mlflow-artifacts/artifacts/0/r/artifacts/slow.txt`;
  const body = new ReadableStream({
    async start(controller) {
      controller.enqueue(new TextEncoder().encode("first "));
      await new Promise((resolve) => setTimeout(resolve, 300));
      controller.enqueue(new TextEncoder().encode("last"));
      controller.close();
    },
  });
  const upload = fetch(url, { method: "PUT", body, duplex: "half" } as RequestInit);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const closed = server.close();
  expect((await upload).status).toBe(200);
  await closed;
  await expect(fetch(url)).rejects.toThrow();
});

it("creates nothing when an option is wrong", async () => {
  const options = { host: "127.0.0.1", port: 0, artifactsDestination: "gs://bucket" };
  const database = join(home, "none.db");
  await expect(startServer({ ...options, backendStoreUri: `sqlite:///${database}` })).rejects.toThrow(
    "Unsupported artifact location",
  );
  await expect(access(database)).rejects.toThrow();
});

describe("access", () => {
  const options = () => ({
    port: 0,
    backendStoreUri: `sqlite:///${join(home, "access.db")}`,
    artifactsDestination: join(home, "artifacts"),
  });
  const begin = async (more: Omit<StartOptions, "port" | "backendStoreUri" | "artifactsDestination">) => {
    const server = await startServer({ ...options(), ...more });
    running.push(server);
    return server;
  };

  it.each(["0.0.0.0", "::", "10.0.0.1", "mlflow.example", "127.0.0.1.evil.example"])(
    "is asked for before the server listens on %s",
    async (host) => {
      await expect(startServer({ ...options(), host })).rejects.toThrow("--insecure-allow-anonymous");
      await expect(access(join(home, "access.db"))).rejects.toThrow();
    },
  );

  it("may be left out, if one says so", async () => {
    const server = await begin({ host: "0.0.0.0", allowAnonymous: true });
    expect((await fetch(`${server.url}/api/2.0/mlflow/experiments/get?experiment_id=0`)).status).toBe(200);
    expect(await (await fetch(`${server.url}/api/esteira/v1/access`)).json()).toEqual({ enabled: false });
    const users = await fetch(`${server.url}/api/2.0/mlflow/users/list`);
    expect(users.status).toBe(501);
    expect(await users.text()).toContain("access control is off");
  });

  it("begins with a token that makes the first admin, once", async () => {
    const server = await begin({ host: "0.0.0.0", access: {} });
    expect((await fetch(`${server.url}/api/2.0/mlflow/experiments/get?experiment_id=0`)).status).toBe(401);
    // MLflow has this one in its API 3.0 only.
    expect((await fetch(`${server.url}/api/2.0/mlflow/users/permissions/list`)).status).toBe(404);
    const setUp = (token: string | undefined, username: string) =>
      fetch(`${server.url}/api/esteira/v1/access/setup`, {
        method: "POST",
        headers: { "content-type": "application/json" },
        body: JSON.stringify({ token, username, password: "a long enough password" }),
      });
    expect((await setUp("guess", "mallory")).status).toBe(401);
    const made = await setUp(server.setupToken, "ana");
    expect(await made.json()).toMatchObject({ user: { username: "ana", is_admin: true } });
    expect((await setUp(server.setupToken, "mallory")).status).toBe(401);
    await server.close();
    running.pop();
    const again = await begin({ host: "127.0.0.1", access: {} });
    expect(again.setupToken).toBeUndefined();
  });

  it("makes the first admin of MLflow's variables", async () => {
    const admin = { username: "root", password: "a long enough password" };
    const server = await begin({ host: "127.0.0.1", access: { admin } });
    expect(server.setupToken).toBeUndefined();
    const authorization = `Basic ${Buffer.from(`${admin.username}:${admin.password}`).toString("base64")}`;
    const current = await fetch(`${server.url}/api/2.0/mlflow/users/current`, { headers: { authorization } });
    expect(await current.json()).toEqual({ user: { id: 1, username: "root", is_admin: true }, is_basic_auth: true });
    await expect(
      startServer({
        ...options(),
        host: "127.0.0.1",
        backendStoreUri: `sqlite:///${join(home, "b.db")}`,
        access: { admin: { username: "root", password: "password1234" } },
      }),
    ).rejects.toThrow("tried first");
  });

  it("is reached at a public address, which must be one", async () => {
    const server = await begin({ host: "127.0.0.1", access: { publicUrl: "https://mlflow.example" } });
    const { status } = await new Promise<{ status: number }>((resolve, reject) => {
      request(`${server.url}/api/esteira/v1/access`, { headers: { host: "mlflow.example" } }, (answer) => {
        answer.resume();
        resolve({ status: answer.statusCode ?? 0 });
      })
        .once("error", reject)
        .end();
    });
    expect(status).toBe(200);
    await expect(startServer({ ...options(), host: "127.0.0.1", access: { publicUrl: "ftp://x" } })).rejects.toThrow(
      "no URL",
    );
  });
});

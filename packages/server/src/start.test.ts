import { access, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, it } from "vitest";
import { type RunningServer, startServer } from "./start.ts";

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

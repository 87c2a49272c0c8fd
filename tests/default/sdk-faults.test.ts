import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { startRun } from "@esteira/sdk/active-run";
import { createClient } from "@esteira/sdk/client";
import { createRunOnce } from "@esteira/sdk/create-run";
import { sendSpooled } from "@esteira/sdk/node/file-spool";
import { everyPage } from "@esteira/sdk/search";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

let folder: string;
let server: RunningServer;
const open = (port = 0) =>
  startServer({
    host: "127.0.0.1",
    port,
    backendStoreUri: `sqlite:///${join(folder, "esteira.db")}`,
    artifactsDestination: join(folder, "artifacts"),
  });

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-sdk-faults-"));
  server = await open();
});
afterEach(async () => {
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

async function stepsOf(url: string, id: Parameters<ReturnType<typeof createClient>["runs"]["get"]>[0], key: string) {
  const client = createClient({ baseUrl: url });
  const steps: number[] = [];
  for await (const { step } of everyPage((page) => client.runs.metricHistory({ runId: id, metricKey: key, ...page }))) {
    steps.push(Number(step));
  }
  return steps.sort((a, b) => a - b);
}

/** Hands requests on to the server, except that `lose` may swallow an answer after the server has given it. */
async function unreliable(lose: (method: string, path: string) => boolean) {
  const proxy = createServer((incoming, outgoing) => {
    const { hostname, port } = new URL(server.url);
    const { method = "GET", url = "/" } = incoming;
    const headers = { ...incoming.headers, host: `${hostname}:${port}` };
    const passed = request({ hostname, port, method, path: url, headers }, (answer) => {
      const chunks: Buffer[] = [];
      answer.on("data", (chunk: Buffer) => chunks.push(chunk));
      answer.on("end", () => {
        if (lose(method, url)) return void outgoing.socket?.destroy();
        outgoing.writeHead(answer.statusCode ?? 500, answer.headers).end(Buffer.concat(chunks));
      });
    });
    incoming.pipe(passed);
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    close: () => {
      proxy.closeAllConnections();
      proxy.close();
    },
  };
}

describe("the client", () => {
  test("loses nothing when the server restarts in the middle of a run, and never waits for it", async () => {
    const client = createClient({ baseUrl: server.url });
    const port = Number(new URL(server.url).port);
    const experimentId = await client.experiments.ensure("restart");
    const id = await startRun({ client, experimentId }, async (run) => {
      for (let step = 0; step < 500; step++) run.logMetric("loss", 1, step);
      await run.flush();
      await server.close();
      for (let step = 500; step < 1800; step++) run.logMetric("loss", 1, step);
      await new Promise((resolve) => setTimeout(resolve, 400));
      server = await open(port);
      return run.id;
    });
    expect(await stepsOf(server.url, id, "loss")).toEqual(Array.from({ length: 1800 }, (_, step) => step));
  });

  test("makes one run where the answer to its making was lost", async () => {
    let lost = 0;
    const proxy = await unreliable((_, path) => path.includes("runs/create") && lost++ === 0);
    try {
      const client = createClient({ baseUrl: proxy.url });
      const experimentId = await client.experiments.ensure("once");
      const run = await createRunOnce(client, { experimentId, startTime: 1, runName: "one" });
      const { items } = await client.runs.search({ experimentIds: [experimentId] });
      expect(items.map(({ info }) => info.runId)).toEqual([run.info.runId]);
      expect(lost).toBe(1);
    } finally {
      proxy.close();
    }
  });

  test("counts a metric once where the answer to its logging was lost", async () => {
    let lost = 0;
    const proxy = await unreliable((_, path) => path.includes("log-batch") && lost++ < 2);
    try {
      const client = createClient({ baseUrl: proxy.url });
      const experimentId = await client.experiments.ensure("batch");
      const id = await startRun({ client, experimentId }, async (run) => {
        for (let step = 0; step < 20; step++) run.logMetric("loss", step, step);
        return run.id;
      });
      expect(await stepsOf(server.url, id, "loss")).toHaveLength(20);
      expect(lost).toBeGreaterThan(2);
    } finally {
      proxy.close();
    }
  });

  test("sends what a process has logged that was killed before it was acknowledged", async () => {
    const spool = join(folder, "spool");
    const script = `
      import { createClient } from "@esteira/sdk/client";
      import { startRun } from "@esteira/sdk/active-run";
      import { fileSpool } from "@esteira/sdk/node/file-spool";
      const [url, spool] = process.argv.slice(-2);
      const client = createClient({ baseUrl: url });
      const experimentId = await client.experiments.ensure("killed");
      await startRun({ client, experimentId, spool: (id) => fileSpool(spool, id) }, async (run) => {
        for (let step = 0; step < 100; step++) run.logMetric("loss", 1, step);
        console.log(run.id);
        process.kill(process.pid, "SIGKILL");
        await new Promise(() => {});
      });`;
    const child = spawn(
      process.execPath,
      [
        "--conditions=@esteira/source",
        "--import",
        "tsx",
        "--input-type=module",
        "--eval",
        script,
        "--",
        server.url,
        spool,
      ],
      { cwd: fileURLToPath(new URL("../..", import.meta.url)), stdio: ["ignore", "pipe", "inherit"] },
    );
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    await once(child, "close");
    const client = createClient({ baseUrl: server.url });
    const { items } = await client.runs.search({ experimentIds: [await client.experiments.ensure("killed")] });
    const id = items[0]!.info.runId;
    expect(said.trim()).toBe(id);
    expect(await stepsOf(server.url, id, "loss")).toEqual([]);
    expect(await sendSpooled(client, spool)).toBe(100);
    expect(await stepsOf(server.url, id, "loss")).toHaveLength(100);
    expect(await readdir(spool)).toEqual([]);
    expect(await sendSpooled(client, spool)).toBe(0);
  });
});

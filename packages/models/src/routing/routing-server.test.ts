import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { type AddressInfo, connect } from "node:net";
import type { Routes } from "@esteira/core/wire/routes";
import { afterEach, describe, expect, it } from "vitest";
import { type RoutingServer, type RoutingServerOptions, startRoutingServer } from "./routing-server.ts";

const closing: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closing.splice(0).reverse()) await close();
});

type Handler = (request: IncomingMessage, body: string, response: ServerResponse) => void;

const answerWith =
  (...predictions: readonly number[]): Handler =>
  (request, _, response) => {
    response.setHeader("content-type", "application/json");
    response.end(request.url === "/ping" ? "\n" : JSON.stringify({ predictions }));
  };

/** A server that stands where a model's would. */
async function modelServer(
  handler: Handler,
  port = 0,
): Promise<{ url: string; server: Server; port: number; asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    let body = "";
    request.on("data", (part: Buffer) => (body += part.toString()));
    request.on("end", () => {
      if (request.url !== "/ping") asked.push(body);
      handler(request, body, response);
    });
  });
  server.listen(port, "127.0.0.1");
  await once(server, "listening");
  const { port: found } = server.address() as AddressInfo;
  closing.push(async () => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${found}`, server, port: found, asked };
}

/** The address of a process that listens and never accepts, with as many waiting as it may have: who comes now is not heard. */
async function fullServer(): Promise<string> {
  const script = `const server = require("node:net").createServer().listen(0, "127.0.0.1", 1, () => console.log(server.address().port));`;
  const child = spawn(process.execPath, ["-e", script], { stdio: ["ignore", "pipe", "inherit"] });
  const [line] = (await once(child.stdout, "data")) as [Buffer];
  child.kill("SIGSTOP");
  const port = Number(line.toString());
  const waiting = Array.from({ length: 8 }, () => connect(port, "127.0.0.1").on("error", () => {}));
  closing.push(async () => {
    for (const socket of waiting) socket.destroy();
    const exited = once(child, "exit");
    child.kill("SIGKILL");
    await exited;
  });
  await expect.poll(() => waiting.filter(({ pending }) => pending).length).toBeLessThan(waiting.length);
  return `http://127.0.0.1:${port}`;
}

async function router(routes: Routes, options: Partial<RoutingServerOptions> = {}): Promise<RoutingServer> {
  const started = await startRoutingServer({
    routes,
    host: "127.0.0.1",
    port: 0,
    bodyLimit: 1 << 20,
    maxInFlight: 64,
    timeoutMs: 5000,
    ...options,
  });
  closing.push(() => started.close());
  return started;
}

const route = (url: string, version = 1) => ({ url, model: `models:/pix/${version}` });
const invoke = (address: string, key?: string, body = '{"inputs":[[1]]}') =>
  fetch(`${address}/invocations`, {
    method: "POST",
    headers: { "content-type": "application/json", ...(key !== undefined && { "x-esteira-key": key }) },
    body,
  });
const observed = async (address: string) => (await fetch(`${address}/esteira/observation`)).json();

describe("startRoutingServer", () => {
  it("forwards what it is asked, whole, and answers as the model's server did", async () => {
    const seen: { method?: string; url?: string; id?: string; hop?: string }[] = [];
    const one = await modelServer((request, body, response) => {
      const { method, url, headers } = request;
      seen.push({ method, url, id: String(headers["x-request-id"]), hop: String(headers["x-hop"]) } as never);
      response.writeHead(422, { "content-type": "text/plain", "x-esteira-model": "pix/1" });
      response.end(`got ${body.length}`);
    });
    const { address } = await router({ generation: 1, primary: route(one.url) });
    const answer = await fetch(`${address}/v2/models/pix/infer?x=1`, {
      method: "POST",
      headers: { "x-request-id": "r-1" },
      body: "x".repeat(300_000),
    });
    expect([answer.status, await answer.text()]).toEqual([422, "got 300000"]);
    expect(answer.headers.get("x-esteira-model")).toBe("pix/1");
    expect(answer.headers.get("x-esteira-variant")).toBe("primary");
    expect(seen).toMatchObject([{ method: "POST", url: "/v2/models/pix/infer?x=1", id: "r-1" }]);
  });

  it("gives the canary its share, and each key always the same of the two", async () => {
    const [one, two] = [await modelServer(answerWith(0.1)), await modelServer(answerWith(0.9))];
    const at = (share: number, generation: number): Routes => ({
      generation,
      primary: route(one.url),
      canary: { ...route(two.url, 2), share },
    });
    const routing = await router(at(0.3, 1));
    const variants = async (): Promise<ReadonlyMap<string, string | null>> => {
      const found = new Map<string, string | null>();
      for (let i = 0; i < 200; i++)
        found.set(`payer-${i}`, (await invoke(routing.address, `payer-${i}`)).headers.get("x-esteira-variant"));
      return found;
    };
    const first = await variants();
    expect(await variants()).toEqual(first);
    const canaries = [...first].filter(([, variant]) => variant === "canary").map(([key]) => key);
    expect(canaries.length).toBeGreaterThan(40);
    expect(canaries.length).toBeLessThan(80);
    routing.direct(at(0.6, 2));
    const grown = await variants();
    for (const key of canaries) expect(grown.get(key)).toBe("canary");
    expect(await observed(routing.address)).toMatchObject({
      generation: 2,
      primary: { failed: 0 },
      canary: { failed: 0 },
    });
  });

  it.each([
    ["is not there", undefined],
    ["answers 503", 503],
    ["breaks off", 0],
  ])("answers from the primary when the canary %s, and counts it against the canary", async (_, status) => {
    const one = await modelServer(answerWith(0.1));
    const two = await modelServer((_request, _body, response) => {
      if (status === 0) {
        response.writeHead(200, { "content-length": 100 });
        response.write("part");
        response.socket?.destroy();
        return;
      }
      response.writeHead(status ?? 500);
      response.end();
    });
    if (status === undefined) {
      two.server.closeAllConnections();
      await new Promise((resolve) => two.server.close(resolve));
    }
    const { address } = await router({
      generation: 1,
      primary: route(one.url),
      canary: { ...route(two.url, 2), share: 1 },
    });
    for (let i = 0; i < 5; i++) {
      const answer = await invoke(address);
      expect([answer.status, await answer.json()]).toEqual([200, { predictions: [0.1] }]);
    }
    expect(await observed(address)).toMatchObject({
      primary: { requests: 5, failed: 0 },
      canary: { requests: 5, failed: 5 },
    });
  });

  it("passes on a refusal of the canary: both would refuse what the caller did wrong", async () => {
    const one = await modelServer(answerWith(0.1));
    const two = await modelServer((_request, _body, response) => {
      response.writeHead(400);
      response.end("no");
    });
    const { address } = await router({
      generation: 1,
      primary: route(one.url),
      canary: { ...route(two.url), share: 1 },
    });
    expect((await invoke(address)).status).toBe(400);
    expect(one.asked).toEqual([]);
  });

  it("shows the shadow what was asked, and compares the answers", async () => {
    const [one, shadow] = [await modelServer(answerWith(0.25, 0.5)), await modelServer(answerWith(0.25, 0.75))];
    const { address } = await router({ generation: 1, primary: route(one.url), shadow: route(shadow.url, 2) });
    for (let i = 0; i < 4; i++) expect(await (await invoke(address)).json()).toEqual({ predictions: [0.25, 0.5] });
    await expect
      .poll(() => observed(address), { timeout: 10_000 })
      .toMatchObject({ shadow: { compared: 4, failed: 0, difference: { max: 0.25 } } });
    expect(shadow.asked).toEqual(one.asked);
    expect(await (await fetch(`${address}/metrics`)).text()).toContain(
      'esteira_router_shadow_requests_total{outcome="compared"} 4',
    );
  });

  it("loses no request while the routes lead elsewhere and the former server goes", async () => {
    let current = await modelServer(answerWith(1));
    const routing = await router({ generation: 1, primary: route(current.url) });
    let isOver = false;
    const bad: unknown[] = [];
    let answered = 0;
    const load = Array.from({ length: 4 }, async () => {
      while (!isOver) {
        const answer = await invoke(routing.address).catch((error: unknown) => error);
        if (answer instanceof Response && answer.status === 200) {
          await answer.text();
          answered++;
        } else bad.push(answer);
      }
    });
    for (let generation = 2; generation < 22; generation++) {
      const next = await modelServer(answerWith(generation));
      routing.direct({ generation, primary: route(next.url, generation) });
      const former = current;
      current = next;
      const enough = answered + 5;
      while (answered < enough && bad.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => {
        former.server.close(resolve);
        former.server.closeIdleConnections();
      });
    }
    isOver = true;
    await Promise.all(load);
    expect(bad).toEqual([]);
    expect(answered).toBeGreaterThanOrEqual(100);
  }, 60_000);

  it("asks again where a kept connection was closed by a server that was started anew", async () => {
    const one = await modelServer(answerWith(1));
    const { address } = await router({ generation: 1, primary: route(one.url) });
    expect((await invoke(address)).status).toBe(200);
    one.server.closeAllConnections();
    await new Promise((resolve) => one.server.close(resolve));
    await modelServer(answerWith(2), one.port);
    expect(await (await invoke(address)).json()).toEqual({ predictions: [2] });
  });

  it("says that it is not ready, and why there is no answer, while nobody answers behind it", async () => {
    const gone = await modelServer(answerWith(1));
    await new Promise((resolve) => gone.server.close(resolve));
    const { address } = await router({ generation: 1, primary: route(gone.url) });
    const ping = await fetch(`${address}/ping`);
    expect(ping.status).toBe(503);
    const answer = await invoke(address);
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(await answer.json()).toMatchObject({
      error_code: "TEMPORARILY_UNAVAILABLE",
      message: expect.stringContaining("models:/pix/1 did not answer"),
    });
  });

  it("refuses bodies that are too large and callers who are too many", async () => {
    let release = (): void => undefined;
    const slow = await modelServer((_request, _body, response) => {
      release = () => response.end("{}");
    });
    const { address } = await router({ generation: 1, primary: route(slow.url) }, { bodyLimit: 1000, maxInFlight: 1 });
    const large = await invoke(address, undefined, "x".repeat(2000)).then(
      ({ status }) => status,
      () => 413,
    );
    expect(large).toBe(413);
    const first = invoke(address);
    await expect.poll(() => slow.asked.length, { timeout: 10_000 }).toBe(1);
    const second = await invoke(address);
    expect([second.status, second.headers.get("retry-after")]).toEqual([429, "1"]);
    release();
    expect((await first).status).toBe(200);
  });

  it("answers by the primary, and soon, where nobody lets the canary's callers in", async () => {
    const primary = await modelServer(answerWith(1));
    const { address } = await router(
      { generation: 1, primary: route(primary.url), canary: { ...route(await fullServer(), 2), share: 1 } },
      // Much longer than this test may take.
      { timeoutMs: 600_000 },
    );
    const answer = await invoke(address);
    expect([answer.status, answer.headers.get("x-esteira-variant")]).toEqual([200, "primary"]);
    expect(await observed(address)).toMatchObject({ canary: { requests: 1, failed: 1 } });
  });

  it("gives up an answer that does not come in time, once", async () => {
    const slow = await modelServer(() => undefined);
    const { address } = await router({ generation: 1, primary: route(slow.url) }, { timeoutMs: 200 });
    expect((await invoke(address)).status).toBe(503);
    expect(slow.asked).toHaveLength(1);
  });
});

import { once } from "node:events";
import { Agent, createServer, request } from "node:http";
import type { AddressInfo } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, expect, it } from "vitest";
import { type ConnectionLimits, followConnections } from "./connections.ts";

const closing: (() => void)[] = [];
afterEach(() => {
  for (const close of closing.splice(0)) close();
});

/** A server, and a caller that keeps one connection to it: what the connection header of an answer says. */
async function serving(limits: ConnectionLimits) {
  const server = createServer((_, response) => {
    if (connections.isLast(response.socket)) response.setHeader("connection", "close");
    response.end("answered");
  });
  const connections = followConnections(server, limits);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  closing.push(() => {
    agent.destroy();
    server.close();
  });
  const { port } = server.address() as AddressInfo;
  const ask = (): Promise<string | undefined> =>
    new Promise((done, fail) => {
      request({ host: "127.0.0.1", port, agent }, (answer) => {
        answer.resume().on("end", () => done(answer.headers.connection));
      })
        .on("error", fail)
        .end();
    });
  return { connections, ask };
}

it("lets a connection end with the first answer after its time", async () => {
  const { ask } = await serving({ ageMs: 400, lingerMs: 0 });
  expect(await ask()).toBe("keep-alive");
  await sleep(600);
  expect(await ask()).toBe("close");
  expect(await ask()).toBe("keep-alive");
});

it("waits until callers were told that the server ends, and not for those who ask no more", async () => {
  const { connections, ask } = await serving({ ageMs: 60_000, lingerMs: 60_000 });
  expect(await ask()).toBe("keep-alive");
  const drained = connections.drain();
  expect(await ask()).toBe("close");
  await drained;
  const idle = await serving({ ageMs: 60_000, lingerMs: 100 });
  await idle.ask();
  await idle.connections.drain();
});

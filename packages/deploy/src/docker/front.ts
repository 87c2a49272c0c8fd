/**
 * What stands before the containers of a deployment and keeps its port: it passes each request to the container that answers now, and
 * when that changes, to the next one, while the old one finishes what it has. So callers keep their connections and lose no request.
 * It runs by Node in a container of the image that it stands before, which has nothing else of ours in common with it; hence a text.
 */

import { type Head, PORT, ROUTER_SLOTS, SLOTS } from "./containers.ts";

/** Only for the front's own container. */
const CONTROL_PORT = 8081;

const DRAIN_MS = 30_000;

/** Another text is another front: it is replaced. */
export const FRONT_SOURCE = `
"use strict";
const http = require("node:http");
const dns = require("node:dns/promises");
let slot, address, stopping = false;
const busy = {};
const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const find = async (name) => (await dns.lookup(name, { family: 4 })).address;
const isReady = (host) => new Promise((resolve) => {
  const asked = http.get({ host, port: ${PORT}, path: "/ping", agent: false, timeout: 2000 }, (answer) => {
    answer.resume();
    resolve(answer.statusCode === 200);
  });
  asked.on("timeout", () => asked.destroy());
  asked.on("error", () => resolve(false));
});
const reach = async (name) => {
  const host = await find(name);
  if (!(await isReady(host))) throw new Error(name + " does not answer");
  return { name, host };
};
const choose = async (name) => {
  const found = await reach(name);
  slot = found.name;
  address = found.host;
};
// Started again, it knows nothing: where requests are split, through the router, else to the model that is there.
const look = async () => {
  while (slot === undefined) {
    const found = await Promise.all(${JSON.stringify([...ROUTER_SLOTS, ...SLOTS])}.map((name) => reach(name).catch(() => undefined)));
    const first = found.find((one) => one !== undefined);
    if (slot === undefined && first !== undefined) {
      slot = first.name;
      address = first.host;
    }
    if (slot === undefined) await pause(200);
  }
};
const refuse = (res, status, message) => {
  if (res.headersSent) return res.destroy();
  res.writeHead(status, { "content-type": "application/json", "retry-after": "1" });
  res.end(JSON.stringify({ error_code: "TEMPORARILY_UNAVAILABLE", message }));
};
const hop = ["connection", "keep-alive", "proxy-connection", "expect", "upgrade"];
const pass = (req, res, isAgain) => {
  if (slot === undefined) return refuse(res, 503, "No model answers here yet.");
  const own = slot;
  busy[own] = (busy[own] ?? 0) + 1;
  let isDone = false;
  const done = () => { if (!isDone) { isDone = true; busy[own] -= 1; } };
  const headers = { ...req.headers };
  for (const name of hop) delete headers[name];
  const sent = http.request({ host: address, port: ${PORT}, method: req.method, path: req.url, headers, agent: false });
  let isConnected = false;
  sent.on("socket", (socket) => socket.once("connect", () => {
    isConnected = true;
    req.pipe(sent);
  }));
  sent.on("response", (answer) => {
    const back = { ...answer.headers };
    for (const name of hop) delete back[name];
    if (stopping) back.connection = "close";
    res.writeHead(answer.statusCode, answer.statusMessage, back);
    answer.pipe(res);
    answer.on("error", () => res.destroy());
    answer.on("close", done);
  });
  sent.on("error", async () => {
    done();
    if (res.destroyed) return;
    // Nothing of the request has been read: its container may have another address since it was started again.
    if (isConnected || isAgain) return refuse(res, 502, "The model's container broke off.");
    await choose(own).catch(() => {});
    pass(req, res, true);
  });
  res.on("close", () => { if (!res.writableFinished) sent.destroy(); done(); });
};
const server = http.createServer((req, res) => pass(req, res, false));
server.keepAliveTimeout = 75000;
server.listen(${PORT});
const control = http.createServer(async (req, res) => {
  const name = req.url.slice(1);
  try {
    if (req.method === "PUT") {
      await choose(name);
      const others = () => Object.keys(busy).some((other) => other !== name && busy[other] > 0);
      for (const end = Date.now() + ${DRAIN_MS}; others() && Date.now() < end; ) await pause(10);
    }
    res.end(slot ?? "");
  } catch (error) {
    res.writeHead(503).end(String(error.message));
  }
});
control.listen(${CONTROL_PORT}, "127.0.0.1");
for (const signal of ["SIGTERM", "SIGINT"]) process.on(signal, () => {
  stopping = true;
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), 10000).unref();
});
look();
`;

/** Leads requests there; ends when all others have finished what they had. */
export const switchScript = (slot: Head): string => `
fetch("http://127.0.0.1:${CONTROL_PORT}/${slot}", { method: "PUT" }).then(async (answer) => {
  if (!answer.ok) { console.log(await answer.text()); process.exit(1); }
}, (error) => { console.log(String(error.message)); process.exit(1); });
`;

/** Ends with 0 as soon as what listens in this container is ready. */
export const readyScript = (seconds: number): string => `
(async () => {
  for (const end = Date.now() + ${seconds * 1000}; Date.now() < end; await new Promise((go) => setTimeout(go, 50))) {
    const isReady = await fetch("http://127.0.0.1:${PORT}/ping", { signal: AbortSignal.timeout(2000) }).then((answer) => answer.ok, () => false);
    if (isReady) process.exit(0);
  }
  process.exit(1);
})();
`;

/** Prints where the front leads; ends with 0 when what is there is ready within the time. For the front's own container. */
export const leadScript = (seconds: number): string => `
fetch("http://127.0.0.1:${CONTROL_PORT}/").then(async (answer) => console.log(await answer.text()), () => {}).then(() => {
${readyScript(seconds)}
});
`;

const printed = (path: string): string =>
  `fetch("http://127.0.0.1:${PORT}${path}").then(async (answer) => console.log(await answer.text()));`;
export const metricsScript = printed("/metrics");
export const observationScript = printed("/esteira/observation");

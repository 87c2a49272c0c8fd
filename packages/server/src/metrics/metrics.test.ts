import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, expect, it, vi } from "vitest";
import { type Harness, openHarness } from "../testing/harness.ts";

const M = "/api/2.0/mlflow";
const A = "/api/2.0/mlflow-artifacts/artifacts";
let server: Harness;
let port: number;

beforeAll(async () => {
  server = await openHarness({
    webhooks: { policy: { schemes: ["http"], allowPrivateAddresses: true }, timeoutMs: 5000 },
  });
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  const address = server.app.server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
});
afterAll(() => server.close());

/** Over a socket: what has no connection never ends one. */
function send(
  method: string,
  path: string,
  { body, headers = {} }: { body?: object; headers?: Record<string, string> } = {},
): Promise<{ status: number; text: string; type: string | undefined }> {
  return new Promise((resolve, reject) => {
    const json = body === undefined ? {} : { "content-type": "application/json" };
    const outgoing = httpRequest({ port, method, path, headers: { ...json, ...headers } }, (incoming) => {
      let text = "";
      incoming.setEncoding("utf8").on("data", (chunk: string) => {
        text += chunk;
      });
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, text, type: incoming.headers["content-type"] }),
      );
    });
    outgoing.on("error", reject);
    outgoing.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

const scrape = async () => (await send("GET", "/metrics")).text;
/** The value of one series, by its name and labels as they are written. */
const read = (text: string, series: string): number | undefined => {
  const line = text.split("\n").find((one) => one.startsWith(`${series} `));
  return line === undefined ? undefined : Number(line.slice(series.length + 1));
};
const requests = (method: string, route: string, status: string) =>
  `esteira_http_request_duration_seconds_count{method="${method}",route="${route}",status="${status}"}`;

it("counts requests by the template of their route and by status", async () => {
  for (const id of ["a", "b", "c"]) await send("GET", `${M}/logged-models/${id}`);
  await send("GET", `${M}/experiments/get?experiment_id=0`);
  await send("GET", "/no/such/path/1");
  await send("GET", "/no/such/path/2");
  await send("GET", "/", { headers: { host: "evil.example" } });
  const text = await scrape();
  expect(read(text, requests("GET", `${M}/logged-models/:model_id`, "404"))).toBe(3);
  expect(read(text, requests("GET", `${M}/experiments/get`, "200"))).toBe(1);
  expect(read(text, requests("GET", "none", "404"))).toBe(2);
  expect(read(text, requests("GET", "/", "403"))).toBe(1);
  expect(text).not.toContain("/no/such");
  // The scrape itself is under way.
  expect(read(text, "esteira_http_requests_in_flight")).toBe(1);
  expect(read(text, 'mlflow_http_request_total{method="GET",status="404"}')).toBe(5);
});

it("counts the bytes of artifacts in both directions", async () => {
  const received = 'esteira_artifact_bytes_total{direction="received"}';
  const sent = 'esteira_artifact_bytes_total{direction="sent"}';
  const before = await scrape();
  const body = "x".repeat(300_000);
  const put = await fetch(`http://127.0.0.1:${port}${A}/0/big.txt`, { method: "PUT", body });
  expect(put.status).toBe(200);
  const whole = await fetch(`http://127.0.0.1:${port}${A}/0/big.txt`);
  expect(await whole.text()).toBe(body);
  const part = await fetch(`http://127.0.0.1:${port}${A}/0/big.txt`, { headers: { range: "bytes=0-9" } });
  expect(await part.text()).toBe("x".repeat(10));
  const after = await scrape();
  expect(Number(read(after, received)) - Number(read(before, received))).toBe(300_000);
  expect(Number(read(after, sent)) - Number(read(before, sent))).toBe(300_010);
});

it("counts commits with the writes that shared them", async () => {
  const before = await scrape();
  await Promise.all(
    Array.from({ length: 20 }, (_, i) => send("POST", `${M}/experiments/create`, { body: { name: `together ${i}` } })),
  );
  const after = await scrape();
  const grown = (series: string) => Number(read(after, series)) - Number(read(before, series));
  expect(grown("esteira_database_commit_writes_sum")).toBe(20);
  expect(grown("esteira_database_commit_writes_count")).toBeGreaterThan(0);
  expect(grown("esteira_database_commit_duration_seconds_sum")).toBeGreaterThan(0);
  expect(read(after, "esteira_database_waiting")).toBe(0);
});

it("tells of the outbox of webhooks", async () => {
  // Nobody is there: the delivery is tried again later.
  const hook = {
    name: "hook",
    url: "http://127.0.0.1:1/",
    events: [{ entity: "REGISTERED_MODEL", action: "CREATED" }],
  };
  const made = await send("POST", `${M}/webhooks`, { body: hook });
  expect(made.status, made.text).toBe(200);
  await send("POST", `${M}/registered-models/create`, { body: { name: "pix" } });
  await vi.waitFor(
    async () => {
      const text = await scrape();
      expect(read(text, "esteira_webhook_deliveries_pending")).toBe(1);
      expect(read(text, 'esteira_webhook_attempts_total{outcome="retried"}')).toBeGreaterThan(0);
      expect(read(text, "esteira_webhook_oldest_pending_seconds")).toBeGreaterThan(0);
    },
    { timeout: 40_000, interval: 200 },
  );
});

it("counts a client that goes away before its answer, and does not count it as under way any more", async () => {
  await new Promise<void>((resolve) => {
    const socket = connect(port, "127.0.0.1", () => {
      socket.write(`PUT ${A}/0/cut.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\nabc`);
    });
    void vi
      .waitFor(async () => expect(read(await scrape(), "esteira_http_requests_in_flight")).toBe(2), 20_000)
      .finally(() => socket.destroy());
    socket.on("close", () => resolve());
  });
  await vi.waitFor(async () => {
    const text = await scrape();
    expect(read(text, requests("PUT", `${A}/*`, "aborted"))).toBe(1);
    expect(read(text, "esteira_http_requests_in_flight")).toBe(1);
  }, 20_000);
});

it("tells of the process, and is text that Prometheus reads", async () => {
  const { text, type } = await send("GET", "/metrics");
  expect(type).toBe("text/plain; version=0.0.4; charset=utf-8");
  for (const name of [
    "process_cpu_seconds_total",
    "process_start_time_seconds",
    "process_resident_memory_bytes",
    "nodejs_heap_size_used_bytes",
  ]) {
    expect(read(text, name), name).toBeGreaterThan(0);
  }
  expect(read(text, "nodejs_eventloop_lag_max_seconds")).toBeGreaterThanOrEqual(0);
  for (const line of text.trimEnd().split("\n")) {
    expect(line).toMatch(/^(# (HELP|TYPE) \w+ .+|\w+(\{\w+="[^"]*"(,\w+="[^"]*")*\})? -?[\d.e+-]+)$/);
  }
});

it("asks a caller for a token with the scope read when access is controlled", async () => {
  const guarded = await openHarness({ access: {} });
  expect(await guarded.call("GET", "/metrics")).toMatchObject({ status: 401 });
  await guarded.close();
});

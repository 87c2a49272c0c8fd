import { connect, type Socket } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import type { Method } from "../testing/harness.ts";
import { expectNoLeak, expectRefusal, openTarget, type Target } from "../testing/target.ts";

const M = "/api/2.0/mlflow";
const CREATE = `${M}/experiments/create`;
const JSON_TYPE = "Content-Type: application/json";
let target: Target;

beforeAll(async () => {
  target = await openTarget({ jsonBodyMs: 1500 });
});
afterEach(() => target.expectUnchanged());
afterAll(() => target.close());

/** Lines with the ends that HTTP wants. */
const lines = (...all: readonly string[]): string => all.join("\r\n");
const isServing = async () => expect(await target.send("GET", "/health")).toMatchObject({ status: 200, text: "OK" });

describe("a request that could be taken for two", () => {
  const inner = lines(
    `POST ${CREATE} HTTP/1.1`,
    "Host: localhost",
    JSON_TYPE,
    "Content-Length: 19",
    "",
    '{"name":"smuggled"}',
  );
  const outer = (...fields: readonly string[]) =>
    lines(`POST ${CREATE} HTTP/1.1`, "Host: localhost", JSON_TYPE, ...fields, "", "");
  it.each<[string, () => string]>([
    ["both lengths", () => outer("Content-Length: 5", "Transfer-Encoding: chunked") + lines("0", "", inner)],
    [
      "both, the other way round",
      () => outer("Transfer-Encoding: chunked", "Content-Length: 5") + lines("0", "", inner),
    ],
    ["two lengths", () => `${outer("Content-Length: 0", `Content-Length: ${inner.length}`)}${inner}`],
    ["a list of lengths", () => `${outer("Content-Length: 0, 5")}${inner}`],
    ["a length with a sign", () => `${outer("Content-Length: +0")}${inner}`],
    ["a negative length", () => `${outer("Content-Length: -1")}${inner}`],
    ["a length in hexadecimal", () => `${outer("Content-Length: 0x0")}${inner}`],
    ["an endless length", () => `${outer("Content-Length: 99999999999999999999")}${inner}`],
    ["an unknown coding", () => outer("Transfer-Encoding: xchunked") + lines("0", "", inner)],
    ["chunked, but not last", () => outer("Transfer-Encoding: chunked, identity") + lines("0", "", inner)],
    ["two codings", () => outer("Transfer-Encoding: identity", "Transfer-Encoding: xchunked") + lines("0", "", inner)],
    ["a space before the colon", () => outer("Transfer-Encoding : chunked") + lines("0", "", inner)],
    ["a folded header", () => outer("X: a", " Transfer-Encoding: chunked") + lines("0", "", inner)],
    ["a chunk of no size", () => outer("Transfer-Encoding: chunked") + lines("zz", inner)],
    ["a chunk larger than numbers go", () => outer("Transfer-Encoding: chunked") + lines("fffffffffffffffff", inner)],
    ["a NUL in a header", () => outer("X: a\0b", "Content-Length: 0") + inner],
    ["a bare CR in a header", () => outer("X: a\rTransfer-Encoding: chunked", "Content-Length: 0") + inner],
  ])("is refused once and its rest is not read: %s", async (_, request) => {
    const answer = await target.sendBytes(request());
    expectRefusal(answer, [400]);
    await isServing();
  });
});

describe("a request line that is none", () => {
  it.each([
    "GET / HTTP/1.1 x",
    "GET /health HTTP/3.7",
    "get /health HTTP/1.1",
    "NONSENSE /health HTTP/1.1",
    "GET /a b HTTP/1.1",
    "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "PRI * HTTP/2.0",
    "{}",
    "",
  ])("is refused: %j", async (line) => {
    const answer = await target.sendBytes(lines(line, "Host: localhost", "Connection: close", "", ""));
    // An empty line before a request is to be overlooked, so that one is answered for what follows.
    expectRefusal(answer, [400, 404]);
    await isServing();
  });

  it.each([
    ["GET", `http://localhost${CREATE}`],
    ["POST", `http://evil.example${CREATE}`],
    ["GET", "http://evil.example/health"],
    ["GET", `http://evil.example${M}/experiments/get?experiment_id=0`],
    ["GET", `https://localhost@evil.example${M}/experiments/get?experiment_id=0`],
    ["GET", "file:///etc/passwd"],
    ["OPTIONS", "*"],
    ["GET", "health"],
    ["GET", "?"],
    ["GET", "//evil.example/health"],
    ["GET", "/\\evil.example/health"],
    ["GET", `//${M.slice(1)}/experiments/get?experiment_id=0`],
    ["GET", "/API/2.0/mlflow/experiments/get?experiment_id=0"],
    ["GET", "/api/./2.0/mlflow/experiments/get?experiment_id=0"],
    ["GET", "/api/2.0/mlflow/../mlflow/experiments/get?experiment_id=0"],
    ["GET", "/api/2.0/mlflow/experiments;x/get?experiment_id=0"],
    ["GET", "/api%2f2.0/mlflow/experiments/get?experiment_id=0"],
    ["GET", "/api/2.0/mlflow/experiments/get/?experiment_id=0"],
    ["TRACE", "/health"],
    ["PROPFIND", "/health"],
    ["GET", `${M}/nonsense`],
    ["GET", "/x%3Cscript%3E"],
  ])("leads nowhere: %s %s", async (method, path) => {
    const answer = await target.send(method, path);
    expectRefusal(answer, [400, 403, 404, 405]);
    expect(answer.text).not.toMatch(/evil|<script>/);
  });

  it("opens no tunnel, and changes no protocol", async () => {
    const tunnel = await target
      .sendBytes(lines("CONNECT evil.example:443 HTTP/1.1", "Host: localhost", "", ""))
      .catch(() => undefined);
    // Closed without a word, as a server does that is no proxy.
    expect(tunnel?.status ?? 0).not.toBe(200);
    const upgraded = await target.send("GET", "/health", undefined, {
      Connection: "Upgrade, close",
      Upgrade: "h2c",
      "HTTP2-Settings": "AAMAAABk",
    });
    expect(upgraded.status).toBe(200);
    const expecting = await target.send("POST", CREATE, '{"name":', { Expect: "100-continue" });
    expect(expecting.statuses.at(-1)).toBe(400);
  });

  it("is not another method by a header", async () => {
    for (const header of ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"]) {
      const path = `${M}/experiments/get?experiment_id=0`;
      const answer = await target.send("GET", path, undefined, { [header]: "DELETE" });
      expect(answer.status).toBe(200);
    }
  });
});

describe("who asks and for which host", () => {
  it.each([
    "evil.example",
    "10.evil.example",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "",
    "localhost:5000:1",
    "[::1",
  ])("is refused for the host %j, and the name not repeated", async (host) => {
    for (const [method, path] of [
      ["GET", "/"],
      ["POST", CREATE],
      ["GET", "/no/such"],
      ["GET", "/metrics"],
    ] as const) {
      const answer = await target.send(method, path, method === "POST" ? { name: "x" } : undefined, { Host: host });
      expectRefusal(answer, [400, 403]);
      expect(answer.text).not.toContain("evil");
    }
  });

  it("is refused without a host, and with two", async () => {
    expect((await target.sendBytes(lines("GET /health HTTP/1.1", "Connection: close", "", ""))).status).toBe(400);
    const two = await target.sendBytes(
      lines(
        `GET ${M}/experiments/get?experiment_id=0 HTTP/1.1`,
        "Host: evil.example",
        "Host: localhost",
        "Connection: close",
        "",
        "",
      ),
    );
    expectRefusal(two, [400, 403]);
    const proxied = await target.send("GET", "/", undefined, { Host: "evil.example", "X-Forwarded-Host": "localhost" });
    expectRefusal(proxied, [403]);
  });

  it.each(["https://evil.example", "null", "http://localhost.evil.example", "http://evil.example:5000", "file://"])(
    "is refused a change from the page %s, and no page may read",
    async (origin) => {
      const headers = { Origin: origin };
      expectRefusal(await target.send("POST", CREATE, { name: "x" }, headers), [403]);
      const preflight = { ...headers, "Access-Control-Request-Method": "POST" };
      for (const answer of [
        await target.send("OPTIONS", CREATE, undefined, preflight),
        await target.send("GET", `${M}/experiments/get?experiment_id=0`, undefined, headers),
      ]) {
        expect(answer.headers).not.toHaveProperty("access-control-allow-origin");
      }
    },
  );

  it.each([
    "text/plain",
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=x",
    "text/plain;application/json",
    "application/json; charset=utf-16",
    "application/xml",
    "",
  ])("is refused a change as %j, which a page may send without asking", async (type) => {
    expectRefusal(await target.send("POST", CREATE, '{"name": "typed"}', { "Content-Type": type }), [400, 415]);
  });

  it("gets the headers that keep a browser safe with every page", async () => {
    const { headers } = await target.send("GET", "/", undefined, { Accept: "text/html" });
    expect(headers).toMatchObject({
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      "content-security-policy": expect.stringMatching(
        /default-src 'self'.*object-src 'none'.*base-uri 'none'.*frame-ancestors 'self'/,
      ),
    });
  });
});

describe("a request that is too much", () => {
  it("has headers of 200 KB, or an address of 200 KB", async () => {
    expectRefusal(await target.send("GET", "/health", undefined, { X: "x".repeat(200_000) }), [431]);
    expectRefusal(await target.send("GET", `/${"x".repeat(200_000)}`), [414, 431]);
    const many = Object.fromEntries(Array.from({ length: 5000 }, (_, i) => [`X-${i}`, "x"]));
    expectRefusal(await target.send("GET", "/health", undefined, many), [431]);
  });

  it("has a body of 32 MB: told by its length, in chunks, and to a client that sends all of it first", async () => {
    const head = (...fields: readonly string[]) =>
      lines(`POST ${CREATE} HTTP/1.1`, "Host: localhost", "Connection: close", JSON_TYPE, ...fields, "", "");
    const size = 32 * 1024 * 1024;
    const body = Buffer.alloc(size, " ");
    expectRefusal(await target.sendBytes(Buffer.concat([Buffer.from(head(`Content-Length: ${size}`)), body])), [413]);
    const chunked = [
      Buffer.from(`${head("Transfer-Encoding: chunked")}${size.toString(16)}\r\n`),
      body,
      Buffer.from("\r\n0\r\n\r\n"),
    ];
    expectRefusal(await target.sendBytes(Buffer.concat(chunked)), [413]);
    await isServing();
  });

  it("has a packed body", async () => {
    const bomb = gzipSync(Buffer.alloc(100 * 1024 * 1024, " "));
    for (const coding of ["gzip", "deflate", "br"]) {
      const headers = { "Content-Encoding": coding, "Content-Type": "application/json" };
      expectRefusal(await target.send("POST", CREATE, bomb, headers), [400, 413, 415]);
    }
  });

  it("comes byte by byte, or not at all, and is given up while others are served", async () => {
    target.server.app.server.headersTimeout = 1500;
    const slow: Promise<string>[] = [];
    const sockets: Socket[] = [];
    const open = (start: string) => {
      const socket = connect(target.port, "127.0.0.1", () => socket.write(start));
      sockets.push(socket);
      slow.push(
        new Promise((resolve) => {
          let text = "";
          socket.on("data", (chunk) => {
            text += chunk.toString();
          });
          socket.on("error", () => undefined);
          socket.on("close", () => resolve(text));
        }),
      );
      return socket;
    };
    for (let i = 0; i < 300; i++) open("GET /health HTTP/1.1\r\nHost: local");
    const trickled = open(
      lines(`POST ${CREATE} HTTP/1.1`, "Host: localhost", JSON_TYPE, "Content-Length: 1000", "", '{"name":'),
    );
    const drip = setInterval(() => trickled.write(" "), 200);
    open(
      lines(`POST ${CREATE} HTTP/1.1`, "Host: localhost", JSON_TYPE, "Transfer-Encoding: chunked", "", "2", "{ ", ""),
    );
    await isServing();
    const answers = await Promise.all(slow);
    clearInterval(drip);
    for (const answer of answers.slice(0, 300)) expect(answer).toMatch(/^(HTTP\/1\.1 4\d\d |$)/);
    for (const answer of answers.slice(300)) {
      expect(answer).toMatch(/^HTTP\/1\.1 400 /);
      expect(answer).toContain("did not arrive within 1.5 s");
    }
    await isServing();
  });
});

describe("a body that is not what it should be", () => {
  const deep = "[".repeat(100_000);
  const bodies: readonly (readonly [string, string | Buffer])[] = [
    ["cut off", '{"name": '],
    ["a list", "[1,2]"],
    ["a text", '"abc"'],
    ["a number", "5"],
    ["deep", deep],
    ["deep in a field", `{"name": ${deep}`],
    ["deep and whole", `{"name": ${deep}${"]".repeat(100_000)}}`],
    ["deep in every field", `{"run_id": ${deep}${"]".repeat(100_000)}, "tags": ${deep}${"]".repeat(100_000)}}`],
    ["objects, deep", `${'{"a":'.repeat(50_000)}1${"}".repeat(50_000)}`],
    ["no UTF-8", Buffer.from('{"name": "\xff\xfe"}', "latin1")],
    ["half of a surrogate pair", '{"name": "\\ud800", "run_id": "\\ud800", "key": "\\ud800"}'],
    ["a NUL", '{"name": "a\\u0000b", "run_id": "\\u0000", "experiment_id": "\\u0000"}'],
    ["comments", '{"name": "x" /* no */}'],
    ["trailing text", '{"name": "x"} x'],
    [
      "other types",
      '{"name": {"a": 1}, "run_id": 5, "experiment_id": [], "metrics": "x", "tags": {}, "key": 1, "value": {}}',
    ],
    [
      "names of its prototype",
      '{"__proto__": {"isAdmin": true}, "constructor": {"prototype": {"isAdmin": true}}, "name": 5, "tags": 5}',
    ],
    [
      "a number beyond numbers",
      '{"name": 1e999999, "max_results": 1e999999, "experiment_id": 99999999999999999999999}',
    ],
  ];

  it.each(bodies)("is refused at every door, or asked for what is missing: %s", async (_, body) => {
    // What is asked for with such a body, nothing may do: it names nothing that is there.
    for (const { method, url, operation } of target.server.app.mountedRoutes) {
      if (method === "GET" || operation?.input === undefined || url.startsWith("/ajax-api") || url.includes("/search"))
        continue;
      const answer = await target.server.app.inject({
        method: method as Method,
        url: url.replace(/:\w+/g, "none"),
        headers: { host: "localhost", "content-type": "application/json" },
        payload: body,
      });
      expect([400, 404, 409], `${method} ${url}: ${answer.body}`).toContain(answer.statusCode);
      expect(typeof answer.json().error_code).toBe("string");
      expectNoLeak({ status: answer.statusCode, text: answer.body, headers: {}, body: answer.json(), statuses: [] });
    }
    expect(({} as { isAdmin?: unknown }).isAdmin).toBeUndefined();
  });

  it("costs no more than its length, whatever it is made of", async () => {
    // With the square of the length each of these would take hours.
    const run = target.run;
    for (const body of [
      `{"name": NaN, "x": "${'\\"'.repeat(2_000_000)}`,
      `{"run_id": "${run}", "key": "m", "timestamp": 1, "value": "${"1".repeat(2_000_000)}x"}`,
      `{"run_id": "${run}", "metrics": [${"1,".repeat(4_000_000)}1]}`,
      `{"run_id": "${run}", "tags": [${"{},".repeat(90_000)}1]}`,
      `{"run_id": "${run}", "datasets": [${`{"dataset": {}, "tags": [${"1,".repeat(900)}1]},`.repeat(900)}{}]}`,
    ]) {
      for (const route of ["log-metric", "log-batch", "log-inputs"]) {
        // A call that knows none of the fields does nothing.
        expect([200, 400]).toContain((await target.send("POST", `${M}/runs/${route}`, body)).status);
      }
    }
    await isServing();
  });
});

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { brotliCompressSync } from "node:zlib";
import { afterAll, beforeAll, expect, it } from "vitest";
import { type Harness, openHarness } from "../testing/harness.ts";

let webRoot: string;
let server: Harness;
const html = { accept: "text/html,application/xhtml+xml" };

beforeAll(async () => {
  webRoot = await mkdtemp(join(tmpdir(), "esteira-web-"));
  await mkdir(join(webRoot, "assets"));
  await writeFile(join(webRoot, "index.html"), "<!doctype html><title>app</title>");
  await writeFile(join(webRoot, "assets", "index-C0ffee12.js"), "1");
  await writeFile(join(webRoot, "assets", "index-C0ffee12.js.br"), brotliCompressSync("1"));
  await writeFile(join(webRoot, "favicon.svg"), "<svg/>");
  server = await openHarness({ webRoot });
});
afterAll(async () => {
  await server.close();
  await rm(webRoot, { recursive: true });
});

it("serves the application at its paths, under a policy and never from a cache", async () => {
  for (const url of ["/", "/index.html", "/experiments/1/runs/abc?tab=charts"]) {
    const { status, text, headers } = await server.call("GET", url, undefined, html);
    expect({ status, text }).toEqual({ status: 200, text: "<!doctype html><title>app</title>" });
    expect(headers).toMatchObject({
      "cache-control": "no-cache",
      "content-security-policy": expect.stringContaining("script-src 'self'"),
    });
  }
});

it("lets hashed files live long", async () => {
  const asset = await server.call("GET", "/assets/index-C0ffee12.js");
  expect(asset).toMatchObject({ status: 200, headers: { "cache-control": "public, max-age=31536000, immutable" } });
  expect(await server.call("GET", "/favicon.svg")).toMatchObject({
    headers: { "cache-control": "public, max-age=300" },
  });
});

it("sends a file compressed to those who take it so, and lets it live as long", async () => {
  const url = "/assets/index-C0ffee12.js";
  expect(await server.call("GET", url, undefined, { "accept-encoding": "gzip, br" })).toMatchObject({
    status: 200,
    headers: {
      "content-encoding": "br",
      "content-type": expect.stringContaining("javascript"),
      "cache-control": "public, max-age=31536000, immutable",
      "content-security-policy": expect.stringContaining("script-src 'self'"),
      vary: "accept-encoding",
    },
  });
  const plain = await server.call("GET", url, undefined, { "accept-encoding": "identity" });
  expect(plain).toMatchObject({ status: 200, text: "1" });
  expect(plain.headers).not.toHaveProperty("content-encoding");
  // Nothing is compressed in an instant that was not by the build.
  expect(await server.call("GET", "/favicon.svg", undefined, { "accept-encoding": "br" })).toMatchObject({
    text: "<svg/>",
  });
});

it("does not answer API paths or missing files with a page", async () => {
  expect(await server.call("GET", "/api/2.0/mlflow/nonsense", undefined, html)).toMatchObject({ status: 404 });
  expect(await server.call("GET", "/assets/gone.js")).toMatchObject({ status: 404 });
  expect(await server.call("POST", "/experiments", {}, html)).toMatchObject({ status: 404 });
});

it("says so when the pages are not built", async () => {
  const plain = await openHarness({ webRoot: join(webRoot, "nowhere") });
  const { status, text } = await plain.call("GET", "/", undefined, html);
  expect({ status, isPlain: text.includes("not built") }).toEqual({ status: 200, isPlain: true });
  expect(await plain.call("GET", "/experiments", undefined, html)).toMatchObject({ status: 404 });
  await plain.close();
});

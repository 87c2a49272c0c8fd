import { createHash, randomBytes } from "node:crypto";
import { request as httpRequest } from "node:http";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type Harness, openHarness } from "../testing/harness.ts";

const A = "/api/2.0/mlflow-artifacts/artifacts";
const M = "/api/2.0/mlflow";
let server: Harness;
let port: number;
let run: string;
let home: string;

beforeAll(async () => {
  server = await openHarness();
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  const address = server.app.server.address();
  port = typeof address === "object" && address !== null ? address.port : 0;
  const { body } = await server.call("POST", `${M}/runs/create`, { experiment_id: "0", start_time: 1 });
  run = String(body.run?.info?.run_id);
  home = `0/${run}/artifacts`;
});
afterAll(() => server.close());

/** Over a real socket, with the path exactly as written: clients tidy paths, attackers do not. */
function raw(
  method: string,
  path: string,
  body?: Buffer,
  headers: Record<string, string> = {},
): Promise<{ status: number; bytes: Buffer; headers: Record<string, unknown> }> {
  return new Promise((resolve, reject) => {
    const outgoing = httpRequest({ host: "127.0.0.1", port, method, path, headers }, (incoming) => {
      const chunks: Buffer[] = [];
      incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
      incoming.on("end", () =>
        resolve({ status: incoming.statusCode ?? 0, bytes: Buffer.concat(chunks), headers: incoming.headers }),
      );
      incoming.on("error", reject);
    });
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

describe("the proxy", () => {
  it("keeps bytes of any type and size, and gives them back whole or in part", async () => {
    const bytes = randomBytes(3_000_000);
    const path = `${A}/${home}/bin/${encodeURIComponent("ação 日本.bin")}`;
    expect(await raw("PUT", path, bytes, { "content-type": "application/json" })).toMatchObject({ status: 200 });
    const whole = await raw("GET", path);
    expect(createHash("sha256").update(whole.bytes).digest("hex")).toBe(
      createHash("sha256").update(bytes).digest("hex"),
    );
    expect(whole.headers).toMatchObject({
      "content-length": "3000000",
      "accept-ranges": "bytes",
      "content-disposition": expect.stringContaining("filename*=UTF-8''a%C3%A7%C3%A3o%20"),
    });
    const part = await raw("GET", path, undefined, { range: "bytes=10-19" });
    expect(part).toMatchObject({ status: 206, bytes: bytes.subarray(10, 20) });
    expect(part.headers).toMatchObject({ "content-range": "bytes 10-19/3000000" });
    expect(await raw("GET", path, undefined, { range: "bytes=3000000-" })).toMatchObject({ status: 416 });
    const head = await raw("HEAD", path);
    expect(head).toMatchObject({ status: 200, headers: { "content-length": "3000000" } });
    expect(head.bytes).toHaveLength(0);
  });

  it("gives a file a tag, by which a download is skipped or goes on where it broke off", async () => {
    const path = `${A}/${home}/tagged.txt`;
    await raw("PUT", path, Buffer.from("first version"));
    const first = await raw("GET", path);
    const etag = String(first.headers.etag);
    expect(etag).toMatch(/^"[\w-]+"$/);
    expect(await raw("GET", path, undefined, { "if-none-match": etag })).toMatchObject({ status: 304 });
    const rest = { range: "bytes=6-", "if-range": etag };
    expect((await raw("GET", path, undefined, rest)).bytes.toString()).toBe("version");
    await raw("PUT", path, Buffer.from("other content"));
    expect(await raw("GET", path, undefined, rest)).toMatchObject({ status: 200, bytes: Buffer.from("other content") });
    expect(await raw("GET", path, undefined, { "if-match": etag })).toMatchObject({ status: 412 });
    expect(await raw("GET", path, undefined, { "if-none-match": etag })).toMatchObject({ status: 200 });
  });

  it("tells a refusal to a client that sends on, and serves it on the same connection", async () => {
    const body = Buffer.alloc(20_000_000);
    expect(await raw("PUT", `${A}/${home}/refused%5cname`, body)).toMatchObject({ status: 400 });
    expect(await raw("PUT", `${A}/${home}`, body)).toMatchObject({ status: 400 });
  });

  it("takes an empty file and lists a folder by relative names", async () => {
    await raw("PUT", `${A}/${home}/notes/empty.txt`);
    await raw("PUT", `${A}/${home}/notes/deep/a.txt`, Buffer.from("a"));
    const { body } = await server.call("GET", `${A}?path=${encodeURIComponent(`${home}/notes`)}`);
    expect(body.files).toEqual([
      { path: "deep", is_dir: true },
      // As MLflow: a size of zero is left out.
      { path: "empty.txt", is_dir: false },
    ]);
    const ofRun = await server.call("GET", `${M}/artifacts/list?run_id=${run}&path=notes`);
    expect(ofRun.body).toMatchObject({
      root_uri: `mlflow-artifacts:/${home}`,
      files: [{ path: "notes/deep" }, { path: "notes/empty.txt" }],
    });
    expect(await server.call("GET", `${A}?path=none`)).toMatchObject({ status: 200, text: "{}" });
  });

  it("removes files and folders, and counts what is not there as removed", async () => {
    await raw("PUT", `${A}/${home}/gone/a.txt`, Buffer.from("a"));
    expect(await raw("DELETE", `${A}/${home}/gone`)).toMatchObject({ status: 200 });
    expect(await raw("DELETE", `${A}/${home}/gone`)).toMatchObject({ status: 200 });
    expect(await raw("GET", `${A}/${home}/gone/a.txt`)).toMatchObject({ status: 404 });
  });
});

it("finds artifacts by model version and by logged model", async () => {
  const { body } = await server.call("POST", `${M}/logged-models`, { experiment_id: "0", source_run_id: run });
  const model = String(body.model?.info?.model_id);
  await raw("PUT", `${A}/0/models/${model}/artifacts/MLmodel`, Buffer.from("flavors: {}"));
  const files = `/ajax-api/2.0/mlflow/logged-models/${model}/artifacts/files?artifact_file_path=MLmodel`;
  expect((await raw("GET", files)).bytes.toString()).toBe("flavors: {}");
  const folder = await server.call("GET", `${M}/logged-models/${model}/artifacts/directories`);
  expect(folder.body.files).toEqual([{ path: "MLmodel", is_dir: false, file_size: 11 }]);
  await server.call("POST", `${M}/registered-models/create`, { name: "m" });
  const source = `mlflow-artifacts:/0/models/${model}/artifacts`;
  await server.call("POST", `${M}/model-versions/create`, { name: "m", source, model_id: model });
  const byVersion = await raw("GET", "/model-versions/get-artifact?name=m&version=1&path=MLmodel");
  expect(byVersion).toMatchObject({ status: 200, headers: { "content-type": "text/plain" } });
  expect(await raw("GET", "/model-versions/get-artifact?name=m&version=1&path=../../x")).toMatchObject({ status: 400 });
});

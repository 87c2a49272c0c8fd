import { randomBytes } from "node:crypto";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newBucket, s3Home, type TestBucket } from "./bucket.ts";

const A = "/api/2.0/mlflow-artifacts";
const M = "/api/2.0/mlflow";
const PART = 5 * 1024 * 1024;

interface Answer {
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly text: string;
  readonly headers: Headers;
}

async function send(url: string, method = "GET", body?: unknown): Promise<Answer> {
  const isJson = body !== undefined && !Buffer.isBuffer(body);
  const response = await fetch(url, {
    method,
    ...(body === undefined ? {} : { body: isJson ? JSON.stringify(body) : new Uint8Array(body as Buffer) }),
    ...(isJson ? { headers: { "content-type": "application/json" } } : {}),
  });
  const text = await response.text();
  const json = text.startsWith("{") ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, json, text, headers: response.headers };
}

const start = (options: Partial<Parameters<typeof startServer>[0]>) =>
  startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: "sqlite:///:memory:",
    artifactsDestination: "unused",
    ...options,
  });

describe.skipIf(s3Home === undefined)("a server whose artifacts are in a bucket", () => {
  let bucket: TestBucket;
  let server: RunningServer;
  beforeAll(async () => {
    bucket = await newBucket();
    server = await start({ artifactsDestination: `s3://${bucket.name}/team` });
  });
  afterAll(async () => {
    await server?.close();
    await bucket?.remove();
  });
  const at = (path: string) => `${server.url}${A}${path}`;

  it("passes files through, whole and in part", async () => {
    const bytes = randomBytes(300_000);
    const path = at(`/artifacts/1/r/artifacts/${encodeURIComponent("ação.bin")}`);
    expect(await send(path, "PUT", bytes)).toMatchObject({ status: 200 });
    const whole = await fetch(path);
    expect(Buffer.from(await whole.arrayBuffer()).equals(bytes)).toBe(true);
    const etag = whole.headers.get("etag") ?? "";
    const part = await fetch(path, { headers: { range: "bytes=100-199", "if-range": etag } });
    expect(part.status).toBe(206);
    expect(part.headers.get("content-range")).toBe("bytes 100-199/300000");
    expect(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(100, 200))).toBe(true);
    expect((await fetch(path, { headers: { "if-none-match": etag } })).status).toBe(304);
    expect((await fetch(path, { method: "HEAD" })).headers.get("content-length")).toBe("300000");
    expect((await send(at("/artifacts?path=1/r/artifacts"))).json.files).toEqual([
      { path: "ação.bin", is_dir: false, file_size: 300_000 },
    ]);
    expect(await readdir(join(bucket.folder, "team", "1", "r", "artifacts"))).toEqual(["ação.bin"]);
  });

  it("says what is missing, what is a folder and what is no path", async () => {
    await send(at("/artifacts/2/a/b.txt"), "PUT", Buffer.from("b"));
    expect(await send(at("/artifacts/2/none"))).toMatchObject({
      status: 404,
      json: { error_code: "RESOURCE_DOES_NOT_EXIST", message: "No such artifact: '2/none'" },
    });
    for (const [method, path] of [
      ["GET", "/artifacts/2/a"],
      ["PUT", "/artifacts/2/a"],
      ["PUT", "/artifacts/2/a/b.txt/c"],
      ["GET", "/artifacts/2/%252e%252e/x"],
    ] as const) {
      const answer = await send(at(path), method, method === "PUT" ? Buffer.from("x") : undefined);
      expect(answer, path).toMatchObject({ status: 400, json: { error_code: "INVALID_PARAMETER_VALUE" } });
    }
    expect(await send(at("/artifacts/2/a"), "DELETE")).toMatchObject({ status: 200 });
    expect(await send(at("/artifacts/2/a/b.txt"))).toMatchObject({ status: 404 });
  });

  it("signs an address that gives a file, whole and in part, as a download", async () => {
    await send(at("/artifacts/3/page.html"), "PUT", Buffer.from("<script>1</script>"));
    const { json } = await send(at("/presigned/3/page.html"));
    expect(json).toEqual({ url: expect.stringContaining(bucket.name), headers: {}, file_size: 18 });
    const answer = await fetch(String(json.url), { headers: { range: "bytes=1-6" } });
    expect(answer.status).toBe(206);
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="page.html"');
    expect(await answer.text()).toBe("script");
    const forged = String(json.url).replace("page.html", "other.html");
    expect((await fetch(forged)).status).toBe(403);
    expect(await send(at("/presigned/3/none"))).toMatchObject({ status: 404 });
  });

  it("takes a large file in parts that go past it", async () => {
    const bytes = randomBytes(2 * PART + 1000);
    const name = "/home/me/large.bin";
    const { json } = await send(at("/mpu/create/4/r/artifacts"), "POST", { path: name, num_parts: 3 });
    const credentials = json.credentials as { url: string; part_number: number }[];
    expect(credentials.map((one) => one.part_number)).toEqual([1, 2, 3]);
    const parts = await Promise.all(
      credentials.map(async ({ url, part_number }, index) => {
        const body = new Uint8Array(bytes.subarray(index * PART, (index + 1) * PART));
        const response = await fetch(url, { method: "PUT", body });
        expect(response.status).toBe(200);
        return { part_number, etag: response.headers.get("etag") ?? "", url };
      }),
    );
    expect(await send(at("/artifacts/4/r/artifacts/large.bin"))).toMatchObject({ status: 404 });
    const end = { path: name, upload_id: json.upload_id };
    for (const [path, body] of [
      ["/mpu/complete/4/r/artifacts", { ...end, parts: [{ part_number: 7, etag: '"none"' }] }],
      ["/mpu/complete/4/r/other", { ...end, parts }],
      ["/mpu/complete/4/r/artifacts", { ...end, upload_id: "another", parts }],
      ["/mpu/abort/4/r/artifacts", { ...end, upload_id: "another" }],
    ] as const) {
      const answer = await send(at(path), "POST", body);
      expect([400, 404], answer.text).toContain(answer.status);
    }
    expect(await send(at("/mpu/complete/4/r/artifacts"), "POST", { ...end, parts })).toMatchObject({ status: 200 });
    const got = await fetch(at("/artifacts/4/r/artifacts/large.bin"));
    expect(Buffer.from(await got.arrayBuffer()).equals(bytes)).toBe(true);
  });

  it("gives up an upload in parts without a trace", async () => {
    const body = { path: "gone.bin", num_parts: 1 };
    const { json } = await send(at("/mpu/create/5"), "POST", body);
    const [first] = json.credentials as { url: string }[];
    await fetch(first?.url ?? "", { method: "PUT", body: "part" });
    expect(await send(at("/mpu/abort/5"), "POST", { ...body, upload_id: json.upload_id })).toMatchObject({
      status: 200,
    });
    expect((await send(at("/artifacts?path=5"))).json).toEqual({});
    expect((await fetch(first?.url ?? "", { method: "PUT", body: "part" })).status).toBe(404);
  });

  it.each([
    [{ path: "x", num_parts: 10_001 }, "num_parts"],
    [{ path: "x", num_parts: 0 }, "num_parts"],
    [{ path: "x", num_parts: -1 }, "num_parts"],
    [{ path: "..", num_parts: 1 }, "Invalid path"],
    [{ path: "folder/", num_parts: 1 }, "Invalid path"],
    [{ path: "a\\b", num_parts: 1 }, "Invalid path"],
    [{ num_parts: 1 }, "Missing value"],
  ])("refuses an upload in parts of %j", async (body, message) => {
    expect(await send(at("/mpu/create/6"), "POST", body)).toMatchObject({
      status: 400,
      json: { error_code: "INVALID_PARAMETER_VALUE", message: expect.stringContaining(message) },
    });
    expect((await send(at("/artifacts?path=6"))).json).toEqual({});
  });

  it("tells clients that it takes and gives files in parts", async () => {
    const { json } = await send(`${server.url}/api/3.0/mlflow/server-info`);
    expect(json).toMatchObject({ multipart_uploads_enabled: true, multipart_downloads_enabled: true });
  });
});

describe.skipIf(s3Home === undefined)("a server past which clients reach the bucket", () => {
  let bucket: TestBucket;
  let server: RunningServer;
  let run: string;
  let uri: string;
  beforeAll(async () => {
    bucket = await newBucket();
    server = await start({ serveArtifacts: false, defaultArtifactRoot: `s3://${bucket.name}/root` });
    const { json } = await send(`${server.url}${M}/runs/create`, "POST", { experiment_id: "0", start_time: 1 });
    const { info } = json.run as { info: { run_id: string; artifact_uri: string } };
    [run, uri] = [info.run_id, info.artifact_uri];
  });
  afterAll(async () => {
    await server?.close();
    await bucket?.remove();
  });

  it("lists and sends what an address that it signed has taken", async () => {
    expect(uri).toBe(`s3://${bucket.name}/root/0/${run}/artifacts`);
    const asked = { run_id: run, path: "notes/hello.txt" };
    const { json } = await send(`${server.url}${M}/artifacts/presigned-upload-url`, "POST", asked);
    expect(json.headers).toEqual({ "Content-Type": "text/plain" });
    const headers = json.headers as Record<string, string>;
    expect((await fetch(String(json.presigned_url), { method: "PUT", body: "olá", headers })).status).toBe(200);
    const other = { "Content-Type": "text/html" };
    expect((await fetch(String(json.presigned_url), { method: "PUT", body: "x", headers: other })).status).toBe(403);
    expect(await send(`${server.url}${M}/artifacts/list?run_id=${run}&path=notes`)).toMatchObject({
      json: { root_uri: uri, files: [{ path: "notes/hello.txt", is_dir: false, file_size: 4 }] },
    });
    expect(await send(`${server.url}/get-artifact?run_uuid=${run}&path=notes/hello.txt`)).toMatchObject({
      text: "olá",
    });
    const down = await send(`${server.url}${M}/artifacts/presigned-download-url`, "POST", asked);
    expect(down.json).toMatchObject({ file_size: 4 });
    expect(await (await fetch(String(down.json.presigned_url))).text()).toBe("olá");
  });

  it("signs for logged models too, and for one owner at a time", async () => {
    const { json } = await send(`${server.url}${M}/logged-models`, "POST", { experiment_id: "0", source_run_id: run });
    const { info } = json.model as { info: { model_id: string } };
    const sign = (body: object) => send(`${server.url}${M}/artifacts/presigned-upload-url`, "POST", body);
    const signed = await sign({ model_id: info.model_id, path: "MLmodel" });
    const headers = signed.json.headers as Record<string, string>;
    await fetch(String(signed.json.presigned_url), { method: "PUT", body: "flavors: {}", headers });
    const files = `/ajax-api/2.0/mlflow/logged-models/${info.model_id}/artifacts/files?artifact_file_path=MLmodel`;
    expect(await send(server.url + files)).toMatchObject({ status: 200, text: "flavors: {}" });
    for (const body of [
      { path: "x" },
      { path: "x", run_id: run, model_id: info.model_id },
      { path: "../x", run_id: run },
      { path: "x", run_id: run, expiration: 604_801 },
      { path: "x", run_id: run, expiration: 0 },
    ]) {
      expect(await sign(body)).toMatchObject({ status: 400, json: { error_code: "INVALID_PARAMETER_VALUE" } });
    }
  });

  it("passes nothing through", async () => {
    for (const [method, path] of [
      ["GET", "/artifacts?path=0"],
      ["GET", "/artifacts/0/x"],
      ["PUT", "/artifacts/0/x"],
      ["DELETE", "/artifacts/0/x"],
      ["GET", "/presigned/0/x"],
    ] as const) {
      const answer = await send(server.url + A + path, method, method === "PUT" ? Buffer.from("x") : undefined);
      expect(answer).toMatchObject({ status: 503, json: { message: expect.stringContaining("--no-serve-artifacts") } });
    }
  });

  it("does not read a bucket that nobody has named, with the keys that it has", async () => {
    const other = await newBucket();
    const location = `s3://${other.name}/secrets`;
    const { json } = await send(`${server.url}${M}/experiments/create`, "POST", {
      name: "o",
      artifact_location: location,
    });
    const made = await send(`${server.url}${M}/runs/create`, "POST", {
      experiment_id: json.experiment_id,
      start_time: 1,
    });
    const { info } = made.json.run as { info: { run_id: string } };
    expect(await send(`${server.url}${M}/artifacts/list?run_id=${info.run_id}`)).toMatchObject({
      status: 400,
      json: { message: expect.stringContaining("--artifact-roots") },
    });
    await other.remove();
  });
});

describe.skipIf(s3Home === undefined)("a bucket that cannot be used", () => {
  const attempt = async (uri: string, env: Record<string, string>) => {
    const server = await start({ artifactsDestination: uri, env: { ...process.env, ...env } });
    try {
      return await send(`${server.url}${A}/artifacts/1/x.txt`, "PUT", Buffer.from("x"));
    } finally {
      await server.close();
    }
  };

  it("is named when it does not exist", async () => {
    expect(await attempt("s3://esteira-no-such-bucket", {})).toMatchObject({
      status: 404,
      json: { message: "The bucket 'esteira-no-such-bucket' does not exist." },
    });
  });

  it("is told apart from a server that is not there", async () => {
    const answer = await attempt("s3://bucket", { MLFLOW_S3_ENDPOINT_URL: "http://127.0.0.1:1" });
    expect(answer).toMatchObject({ status: 503, json: { message: expect.stringContaining("cannot be reached") } });
  });
});

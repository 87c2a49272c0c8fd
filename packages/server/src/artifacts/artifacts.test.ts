import { createHash, randomBytes } from "node:crypto";
import { access, mkdir, readdir, readFile, symlink, writeFile } from "node:fs/promises";
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { join } from "node:path";
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

  it("serves what users wrote as downloads that no browser runs", async () => {
    for (const [name, text] of [
      ["x.html", "<script>1</script>"],
      ["x.svg", "<svg/>"],
    ] as const) {
      await raw("PUT", `${A}/${home}/${name}`, Buffer.from(text));
      for (const path of [`${A}/${home}/${name}`, `/get-artifact?run_uuid=${run}&path=${name}`]) {
        const { status, headers } = await raw("GET", path);
        expect(status).toBe(200);
        expect(headers).toMatchObject({
          "content-disposition": expect.stringMatching(/^attachment/),
          "x-content-type-options": "nosniff",
          "content-security-policy": expect.stringContaining("sandbox"),
        });
      }
    }
  });

  it("removes files and folders, and counts what is not there as removed", async () => {
    await raw("PUT", `${A}/${home}/gone/a.txt`, Buffer.from("a"));
    expect(await raw("DELETE", `${A}/${home}/gone`)).toMatchObject({ status: 200 });
    expect(await raw("DELETE", `${A}/${home}/gone`)).toMatchObject({ status: 200 });
    expect(await raw("GET", `${A}/${home}/gone/a.txt`)).toMatchObject({ status: 404 });
  });

  it("shows nothing of an upload that breaks off, and keeps the old file", async () => {
    const path = `${A}/${home}/cut.txt`;
    await raw("PUT", path, Buffer.from("old"));
    await new Promise<void>((resolve) => {
      const socket = connect(port, "127.0.0.1", () => {
        socket.write(`PUT ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000000\r\n\r\n`);
        socket.write(Buffer.alloc(500_000), () => setTimeout(() => socket.destroy(), 50));
      });
      socket.on("close", () => setTimeout(resolve, 200));
    });
    expect((await raw("GET", path)).bytes.toString()).toBe("old");
    expect((await readdir(join(server.root, home))).filter((name) => name.startsWith("cut"))).toEqual(["cut.txt"]);
  });
});

describe("paths that lead elsewhere", () => {
  const canary = async () => readFile(join(server.root, home, "canary.txt"), "utf8");
  beforeAll(async () => {
    await raw("PUT", `${A}/${home}/canary.txt`, Buffer.from("alive"));
    await writeFile(join(server.root, "..", "esteira-outside.txt"), "root:outside");
    await mkdir(join(server.root, "0"), { recursive: true });
    await symlink(join(server.root, "..", "esteira-outside.txt"), join(server.root, "0", "link.txt"));
  });

  const bad = [
    "%2e%2e/%2e%2e/etc/passwd",
    "../../etc/passwd",
    "%252e%252e%252f%252e%252e%252fetc%252fpasswd",
    "..%5c..%5cetc%5cpasswd",
    "..%2f..%2fpwned.txt",
    "%2Fetc%2Fpasswd",
    "0/a%00.txt",
    "file:%2f%2f%2fetc/passwd",
    "0/a%23/../b",
    "0/%2e",
    "%2e",
    "0/a%0d%0aSet-Cookie:%20p=1.txt",
    `0/${"n".repeat(300)}`,
  ];
  it.each(bad)("are refused for reading, writing and removing: %s", async (path) => {
    for (const method of ["GET", "PUT", "DELETE"]) {
      const answer = await raw(method, `${A}/${path}`, method === "PUT" ? Buffer.from("x") : undefined);
      expect(answer).toMatchObject({ status: 400 });
      expect(JSON.parse(answer.bytes.toString())).toMatchObject({ error_code: "INVALID_PARAMETER_VALUE" });
    }
    expect(await canary()).toBe("alive");
  });

  it("are refused in listings and downloads by owner", async () => {
    for (const path of ["../../..", "/etc", "file:///etc", "%2e%2e", `../../${run}/artifacts`]) {
      const text = encodeURIComponent(path);
      for (const url of [
        `${A}?path=${text}`,
        `${M}/artifacts/list?run_id=${run}&path=${text}`,
        `/get-artifact?run_uuid=${run}&path=${text}`,
      ]) {
        expect(await raw("GET", url)).toMatchObject({ status: 400 });
      }
    }
    expect(
      await raw("POST", `/ajax-api/2.0/mlflow/upload-artifact?run_uuid=${run}&path=../../x`, Buffer.from("x")),
    ).toMatchObject({ status: 400 });
  });

  it("do not follow a link out of the root", async () => {
    const answer = await raw("GET", `${A}/0/link.txt`);
    expect([400, 404]).toContain(answer.status);
    expect(answer.bytes.toString()).not.toContain("root:");
  });

  it("have an empty path refused for removal", async () => {
    const answer = await raw("DELETE", `${A}/`);
    expect([400, 404, 405]).toContain(answer.status);
    expect(await canary()).toBe("alive");
    await expect(access(server.root)).resolves.toBeUndefined();
  });

  it("do not replace a folder by a file nor go below a file", async () => {
    for (const path of ["", "/canary.txt/below.txt", "/dir/"]) {
      expect([400, 409]).toContain((await raw("PUT", `${A}/${home}${path}`, Buffer.from("x"))).status);
    }
    expect(await canary()).toBe("alive");
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

import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { startServer } from "@esteira/server/start";
import { describe, expect, it } from "vitest";
import { findOracle } from "../compat/oracle.ts";
import { newBucket, s3Home } from "./bucket.ts";

const oracle = findOracle();
const MEGABYTE = 1024 * 1024;
const IN_PARTS = {
  MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD: "true",
  MLFLOW_ENABLE_PROXY_MULTIPART_DOWNLOAD: "true",
  MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE: String(6 * MEGABYTE),
  MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE: String(5 * MEGABYTE),
  MLFLOW_MULTIPART_DOWNLOAD_CHUNK_SIZE: String(5 * MEGABYTE),
};

/** What `client.py` saw, in a folder of its own, with the server's lines of its calls. */
async function runClient(url: string, env: Record<string, string>): Promise<Record<string, unknown>> {
  const cwd = await mkdtemp(join(tmpdir(), "esteira-s3-client-"));
  const python = "python" in oracle ? oracle.python : "";
  try {
    const script = fileURLToPath(new URL("client.py", import.meta.url));
    const { stdout } = await promisify(execFile)(python, [script], {
      cwd,
      maxBuffer: 64 * MEGABYTE,
      env: {
        ...process.env,
        MLFLOW_TRACKING_URI: url,
        MLFLOW_HTTP_REQUEST_MAX_RETRIES: "1",
        MLFLOW_DISABLE_TELEMETRY: "true",
        GIT_PYTHON_REFRESH: "quiet",
        ...env,
      },
    });
    const line = stdout.split("\n").find((one) => one.startsWith("SEEN "));
    return JSON.parse(line?.slice("SEEN ".length) ?? "{}") as Record<string, unknown>;
  } finally {
    await rm(cwd, { recursive: true, force: true });
  }
}

const LISTED = {
  big: [true, null],
  "big/large.bin": [false, 12 * MEGABYTE],
  "conf.json": [false, 12],
  folder: [true, null],
  "folder/a.txt": [false, 12],
  "folder/deep": [true, null],
  "folder/deep/b.txt": [false, 17],
  notes: [true, null],
};
const seenWith = (uri: string) => ({
  uri,
  listed: LISTED,
  whole: true,
  again: true,
  text: "hello",
  deep: "folder/deep/b.txt",
  run: expect.stringMatching(/^[0-9a-f]{32}$/),
});

const missing = s3Home === undefined ? "no S3 server" : "missing" in oracle ? oracle.missing : undefined;

describe.skipIf(missing !== undefined)(
  `the real client${missing === undefined ? "" : ` (skipped: ${missing})`}`,
  () => {
    it.each([
      ["through the server", {}],
      ["in parts, past the server", IN_PARTS],
    ])("keeps artifacts in a bucket %s", async (_, env) => {
      const bucket = await newBucket();
      const server = await startServer({
        host: "127.0.0.1",
        port: 0,
        backendStoreUri: "sqlite:///:memory:",
        artifactsDestination: `s3://${bucket.name}/team`,
      });
      try {
        expect(await runClient(server.url, env)).toEqual(seenWith("mlflow-artifacts:/0/RUN/artifacts"));
      } finally {
        await server.close();
        await bucket.remove();
      }
    });

    it("keeps artifacts in a bucket by itself, and the server finds them", async () => {
      const bucket = await newBucket();
      const root = `s3://${bucket.name}/root`;
      const server = await startServer({
        host: "127.0.0.1",
        port: 0,
        backendStoreUri: "sqlite:///:memory:",
        artifactsDestination: "unused",
        serveArtifacts: false,
        defaultArtifactRoot: root,
      });
      try {
        const seen = await runClient(server.url, {});
        expect(seen).toEqual(seenWith(`${root}/0/RUN/artifacts`));
        const answer = await fetch(`${server.url}/get-artifact?run_id=${seen.run}&path=notes/hello.txt`);
        expect(await answer.text()).toBe("hello");
      } finally {
        await server.close();
        await bucket.remove();
      }
    });

    it("sends a file whole to a server that keeps artifacts in a folder, also when asked for parts", async () => {
      const folder = await mkdtemp(join(tmpdir(), "esteira-folder-"));
      const server = await startServer({
        host: "127.0.0.1",
        port: 0,
        backendStoreUri: "sqlite:///:memory:",
        artifactsDestination: folder,
      });
      try {
        expect(await runClient(server.url, IN_PARTS)).toEqual(seenWith("mlflow-artifacts:/0/RUN/artifacts"));
      } finally {
        await server.close();
        await rm(folder, { recursive: true, force: true });
      }
    });
  },
);

import { createHash } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, readlink, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isDeepStrictEqual } from "node:util";
import { localArtifactStore } from "@esteira/store/artifacts/local";
import { dumpDatabase } from "@esteira/store/testing/dump";
import { newTestDatabase } from "@esteira/store/testing/test-database";
import { expect } from "vitest";
import type { ServerOptions } from "../create-server.ts";
import { type Harness, type Json, openHarness } from "./harness.ts";

/** What came back over a socket, as it was sent. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly text: string;
  readonly body: Json;
  /** Every status line of what came back: more than one means that one request was taken for two. */
  readonly statuses: readonly number[];
}

/** A server on a real port, with something in it to steal or to break. */
export interface Target {
  readonly server: Harness;
  readonly port: number;
  /** The folder with the root of the artifacts (`artifacts/`), and beside it a file that nobody may reach. */
  readonly home: string;
  readonly run: string;
  /** A second run, whose artifacts belong to somebody else. */
  readonly otherRun: string;
  /** Sends bytes as they stand, and reads until the server closes the connection. */
  sendBytes(bytes: string | Buffer): Promise<RawAnswer>;
  /** One request with its path as it is written: clients tidy paths, attackers do not. */
  send(method: string, path: string, body?: unknown, headers?: Readonly<Record<string, string>>): Promise<RawAnswer>;
  /** Fails unless everything that is kept is what it was when the target was made. */
  expectUnchanged(): Promise<void>;
  /** Whether it is, for what takes a while to be cleared away. */
  isUnchanged(): Promise<boolean>;
  /** Takes what is kept now for what it must stay. */
  remember(): Promise<void>;
  close(): Promise<void>;
}

export const CANARY = "root:outside of everything";
const M = "/api/2.0/mlflow";
const A = "/api/2.0/mlflow-artifacts/artifacts";

export async function openTarget(options: Pick<ServerOptions, "jsonBodyMs"> = {}): Promise<Target> {
  const home = await mkdtemp(join(tmpdir(), "esteira-target-"));
  await mkdir(join(home, "database"));
  await writeFile(join(home, "outside.txt"), CANARY);
  const uri = await newTestDatabase(join(home, "database"));
  const server = await openHarness({ ...options, uri, artifacts: localArtifactStore(join(home, "artifacts")) });
  await server.app.listen({ host: "127.0.0.1", port: 0 });
  const address = server.app.server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const sendBytes = (bytes: string | Buffer) => exchange(port, bytes);
  const send: Target["send"] = (method, path, body, headers) => sendBytes(requestText(method, path, body, headers));
  const newRun = async () => {
    const { body } = await send("POST", `${M}/runs/create`, { experiment_id: "0", start_time: 1 });
    const id = String(body.run?.info?.run_id);
    await send("PUT", `${A}/0/${id}/artifacts/canary.txt`, Buffer.from(`alive in ${id}`));
    await send("POST", `${M}/runs/log-metric`, { run_id: id, key: "m", value: 1, timestamp: 1 });
    await send("POST", `${M}/runs/log-parameter`, { run_id: id, key: "p", value: "kept" });
    return id;
  };
  const [run, otherRun] = [await newRun(), await newRun()];
  await send("POST", `${M}/registered-models/create`, { name: "pix" });
  const source = `mlflow-artifacts:/0/${run}/artifacts/model`;
  await send("POST", `${M}/model-versions/create`, { name: "pix", source, run_id: run });
  await send("POST", `${M}/registered-models/alias`, { name: "pix", alias: "champion", version: "1" });
  const look = async () => ({
    database: await dumpDatabase(uri),
    files: await treeOf(home, (path) => path === "database" || path === "artifacts/.esteira-uploads"),
  });
  let kept = await look();
  return {
    server,
    port,
    home,
    run,
    otherRun,
    sendBytes,
    send,
    expectUnchanged: async () => {
      const [found, before] = [await look(), kept];
      // One change fails one test: the next begins with what is there.
      kept = found;
      expect(found).toEqual(before);
    },
    isUnchanged: async () => isDeepStrictEqual(await look(), kept),
    remember: async () => {
      kept = await look();
    },
    close: async () => {
      await server.close();
      await rm(home, { recursive: true, force: true });
    },
  };
}

/**
 * What every refusal must be: an answer, not a fault of the server nor a silence, in MLflow's JSON, that tells nothing of
 * the inside.
 */
export function expectRefusal(answer: RawAnswer, statuses: readonly number[], codes: readonly string[] = []): void {
  expect(statuses, answer.text).toContain(answer.status);
  expect(answer.statuses).toHaveLength(1);
  expect(answer.headers["content-type"]).toMatch(/^application\/json/);
  expect(typeof answer.body.error_code, answer.text).toBe("string");
  expect(String(answer.body.message)).not.toBe("");
  if (codes.length > 0) expect(codes).toContain(answer.body.error_code);
  expectNoLeak(answer);
}

export function expectNoLeak({ text, headers }: RawAnswer): void {
  const all = `${JSON.stringify(headers)}\n${text}`;
  expect(all).not.toContain(CANARY);
  expect(all).not.toMatch(
    /\bat \S+ \(|node:internal|node_modules|SQLITE_|\[SQL|insert into "|syntax error at|esteira-target-/i,
  );
}

function requestText(
  method: string,
  path: string,
  body: unknown,
  headers: Readonly<Record<string, string>> = {},
): Buffer {
  const bytes =
    body === undefined
      ? Buffer.alloc(0)
      : Buffer.isBuffer(body)
        ? body
        : Buffer.from(typeof body === "string" ? body : JSON.stringify(body));
  const all = {
    Host: "localhost",
    Connection: "close",
    ...(body === undefined || Buffer.isBuffer(body) ? {} : { "Content-Type": "application/json" }),
    "Content-Length": String(bytes.length),
    ...headers,
  };
  const head = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return Buffer.concat([Buffer.from(`${method} ${path} HTTP/1.1\r\n${head.join("")}\r\n`), bytes]);
}

function exchange(port: number, bytes: string | Buffer): Promise<RawAnswer> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    const chunks: Buffer[] = [];
    socket.on("data", (chunk) => chunks.push(chunk));
    // A server that has answered and does not read on resets the connection; what it has sent is its answer.
    socket.on("error", (error) => (chunks.length === 0 ? reject(error) : resolve(parseAnswer(Buffer.concat(chunks)))));
    socket.on("close", () => resolve(parseAnswer(Buffer.concat(chunks))));
  });
}

function parseAnswer(bytes: Buffer): RawAnswer {
  // A byte a character: the sizes of chunks are counted in bytes.
  const all = bytes.toString("latin1");
  const end = all.indexOf("\r\n\r\n");
  const [line = "", ...fields] = all.slice(0, end === -1 ? undefined : end).split("\r\n");
  const headers: Record<string, string> = {};
  for (const field of fields) {
    const colon = field.indexOf(":");
    headers[field.slice(0, colon).toLowerCase()] = field.slice(colon + 1).trim();
  }
  const raw = end === -1 ? "" : all.slice(end + 4);
  const body = headers["transfer-encoding"] === "chunked" ? unchunked(raw) : raw;
  const text = Buffer.from(body, "latin1").toString("utf8");
  return {
    status: Number(line.split(" ")[1] ?? 0),
    headers,
    text,
    body: parseJson(text),
    statuses: [...all.matchAll(/^HTTP\/1\.1 (\d{3}) /gm)].map(([, status]) => Number(status)),
  };
}

function unchunked(text: string): string {
  let rest = text;
  let whole = "";
  for (;;) {
    const end = rest.indexOf("\r\n");
    const size = Number.parseInt(rest.slice(0, end), 16);
    if (end === -1 || !(size > 0)) return whole;
    whole += rest.slice(end + 2, end + 2 + size);
    rest = rest.slice(end + 4 + size);
  }
}

function parseJson(text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    return {} as Json;
  }
}

/** Every file, folder and link by its path, with what is in it. */
async function treeOf(root: string, isLeftOut: (path: string) => boolean): Promise<Readonly<Record<string, string>>> {
  const tree: Record<string, string> = {};
  const walk = async (folder: string): Promise<void> => {
    for (const entry of await readdir(join(root, folder), { withFileTypes: true })) {
      const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
      if (isLeftOut(path)) {
        // What uploads leave there for a moment is not to be seen, and must not stay.
        if (path.endsWith("uploads")) tree[path] = (await readdir(join(root, path))).join();
      } else if (entry.isDirectory()) {
        tree[path] = "folder";
        await walk(path);
      } else if (entry.isSymbolicLink()) {
        tree[path] = `link to ${await readlink(join(root, path))}`;
      } else {
        tree[path] = createHash("sha256")
          .update(await readFile(join(root, path)))
          .digest("hex");
      }
    }
  };
  await walk("");
  return tree;
}

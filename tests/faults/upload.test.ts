import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, rm } from "node:fs/promises";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { afterEach, expect, test } from "vitest";

const PATH = "/api/2.0/mlflow-artifacts/artifacts/0/model.bin";
const started: ChildProcess[] = [];
afterEach(() => {
  for (const child of started.splice(0)) if (child.exitCode === null) child.kill("SIGKILL");
});

async function serve(home: string): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(
    process.execPath,
    [
      ...["--conditions=@esteira/source", "--import", "tsx", fileURLToPath(new URL("serve.ts", import.meta.url))],
      ...[join(home, "tracking.db"), join(home, "artifacts")],
    ],
    { stdio: ["ignore", "pipe", "inherit"] },
  );
  started.push(child);
  const [url] = await once(createInterface(child.stdout), "line");
  return { url: String(url), child };
}

test("a server killed in the middle of an upload shows nothing of it, keeps the old file, and clears up when it starts again", async () => {
  const home = await mkdtemp(join(tmpdir(), "esteira-upload-"));
  const uploads = () => readdir(join(home, "artifacts", ".esteira-uploads"));
  const first = await serve(home);
  expect((await fetch(first.url + PATH, { method: "PUT", body: "the old model" })).status).toBe(200);

  for (const path of [PATH, PATH.replace("model.bin", "new/model.bin")]) {
    const socket = connect(Number(new URL(first.url).port), "127.0.0.1");
    socket.on("error", () => undefined);
    socket.write(`PUT ${path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000000\r\n\r\n`);
    socket.write(Buffer.alloc(3_000_000, "x"));
  }
  // Both are under way, with bytes on the disk.
  await expect.poll(async () => (await uploads()).length, { timeout: 60_000 }).toBe(2);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  expect(await uploads()).toHaveLength(2);
  expect(await readdir(join(home, "artifacts", "0"))).toEqual(["model.bin"]);

  const second = await serve(home);
  await expect.poll(uploads, { timeout: 60_000 }).toEqual([]);
  expect(await (await fetch(second.url + PATH)).text()).toBe("the old model");
  expect((await fetch(second.url + PATH.replace("model.bin", "new/model.bin"))).status).toBe(404);
  expect((await fetch(second.url + PATH, { method: "PUT", body: "the new model" })).status).toBe(200);
  expect(await (await fetch(second.url + PATH)).text()).toBe("the new model");
  second.child.kill("SIGKILL");
  await once(second.child, "exit");
  await rm(home, { recursive: true });
});

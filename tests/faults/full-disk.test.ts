import { open, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { startServer } from "@esteira/server/start";
import { checkDatabase } from "@esteira/store/maintenance/check";
import { connectExisting } from "@esteira/store/maintenance/connect";
import { afterAll, describe, expect, test } from "vitest";
import { removeDisks, smallDisk } from "../tools/small-disk.ts";

const probe = smallDisk("64k");
if (probe === undefined) console.info("skipped: a server on a full disk; it needs Linux and the right to mount (root)");
afterAll(removeDisks);

const M = "/api/2.0/mlflow";
const A = "/api/2.0/mlflow-artifacts/artifacts";

/** Takes all the room that there is. */
async function fill(disk: string): Promise<string> {
  const path = join(disk, "filler");
  const file = await open(path, "w");
  try {
    for (const size of [1 << 16, 1 << 12, 1]) {
      try {
        for (;;) await file.write(Buffer.alloc(size));
      } catch (error) {
        if (!(error instanceof Error && "code" in error && error.code === "ENOSPC")) throw error;
      }
    }
  } finally {
    await file.close();
  }
  return path;
}

describe.skipIf(probe === undefined)("a server on a disk that gets full", () => {
  test("says so, reads on, keeps what it has, and writes again when there is room", async () => {
    const disk = smallDisk("8m") ?? "";
    const database = join(disk, "tracking.db");
    const server = await startServer({
      host: "127.0.0.1",
      port: 0,
      backendStoreUri: `sqlite:///${database}`,
      artifactsDestination: join(disk, "artifacts"),
    });
    const call = async (path: string, body?: object) => {
      const json = { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
      const answer = await fetch(server.url + path, body === undefined ? {} : json);
      return { status: answer.status, body: await answer.json() };
    };
    const put = async (name: string, bytes: number) => {
      const answer = await fetch(`${server.url}${A}/0/${name}`, { method: "PUT", body: Buffer.alloc(bytes, name) });
      return { status: answer.status, text: await answer.text() };
    };
    const { body: made } = await call(`${M}/runs/create`, { experiment_id: "0", start_time: 1 });
    const run_id: string = made.run.info.run_id;
    const tag = (key: string) => call(`${M}/runs/set-tag`, { run_id, key, value: "x".repeat(5000) });
    const tagsOf = async (): Promise<readonly string[]> =>
      (await call(`${M}/runs/get?run_id=${run_id}`)).body.run.data.tags
        .map(({ key }: { key: string }) => key)
        .filter((key: string) => key.startsWith("t"));

    const written: string[] = [];
    for (let i = 0; i < 5; i++) {
      expect((await tag(`t${i}`)).status).toBe(200);
      written.push(`t${i}`);
    }
    expect((await put("kept.bin", 100_000)).status).toBe(200);
    const filler = await fill(disk);

    // The log of the database has some room of its own; then it is full.
    let refusal = await tag("t5");
    for (let i = 5; refusal.status === 200; ) {
      written.push(`t${i}`);
      refusal = await tag(`t${++i}`);
    }
    expect(refusal).toMatchObject({ status: 503, body: { error_code: "TEMPORARILY_UNAVAILABLE" } });
    expect(refusal.body.message).toMatch(
      /^The disk that holds .*tracking\.db is full: free some space and try again\.$/,
    );
    const upload = await put("big.bin", 1_000_000);
    expect(upload.status).toBe(503);
    expect(JSON.parse(upload.text)).toMatchObject({
      error_code: "TEMPORARILY_UNAVAILABLE",
      message: "The disk for artifacts is full: '0/big.bin' was not written; free some space and try again.",
    });
    // What was there stays, when its own replacement fails too.
    expect((await put("kept.bin", 1_000_000)).status).toBe(503);

    expect([...(await tagsOf())].sort()).toEqual([...written].sort());
    expect(await (await fetch(`${server.url}${A}/0/kept.bin`)).text()).toBe(
      Buffer.alloc(100_000, "kept.bin").toString(),
    );
    expect((await call(`${A}?path=0`)).body.files).toEqual([{ path: "kept.bin", is_dir: false, file_size: 100_000 }]);
    expect(await readdir(join(disk, "artifacts", ".esteira-uploads"))).toEqual([]);
    expect((await fetch(`${server.url}/health`)).status).toBe(200);

    await rm(filler);
    expect((await tag("t-after")).status).toBe(200);
    expect((await put("big.bin", 1_000_000)).status).toBe(200);
    expect([...(await tagsOf())].sort()).toEqual([...written, "t-after"].sort());
    await server.close();
    const existing = await connectExisting(`sqlite:///${database}`);
    expect((await checkDatabase(existing)).faults).toEqual([]);
    await existing.close();
  });
});

import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, it } from "vitest";
import type { ScoredRequest } from "./answer.ts";
import { openRequestLog } from "./request-log.ts";

const folders: string[] = [];
afterEach(async () => {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true });
});
async function scratch(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-request-log-"));
  folders.push(folder);
  return folder;
}

const request = (requestId: string): ScoredRequest => ({
  status: 200,
  rows: 2,
  seconds: 0.001,
  requestId,
  scored: {
    table: { names: ["amount", "payer"], columns: [Float64Array.of(1.5, Number.NaN), ["ana", null]], rowCount: 2 },
    params: {},
    predictions: [0.25, 0.5],
    variant: "canary",
    identity: { name: "pix-fraud", version: "3" },
  },
});
const lines = async (folder: string): Promise<unknown[]> => {
  const files = (await readdir(folder)).sort();
  const texts = await Promise.all(files.map((file) => readFile(join(folder, file), "utf8")));
  return texts.flatMap((text) => text.trim().split("\n")).map((line) => JSON.parse(line) as unknown);
};

it("writes what was asked and answered, without the redacted columns", async () => {
  const folder = await scratch();
  const log = await openRequestLog({ folder, sample: 1, redact: ["payer"], now: () => new Date(0) });
  log.write(request("one"));
  log.write({ status: 400, rows: 0, seconds: 0, requestId: "refused" });
  await log.close();
  expect(await lines(folder)).toEqual([
    {
      time: "1970-01-01T00:00:00.000Z",
      request_id: "one",
      model: "pix-fraud",
      version: "3",
      variant: "canary",
      status: 200,
      seconds: 0.001,
      columns: ["amount", "payer"],
      data: [[1.5, null], "[redacted]"],
      predictions: [0.25, 0.5],
    },
  ]);
  expect(log.missed).toBe(0);
});

it("takes a sample by the request's id", async () => {
  const folder = await scratch();
  const log = await openRequestLog({ folder, sample: 0.2, redact: [] });
  for (let i = 0; i < 2000; i++) log.write(request(`request-${i}`));
  await log.close();
  const written = await lines(folder);
  expect(written.length).toBeGreaterThan(320);
  expect(written.length).toBeLessThan(480);
});

it("turns files by size and keeps the newest", async () => {
  const folder = await scratch();
  const log = await openRequestLog({ folder, sample: 1, redact: [], fileBytes: 500, files: 3 });
  for (let i = 0; i < 20; i++) {
    log.write(request(String(i)));
    await log.close();
  }
  expect(await readdir(folder)).toHaveLength(3);
  expect((await lines(folder)).at(-1)).toMatchObject({ request_id: "19" });
});

it("counts what a broken folder cannot keep, and goes on", async () => {
  const folder = join(await scratch(), "log");
  const log = await openRequestLog({ folder, sample: 1, redact: [] });
  await rm(folder, { recursive: true });
  await writeFile(folder, "in the way");
  log.write(request("lost"));
  await log.close();
  expect(log.missed).toBe(1);
  await rm(folder);
});

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { afterAll, beforeAll, expect, it } from "vitest";
import { modelBytes } from "../../../models/src/engines/trees/fixtures/fixture.ts";
import { dateIn, runBatch } from "./batch-run.ts";

const FEATURES = ["a", "b", "c", "d", "e", "f"];
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-batch-run-"));
  await writeModelFolder(join(folder, "model"), {
    ...{ ubj: modelBytes("forest.ubj"), createdAt: 0, modelUuid: "0".repeat(32) },
    signature: { inputs: columnsOf(FEATURES, "double") },
    inputExample: { columns: FEATURES, data: [[1, 2, 3, 4, 5, 6]] },
  });
  await writeFile(join(folder, "2026-11-26.csv"), `id,${FEATURES.join(",")}\nx,1,2,3,4,5,6\ny,6,5,4,3,2,1\n`);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const batch = (env: Record<string, string>, now = "2026-11-27T01:00:00Z") =>
  runBatch({
    ...{ folder: join(folder, "model"), env, now: new Date(now), note: () => {} },
    signal: new AbortController().signal,
  });

it("scores the day's file into another, with the columns that are kept", async () => {
  const output = join(folder, "out", "{date}.jsonl");
  const place = { ESTEIRA_INPUT: join(folder, "{date}.csv"), ESTEIRA_OUTPUT: output, ESTEIRA_KEEP: "id" };
  const done = await batch({ ...place, ESTEIRA_TIMEZONE: "America/Sao_Paulo" });
  expect(done).toMatchObject({ rows: 2, isComplete: true });
  const lines = (await readFile(output.replace("{date}", "2026-11-26"), "utf8")).trim().split("\n");
  expect(lines.map((line) => JSON.parse(line).id)).toEqual(["x", "y"]);
});

it("gets rows from an address, and puts the answers to one", async () => {
  const put: { url: string; body: string }[] = [];
  const server = createServer(async (request, response) => {
    if (request.method === "GET") response.end(await readFile(join(folder, "2026-11-26.csv")));
    else {
      put.push({ url: request.url ?? "", body: await text(request) });
      response.writeHead(request.url?.startsWith("/no") ? 403 : 200).end();
    }
  }).listen(0, "127.0.0.1");
  await new Promise((done) => server.once("listening", done));
  const address = server.address();
  const at = `http://127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  try {
    await batch({ ESTEIRA_INPUT: `${at}/rows.csv?sig=s3cret`, ESTEIRA_OUTPUT: `${at}/out.csv?sig=s3cret` });
    expect(put.map(({ url, body }) => [url, body.trim().split("\n").length])).toEqual([["/out.csv?sig=s3cret", 3]]);
    const refused = batch({ ESTEIRA_INPUT: `${at}/rows.csv`, ESTEIRA_OUTPUT: `${at}/no.csv?sig=s3cret` });
    await expect(refused).rejects.toThrow(/\/no\.csv does not do what is asked of it: status 403\.$/);
  } finally {
    server.close();
  }
});

it.each([
  [{}, "ESTEIRA_INPUT is not set"],
  [{ ESTEIRA_INPUT: "/nowhere/rows.csv", ESTEIRA_OUTPUT: "/tmp/o.csv" }, "The input /nowhere/rows.csv is no file"],
  [{ ESTEIRA_INPUT: "/nowhere/rows.xls", ESTEIRA_OUTPUT: "/tmp/o.csv" }, "does not say what it is"],
  [{ ESTEIRA_INPUT: "s3://b/rows.csv", ESTEIRA_OUTPUT: "/tmp/o.csv" }, "'s3://b/rows.csv' is no place of a batch"],
])("says what is wrong: %j", async (env, why) => {
  await expect(batch(env)).rejects.toThrow(why);
});

it("knows the day of a place", () => {
  const now = new Date("2026-11-27T01:00:00Z");
  expect([dateIn(now, "UTC"), dateIn(now, "America/Sao_Paulo")]).toEqual(["2026-11-27", "2026-11-26"]);
  expect(() => dateIn(now, "Brasil")).toThrow("ESTEIRA_TIMEZONE is 'Brasil'");
});

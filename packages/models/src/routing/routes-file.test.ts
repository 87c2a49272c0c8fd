import { mkdtemp, rename, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Routes } from "@esteira/core/wire/routes";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { followRoutes, readRoutes } from "./routes-file.ts";

let folder: string;
let file: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-routes-"));
  file = join(folder, "routes.json");
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const routes = (generation: number): Routes => ({
  generation,
  primary: { url: "http://127.0.0.1:8080", model: `models:/pix/${generation}` },
});
const put = async (content: unknown): Promise<void> => {
  await writeFile(`${file}.new`, typeof content === "string" ? content : JSON.stringify(content));
  await rename(`${file}.new`, file);
};

describe("readRoutes", () => {
  it.each([
    ["nothing", undefined, "cannot be read"],
    ["half a file", '{"generation": 1, ', "is not valid JSON"],
    ["no primary", { generation: 1 }, "primary"],
    ["an address that is none", { generation: 1, primary: { url: "pix:8080", model: "m" } }, "primary.url"],
    ["a share above 1", { ...routes(1), canary: { url: "http://b", model: "m", share: 1.5 } }, "canary.share"],
    ["a field that it does not know", { ...routes(1), canarry: {} }, "canarry"],
  ])("refuses %s", async (_, content, message) => {
    if (content !== undefined) await put(content);
    await expect(readRoutes(file)).rejects.toThrow(message);
    await expect(readRoutes(file)).rejects.toThrow(file);
  });
});

describe("followRoutes", () => {
  it("follows each new generation, and nothing that is broken or older", async () => {
    await put(routes(1));
    const followed: number[] = [];
    const notes: string[] = [];
    const stop = new AbortController();
    const following = followRoutes(file, {
      current: await readRoutes(file),
      follow: ({ generation }) => void followed.push(generation),
      note: (line) => void notes.push(line),
      signal: stop.signal,
    });
    await put(routes(2));
    await expect.poll(() => followed, { timeout: 10_000 }).toEqual([2]);
    await put("{");
    await expect.poll(() => notes, { timeout: 10_000 }).toHaveLength(1);
    await put(routes(1));
    await expect.poll(() => notes, { timeout: 10_000 }).toHaveLength(2);
    expect(notes[1]).toContain("older than 2");
    await put(routes(3));
    await expect.poll(() => followed, { timeout: 10_000 }).toEqual([2, 3]);
    stop.abort();
    await following;
  }, 60_000);
});

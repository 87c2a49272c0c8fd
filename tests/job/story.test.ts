import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Story } from "../../pix-fraud/src/story/story.ts";

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const MAIN = ["--conditions=@esteira/source", "--import", "tsx", "pix-fraud/src/story/main.ts"];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-story-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const tell = (...args: readonly string[]) =>
  run(process.execPath, [...MAIN, ...args], { cwd: ROOT, maxBuffer: 2 ** 26 });

describe("a model's life in the simulated world", { timeout: 1_800_000 }, () => {
  it("is deployed, overtaken, told so, trained anew and judged, and what is new waits for a person", async () => {
    const data = join(folder, "data");
    const { stdout } = await tell("--transfers", "120000", "--days", "60", "--data", data);
    const story = JSON.parse(await readFile(join(data, "story.json"), "utf8")) as Story;
    expect(story.days).toHaveLength(60);
    const day = (kind: string) => story.events.find((event) => event.kind === kind)?.day ?? Number.NaN;
    expect(day("deployed")).toBe(0);
    expect(day("late")).toBeGreaterThan(0);
    expect(day("alarm")).toBeGreaterThan(day("late"));
    expect(day("retrained")).toBeGreaterThan(day("alarm"));
    // Whether it is better at so few frauds is the gate's to say; nothing is promoted without the approval.
    const judged = story.events.find(
      ({ kind, day: on }) => (kind === "approval" || kind === "refused") && on >= day("retrained"),
    );
    expect(judged, stdout).toBeDefined();
    const promoted = story.events.find(({ kind }) => kind === "promoted");
    if (promoted !== undefined) expect(promoted.day).toBeGreaterThan(day("approval"));
    for (const { day: on, version } of story.days)
      expect(Number(version)).toBe(promoted !== undefined && on >= promoted.day ? 2 : 1);
    expect(story.events.find(({ kind }) => kind === "alarm")?.text).toContain("remote_access");
    expect(await readFile(join(data, "story.svg"), "utf8")).toContain("</svg>");
    await expect(tell("--data", data)).rejects.toThrow("is not empty");
  });

  it("refuses what it cannot tell", async () => {
    await expect(tell("--days", "5")).rejects.toThrow("--days is '5': expected a whole number from");
    await expect(tell("--speed", "5")).rejects.toThrow("Unknown option '--speed'");
  });
});

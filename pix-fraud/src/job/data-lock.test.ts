import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDataFolder } from "./data-lock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-lock-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const leave = (holder: unknown) =>
  writeFile(join(folder, "job.lock"), typeof holder === "string" ? holder : JSON.stringify(holder));

test("one job at a time has the folder", async () => {
  const unlock = await lockDataFolder(folder);
  await expect(lockDataFolder(folder)).rejects.toThrow(
    `Another job (process ${process.pid}) is at work in ${folder}: wait until it ends`,
  );
  await unlock();
  await unlock();
  expect(await readdir(folder)).toEqual([]);
  await (await lockDataFolder(folder))();
});

test("of many that ask at once one gets it", async () => {
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataFolder(folder)));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
});

test("the lock of a process that was killed is taken over, by one of many", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"], { stdio: "ignore" });
  await leave({ host: hostname(), pid: child.pid, began: "" });
  await expect(lockDataFolder(folder)).rejects.toThrow(`(process ${child.pid})`);
  child.kill("SIGKILL");
  await once(child, "exit");
  const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => lockDataFolder(folder)));
  expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
  expect(await readdir(folder)).toEqual(["job.lock"]);
});

test.skipIf(process.platform !== "linux")("a process number that was given again is not the holder", async () => {
  await leave({ host: hostname(), pid: process.pid, began: "1" });
  await (await lockDataFolder(folder))();
});

test("a lock that was never written to its end is taken over", async () => {
  for (const text of ["", "{", '{"pid": "x"}']) {
    await leave(text);
    await (await lockDataFolder(folder))();
  }
});

test("of another machine nobody can tell: the refusal says what to do, and a lock that is not ours stays", async () => {
  await leave({ host: "elsewhere", pid: 1, began: "1" });
  await expect(lockDataFolder(folder)).rejects.toThrow(
    /process 1 on elsewhere.*If that one is no more, remove .*job\.lock/,
  );
  await rm(join(folder, "job.lock"));
  const unlock = await lockDataFolder(folder);
  await leave({ host: "elsewhere", pid: 1, began: "1" });
  await unlock();
  expect(await readFile(join(folder, "job.lock"), "utf8")).toContain("elsewhere");
});

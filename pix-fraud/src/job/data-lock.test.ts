import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lockDataFolder } from "./data-lock.ts";

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-lock-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test("one job at a time has the folder", () => {
  const unlock = lockDataFolder(folder);
  expect(() => lockDataFolder(folder)).toThrow(
    `Another job (process ${process.pid}) is at work in ${folder}: wait until it ends`,
  );
  unlock();
  unlock();
  lockDataFolder(folder)();
});

/** A process that takes the folder, says so, and stays. */
function otherJob() {
  const script = `
    import { lockDataFolder } from ${JSON.stringify(fileURLToPath(new URL("data-lock.ts", import.meta.url)))};
    try { lockDataFolder(${JSON.stringify(folder)}); console.log("has it"); setInterval(() => {}, 1000); }
    catch { console.log("refused"); }`;
  const child = spawn(
    process.execPath,
    ["--conditions=@esteira/source", "--import", "tsx", "--input-type=module", "--eval", script],
    { stdio: ["ignore", "pipe", "inherit"], cwd: fileURLToPath(new URL("../../..", import.meta.url)) },
  );
  return { child, said: once(child.stdout, "data").then(([data]) => String(data).trim()) };
}

test("the lock of a process that was killed is free, for one of many", async () => {
  const first = otherJob();
  expect(await first.said).toBe("has it");
  expect(() => lockDataFolder(folder)).toThrow(`(process ${first.child.pid})`);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  const many = Array.from({ length: 4 }, otherJob);
  const answers = await Promise.all(many.map(({ said }) => said));
  for (const { child } of many) child.kill("SIGKILL");
  expect(answers.sort()).toEqual(["has it", "refused", "refused", "refused"]);
});

import { spawn } from "node:child_process";
import { once } from "node:events";
import { expect, it } from "vitest";
import { hasEnded } from "./process-state.ts";

const isLinux = process.platform === "linux";

it("knows a process that is at work from one that has ended", async () => {
  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)"]);
  await once(child, "spawn");
  expect(await hasEnded(child.pid!)).toBe(false);
  const ended = hasEnded(child.pid!, 60_000);
  child.kill("SIGKILL");
  expect(await ended).toBe(true);
});

it.skipIf(!isLinux)("counts a process that nobody has waited for as ended", async () => {
  // `sleep` takes the shell's place, and waits for no child of the shell's.
  const parent = spawn("sh", ["-c", "true & echo $!; exec sleep 600"], { stdio: ["ignore", "pipe", "ignore"] });
  try {
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    expect(await hasEnded(pid, 60_000)).toBe(true);
    expect(process.kill(pid, 0), "it is still a process").toBe(true);
  } finally {
    parent.kill("SIGKILL");
  }
});

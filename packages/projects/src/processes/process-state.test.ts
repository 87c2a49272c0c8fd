import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { expect, it, vi } from "vitest";
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
  // `sleep` takes the shell's place and waits for no child of the shell's. Only then does that child end, at the end of its input.
  const parent = spawn("sh", ["-c", "exec 3<&0; cat <&3 & echo $!; exec sleep 600"], {
    stdio: ["pipe", "pipe", "ignore"],
  });
  try {
    const [line] = (await once(parent.stdout, "data")) as [Buffer];
    const pid = Number(line.toString());
    await vi.waitFor(async () => expect(await readFile(`/proc/${parent.pid}/comm`, "utf8")).toBe("sleep\n"), 60_000);
    expect(await hasEnded(pid)).toBe(false);
    parent.stdin.end();
    expect(await hasEnded(pid, 60_000)).toBe(true);
    expect(process.kill(pid, 0), "it is still a process").toBe(true);
  } finally {
    parent.kill("SIGKILL");
  }
});

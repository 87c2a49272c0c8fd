import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const mounted: string[] = [];

/** A file system of this size in memory ("3m"); undefined where this process may not mount one. */
export function smallDisk(size: string): string | undefined {
  if (process.platform !== "linux") return undefined;
  const folder = mkdtempSync(join(tmpdir(), "esteira-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}`, "tmpfs", folder], { stdio: "pipe" });
    mounted.push(folder);
    return folder;
  } catch {
    rmdirSync(folder);
    return undefined;
  }
}

export const resizeDisk = (folder: string, size: string): void =>
  void execFileSync("mount", ["-o", `remount,size=${size}`, folder]);

export function removeDisks(): void {
  for (const folder of mounted.splice(0)) {
    // Lazily: SQLite's library holds its files until its statements are collected.
    execFileSync("umount", ["-l", folder]);
    rmdirSync(folder);
  }
}

/** A folder for one process at a time. */

import { open, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";

/**
 * Makes the lock file, and resolves with what removes it. A lock whose process is gone is taken over. Throws INVALID_PARAMETER_VALUE while another
 * process has it; `doing` says what that one does ("erasing").
 */
export async function lockFolder(folder: string, name: string, doing: string): Promise<() => Promise<void>> {
  const path = join(folder, name);
  for (let attempt = 0; attempt < 2; attempt++) {
    try {
      const handle = await open(path, "wx", 0o600);
      await handle.writeFile(String(process.pid));
      await handle.close();
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
      const pid = Number(await readFile(path, "utf8").catch(() => ""));
      if (isRunning(pid)) throw invalid(`Process ${pid} is ${doing} in '${folder}': wait until it is done.`);
      await rm(path, { force: true });
    }
  }
  throw invalid(`Another process is ${doing} in '${folder}': wait until it is done.`);
}

function isRunning(pid: number): boolean {
  if (!Number.isSafeInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

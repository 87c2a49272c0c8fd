import { closeSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import Libsql from "libsql";

const LOCK = "job.lock";
const HOLDER = "job.pid";

/**
 * Takes a data folder for one job. Two at once would judge each other's half-done work, and neither could tell whether a
 * run that is RUNNING is anybody's. The lock is SQLite's own on an empty file: the system gives it free when the process
 * ends, however it ends.
 *
 * @returns what gives the folder free.
 */
export function lockDataFolder(folder: string): () => void {
  // The system's own error names the file; the driver's has no code.
  closeSync(openSync(join(folder, LOCK), "a"));
  const database = new Libsql(join(folder, LOCK));
  try {
    database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
  } catch (error) {
    database.close();
    if (error instanceof Error && "code" in error && error.code === "SQLITE_BUSY") throw occupied(folder);
    throw error;
  }
  // Only for the sentence that the next job gets: what counts is the lock.
  writeFileSync(join(folder, HOLDER), String(process.pid));
  let held = true;
  return () => {
    if (!held) return;
    held = false;
    rmSync(join(folder, HOLDER), { force: true });
    database.exec("ROLLBACK");
    database.close();
  };
}

function occupied(folder: string): EsteiraError {
  return new EsteiraError(
    "INVALID_STATE",
    `Another job${holder(folder)} is at work in ${folder}: wait until it ends, stop it, or give this one a folder of its own with --data.`,
  );
}

function holder(folder: string): string {
  try {
    return ` (process ${readFileSync(join(folder, HOLDER), "utf8")})`;
  } catch {
    return "";
  }
}

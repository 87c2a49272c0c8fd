import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import Libsql from "libsql";

const TRY_EVERY_MS = 20;

/**
 * One at a time among all processes of this machine. The lock is SQLite's own on an empty file: the system gives it free
 * when its holder ends, however it ends.
 */
export async function locked<T>(file: string, waitMs: number, work: () => Promise<T>): Promise<T> {
  const database = new Libsql(file);
  try {
    await take(database, file, waitMs);
    return await work();
  } finally {
    database.close();
  }
}

async function take(database: Libsql.Database, file: string, waitMs: number): Promise<void> {
  for (const deadline = performance.now() + waitMs; ; await sleep(TRY_EVERY_MS)) {
    try {
      database.exec("PRAGMA busy_timeout = 0; BEGIN EXCLUSIVE");
      return;
    } catch (error) {
      if (!(error instanceof Error && "code" in error && error.code === "SQLITE_BUSY")) throw error;
      if (performance.now() < deadline) continue;
      throw new EsteiraError(
        "TEMPORARILY_UNAVAILABLE",
        `Somebody else is changing this deployment (${file} is locked): try again later.`,
      );
    }
  }
}

import { setTimeout as sleep } from "node:timers/promises";
import { codeOf } from "../database/errors.ts";

const PATIENCE_MS = 5000;
const LONGEST_PAUSE_MS = 50;

/**
 * Takes the write lock, waiting while another connection holds it. SQLite's own waiting would block the process: its
 * readers, and the very connection that it waits for when that one is in this process too.
 */
export async function beginImmediate(begin: () => Promise<unknown>): Promise<void> {
  const deadline = performance.now() + PATIENCE_MS;
  for (let pause = 1; ; pause = Math.min(LONGEST_PAUSE_MS, pause * 2)) {
    try {
      await begin();
      return;
    } catch (error) {
      if (!codeOf(error).startsWith("SQLITE_BUSY") || performance.now() > deadline) throw error;
    }
    await sleep(pause);
  }
}

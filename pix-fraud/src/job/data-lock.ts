import { readFile, rename, rm, writeFile } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import { z } from "zod";

const LOCK = "job.lock";
const ATTEMPTS = 5;
const PAUSE_MS = 50;

const holderWire = z.object({
  host: z.string(),
  pid: z.number().int().positive(),
  /** When the process began, in the system's own unit: a process number is given again. Empty where the system does not tell. */
  began: z.string(),
});
type Holder = z.infer<typeof holderWire>;

/**
 * Takes a data folder for one job. Two at once would judge each other's half-done work, and neither could tell whether a
 * run that is RUNNING is anybody's. The lock of a process that was killed is taken over.
 * @returns what gives the folder free.
 */
export async function lockDataFolder(folder: string): Promise<() => Promise<void>> {
  const path = join(folder, LOCK);
  const mine = JSON.stringify({ host: hostname(), pid: process.pid, began: await beganAt(process.pid) });
  for (let attempt = 0; ; attempt++) {
    if (await createFile(path, mine)) {
      return async () => {
        if ((await textOf(path)) === mine) await rm(path, { force: true });
      };
    }
    const text = await textOf(path);
    const holder = parseHolder(text);
    // Not yet written by the job that has just made it; or left empty by one that died in between.
    const unclear = text !== undefined && holder === undefined && attempt < ATTEMPTS - 1;
    if (attempt >= ATTEMPTS || (holder !== undefined && (await isAlive(holder)))) throw occupied(folder, path, holder);
    if (unclear || text === undefined) await sleep(PAUSE_MS);
    else await removeStale(path, text);
  }
}

function occupied(folder: string, path: string, holder: Holder | undefined): EsteiraError {
  const elsewhere = holder !== undefined && holder.host !== hostname();
  const who = holder === undefined ? "" : ` (process ${holder.pid}${elsewhere ? ` on ${holder.host}` : ""})`;
  const otherwise = elsewhere ? ` If that one is no more, remove ${path}.` : "";
  return new EsteiraError(
    "INVALID_STATE",
    `Another job${who} is at work in ${folder}: wait until it ends, stop it, or give this one a folder of its own with --data.${otherwise}`,
  );
}

async function createFile(path: string, text: string): Promise<boolean> {
  try {
    await writeFile(path, text, { flag: "wx" });
    return true;
  } catch (error) {
    if (codeOf(error) === "EEXIST") return false;
    // A full disk leaves an empty file.
    if (codeOf(error) === "ENOSPC") await rm(path, { force: true });
    throw error;
  }
}

/** Moves the lock aside before it goes: of two jobs that find it stale one has it, and a new lock in its place comes back. */
async function removeStale(path: string, stale: string): Promise<void> {
  const aside = `${path}.${process.pid}`;
  try {
    await rename(path, aside);
  } catch (error) {
    if (codeOf(error) === "ENOENT") return;
    throw error;
  }
  const moved = await textOf(aside);
  if (moved !== undefined && moved !== stale) await createFile(path, moved);
  await rm(aside, { force: true });
}

function parseHolder(text: string | undefined): Holder | undefined {
  try {
    return holderWire.parse(JSON.parse(text ?? ""));
  } catch {
    return undefined;
  }
}

/** A process of another machine counts as alive: nothing here can tell. */
async function isAlive({ host, pid, began }: Holder): Promise<boolean> {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    if (codeOf(error) === "ESRCH") return false;
  }
  const now = await beganAt(pid);
  return began === "" || now === "" || began === now;
}

/** Clock ticks since the system's start, from /proc; empty where there is none. */
async function beganAt(pid: number): Promise<string> {
  const text = (await textOf(`/proc/${pid}/stat`)) ?? "";
  // The second field is the program's name in parentheses, which may hold spaces: counting starts behind it.
  return text.slice(text.lastIndexOf(")") + 2).split(" ")[19] ?? "";
}

const textOf = (path: string): Promise<string | undefined> => readFile(path, "utf8").catch(() => undefined);

const codeOf = (error: unknown): string =>
  error instanceof Error && "code" in error && typeof error.code === "string" ? error.code : "";

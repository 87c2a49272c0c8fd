import { createHash, randomUUID } from "node:crypto";
import { readdir, readFile, readlink, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

const ABANDONED_AFTER_MS = 24 * 60 * 60 * 1000;

/**
 * Names for files under way: an upload that is not whole yet, or a folder that is being removed. The name tells whose it
 * is, so that a later process knows which ones nobody will finish.
 */
export async function newWorkName(): Promise<string> {
  return `${await machine()}~${process.pid}~${randomUUID()}`;
}

/** Removes what killed processes of this machine left, and everything older than a day. */
export async function removeAbandoned(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  const own = await machine();
  await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      if (isOwnerGone(name, own) || (await isOld(path))) await rm(path, { force: true, recursive: true });
    }),
  );
}

function isOwnerGone(name: string, own: string): boolean {
  const [owner, pid] = name.split("~");
  if (owner !== own || pid === undefined || !/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_AFTER_MS;
}

let known: Promise<string> | undefined;

/**
 * Where a process id means what it says. Two containers may share a host name and a volume, but not the boot and the
 * namespace in which their processes are numbered.
 */
function machine(): Promise<string> {
  known ??= (async () => {
    const boot = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "");
    const namespace = await readlink("/proc/self/ns/pid").catch(() => "");
    return createHash("sha256").update(`${hostname()} ${boot} ${namespace}`).digest("hex").slice(0, 16);
  })();
  return known;
}

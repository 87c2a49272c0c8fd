import { randomUUID } from "node:crypto";
import { readdir, rm, stat } from "node:fs/promises";
import { hostname } from "node:os";
import { join } from "node:path";

const ABANDONED_AFTER = 24 * 60 * 60 * 1000;

/** The name tells whose upload it is, so that a later process knows which ones nobody will finish. */
export const newUpload = (folder: string): string =>
  join(folder, `${encodeURIComponent(hostname())}~${process.pid}~${randomUUID()}`);

/** Removes what killed processes of this machine left, and everything older than a day. */
export async function removeAbandonedUploads(folder: string): Promise<void> {
  const names = await readdir(folder).catch(() => []);
  await Promise.all(
    names.map(async (name) => {
      const path = join(folder, name);
      if (isOwnerGone(name) || (await isOld(path))) await rm(path, { force: true, recursive: true });
    }),
  );
}

function isOwnerGone(name: string): boolean {
  const [host, pid] = name.split("~");
  if (host !== encodeURIComponent(hostname()) || pid === undefined || !/^\d+$/.test(pid)) return false;
  try {
    process.kill(Number(pid), 0);
    return false;
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "ESRCH";
  }
}

async function isOld(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found !== undefined && Date.now() - found.mtimeMs > ABANDONED_AFTER;
}

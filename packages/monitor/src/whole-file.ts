/** Files that are whole or not there, on the disk when the call returns: what a state or a batch is kept in. */

import { randomUUID } from "node:crypto";
import { open, readdir, rename, rm } from "node:fs/promises";
import { basename, dirname, join } from "node:path";

const DRAFT = /^\..+\.draft$/;

/** Where a file is written before it has its name: hidden, so that readers of the folder pass it by. */
export const draftOf = (path: string): string => join(dirname(path), `.${basename(path)}.${randomUUID()}.draft`);

/** Gives a draft that was written and synced its name, in place of what has it now. */
export async function publish(draft: string, path: string): Promise<void> {
  await rename(draft, path);
  await syncFolder(dirname(path));
}

/** Writes a file in one step: after a stop at any moment it is as before or as now. Readable by its owner alone. */
export async function writeWhole(path: string, content: string | Uint8Array): Promise<void> {
  const draft = draftOf(path);
  try {
    const handle = await open(draft, "wx", 0o600);
    try {
      await handle.writeFile(content);
      await handle.sync();
    } finally {
      await handle.close();
    }
    await publish(draft, path);
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
}

/** Takes away what a killed writer has left in a folder. Only for whoever has the folder for himself. */
export async function removeDrafts(folder: string): Promise<void> {
  for (const name of await readdir(folder)) if (DRAFT.test(name)) await rm(join(folder, name), { force: true });
}

/** Puts the names in a folder on the disk. */
export async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

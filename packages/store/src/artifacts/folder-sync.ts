import type { FileHandle } from "node:fs/promises";

interface Turn {
  readonly running: Promise<void>;
  next?: Promise<void>;
}

/** By device and number of the folder. */
const turns = new Map<string, Turn>();

/**
 * Puts the names in an open folder on the disk. Many uploads into one folder share a call: one that begins after a name
 * was given serves it, and only one runs at a time.
 */
export async function syncFolder(folder: FileHandle): Promise<void> {
  // Windows has no such call, and needs none.
  if (process.platform === "win32") return;
  const { dev, ino } = await folder.stat({ bigint: true });
  const key = `${dev}:${ino}`;
  const turn = turns.get(key);
  if (turn === undefined) return begin(key, folder);
  turn.next ??= turn.running.then(
    () => begin(key, folder),
    () => begin(key, folder),
  );
  return turn.next;
}

function begin(key: string, folder: FileHandle): Promise<void> {
  const turn: Turn = {
    running: folder.sync().finally(() => {
      if (turns.get(key) === turn && turn.next === undefined) turns.delete(key);
    }),
  };
  turns.set(key, turn);
  return turn.running;
}

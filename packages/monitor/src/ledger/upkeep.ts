/** What a ledger needs around each filling: one process at a time, what a killed one left, retention, few files. */

import { mkdir, rm } from "node:fs/promises";
import { lockFolder } from "@esteira/models/decisions/process-lock";
import { removeDrafts, syncFolder } from "../whole-file.ts";
import { compactDay } from "./compact.ts";
import { dayFolder, dayOf, daysFolder, listDays, removeReplaced } from "./parts.ts";
import { destroyKeys } from "./pseudonyms.ts";

const LOCK = "ledger.lock";
const DAY_MS = 86_400_000;

/** Does the work while no other process changes the ledger, on files that are whole. Makes the folder. */
export async function holdLedger<T>(ledger: string, work: () => Promise<T>): Promise<T> {
  await mkdir(ledger, { recursive: true, mode: 0o700 });
  const release = await lockFolder(ledger, LOCK, "filling the ledger");
  try {
    await removeDrafts(ledger);
    for (const day of await listDays(ledger)) {
      await removeDrafts(dayFolder(ledger, day));
      await removeReplaced(ledger, day);
    }
    return await work();
  } finally {
    await release();
  }
}

export interface Upkeep {
  readonly mergedDays: readonly string[];
  readonly removedDays: readonly string[];
  /** Months whose pseudonyms nobody can trace from now on. */
  readonly destroyedKeys: readonly string[];
}

/** The first instant that is kept at `now`, milliseconds: whole days. All is kept without a number of days. */
export const keptFrom = (now: number, keepDays: number | undefined): number =>
  keepDays === undefined ? Number.NEGATIVE_INFINITY : Math.floor(now / DAY_MS) * DAY_MS - keepDays * DAY_MS;

/** Removes days and keys that are past their time, and merges what lies in many files. Only while the ledger is held. */
export async function keepUp(ledger: string, now: number, keepDays: number | undefined): Promise<Upkeep> {
  const from = keptFrom(now, keepDays);
  const days = await listDays(ledger);
  const removedDays = Number.isFinite(from) ? days.filter((day) => day < dayOf(from)) : [];
  for (const day of removedDays) await rm(dayFolder(ledger, day), { recursive: true, force: true });
  if (removedDays.length > 0) await syncFolder(daysFolder(ledger));
  const destroyedKeys = Number.isFinite(from) ? await destroyKeys(ledger, from) : [];
  const mergedDays: string[] = [];
  for (const day of days) if (!removedDays.includes(day) && (await compactDay(ledger, day, now))) mergedDays.push(day);
  return { mergedDays, removedDays, destroyedKeys };
}

/** The files of a ledger: a folder for each day of decisions, and in it Parquet files. */

import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { EsteiraError, notFound } from "@esteira/core/errors";
import { asyncBufferFromFile, parquetMetadataAsync, parquetSchema } from "hyparquet";
import { kindOf, type LedgerColumn } from "./columns.ts";
import { type PartNotes, parseNotes } from "./part-notes.ts";

const DAY_FOLDER = /^day=(\d{4}-\d{2}-\d{2})$/;
const PART = /^part-(\d{6,})\.parquet$/;

export interface Part {
  /** `YYYY-MM-DD`, UTC. */
  readonly day: string;
  readonly name: string;
  readonly path: string;
  readonly rowCount: number;
  readonly columns: readonly LedgerColumn[];
  readonly notes: PartNotes;
}

/** The day of an instant (milliseconds), UTC. */
export const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Nothing else lies in it: readers of Parquet are given this folder. */
export const daysFolder = (ledger: string): string => join(ledger, "decisions");

export const dayFolder = (ledger: string, day: string): string => join(daysFolder(ledger), `day=${day}`);

/** Days that have a folder, the oldest first; none where there is no ledger. */
export async function listDays(ledger: string): Promise<readonly string[]> {
  return (await namesIn(daysFolder(ledger))).flatMap((name) => DAY_FOLDER.exec(name)?.[1] ?? []).sort();
}

/** Refuses a folder in which no ledger is: asking must not make one. */
export async function existingDays(ledger: string): Promise<readonly string[]> {
  const days = await listDays(ledger);
  if (days.length > 0) return days;
  throw notFound(`There is no ledger in '${ledger}': fill one with 'esteira monitor collect --ledger ${ledger}'.`);
}

/** Names of a day's files, those that a merged one has replaced among them: quicker than to read what they say. */
export async function partNames(ledger: string, day: string): Promise<readonly string[]> {
  return (await namesIn(dayFolder(ledger, day))).filter((name) => PART.test(name)).sort();
}

/** The parts of a day that count, the oldest first: not those that a merged one has replaced. */
export async function listParts(ledger: string, day: string): Promise<readonly Part[]> {
  const { parts, replaced } = await readDay(ledger, day);
  return parts.filter(({ name }) => !replaced.has(name));
}

/** Ends a merge that was interrupted: what a merged part holds is removed. */
export async function removeReplaced(ledger: string, day: string): Promise<void> {
  if ((await partNames(ledger, day)).length < 2) return;
  const { parts, replaced } = await readDay(ledger, day);
  for (const { name, path } of parts) if (replaced.has(name)) await rm(path, { force: true });
}

async function readDay(ledger: string, day: string): Promise<{ parts: readonly Part[]; replaced: Set<string> }> {
  const folder = dayFolder(ledger, day);
  const names = await partNames(ledger, day);
  const parts = await Promise.all(names.map((name) => readPart(day, name, join(folder, name))));
  return { parts, replaced: new Set(parts.flatMap(({ notes }) => notes.replaces)) };
}

async function readPart(day: string, name: string, path: string): Promise<Part> {
  let metadata: Awaited<ReturnType<typeof parquetMetadataAsync>>;
  try {
    metadata = await parquetMetadataAsync(await asyncBufferFromFile(path));
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT")
      throw notFound(`'${path}' has been merged into another file meanwhile: read again.`);
    throw damaged(path, error instanceof Error ? error.message : String(error));
  }
  const notes = parseNotes(metadata.key_value_metadata);
  if (notes === undefined) throw damaged(path, "it has no notes of a ledger");
  const columns = parquetSchema(metadata).children.map(({ element }) => ({
    name: element.name,
    kind: kindOf(element),
  }));
  return { day, name, path, rowCount: Number(metadata.num_rows), columns, notes };
}

const damaged = (path: string, why: string) =>
  new EsteiraError(
    "INVALID_STATE",
    `'${path}' is no file of a ledger (${why}): restore it from a backup, or move it away; nothing was changed.`,
  );

/** The name of the next part of a day. Names of replaced parts are not given again. */
export async function nextPartName(ledger: string, day: string): Promise<string> {
  const numbers = (await namesIn(dayFolder(ledger, day))).map((name) => Number(PART.exec(name)?.[1] ?? 0));
  return `part-${String(Math.max(0, ...numbers) + 1).padStart(6, "0")}.parquet`;
}

/** Empty for a folder that is not there. */
async function namesIn(folder: string): Promise<readonly string[]> {
  return readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
}

/**
 * Subjects as a ledger knows them: HMAC-SHA-256 under a key that is another each month. Within a month the same subject has the same pseudonym; once
 * a month's key is destroyed nobody can say whose its pseudonyms were, with the subjects' names at hand either.
 */

import { createHmac, randomBytes } from "node:crypto";
import { mkdir, readdir, readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import { syncFolder, writeWhole } from "../whole-file.ts";

const FOLDER = "keys";
const KEY_BYTES = 32;
const KEY_FILE = /^(\d{4}-\d{2})\.key$/;
/** Hexadecimal digits: 128 bits, as many as the records' own pseudonyms have. */
const DIGITS = 32;
/** Pseudonyms that are remembered. */
const MOST_KNOWN = 100_000;

const monthOf = (at: number): string => new Date(at).toISOString().slice(0, 7);

export interface Pseudonyms {
  /** The pseudonym of a subject in the month of an instant, whose key is opened. */
  of(subject: string, at: number): string;
  /** Opens the key of the month of an instant, and makes it, on the disk, when it is absent. Undefined where it is open. */
  open(at: number): Promise<void> | undefined;
}

export function openPseudonyms(ledger: string): Pseudonyms {
  const keys = new Map<string, Buffer>();
  /** The same few subjects decide much. */
  const known = new Map<string, string>();
  return {
    of(subject, at) {
      const month = monthOf(at);
      const asked = `${month} ${subject}`;
      const found = known.get(asked);
      if (found !== undefined) return found;
      const key = keys.get(month);
      if (key === undefined) throw new Error(`The key of ${month} was not opened.`);
      const pseudonym = createHmac("sha256", key).update(subject).digest("hex").slice(0, DIGITS);
      if (known.size >= MOST_KNOWN) known.clear();
      known.set(asked, pseudonym);
      return pseudonym;
    },
    open(at) {
      const month = monthOf(at);
      if (keys.has(month)) return undefined;
      return monthKey(ledger, month).then((key) => {
        keys.set(month, key);
      });
    },
  };
}

async function monthKey(ledger: string, month: string): Promise<Buffer> {
  const folder = join(ledger, FOLDER);
  const path = join(folder, `${month}.key`);
  const found = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (found === undefined) {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    const fresh = randomBytes(KEY_BYTES);
    await writeWhole(path, fresh);
    return fresh;
  }
  if (found.length === KEY_BYTES) return found;
  throw new EsteiraError(
    "INVALID_STATE",
    `'${path}' is no key of ${KEY_BYTES} bytes: restore it, or remove it, and ${month}'s later pseudonyms are others.`,
  );
}

/** Destroys the keys of months that end before an instant (milliseconds); says which. */
export async function destroyKeys(ledger: string, before: number): Promise<readonly string[]> {
  const folder = join(ledger, FOLDER);
  const names = await readdir(folder).catch(() => []);
  const old = names.flatMap((name) => KEY_FILE.exec(name)?.[1] ?? []).filter((month) => month < monthOf(before));
  for (const month of old) await rm(join(folder, `${month}.key`), { force: true });
  if (old.length > 0) await syncFolder(folder);
  return old.sort();
}

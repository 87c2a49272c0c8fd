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

const monthOf = (at: number): string => new Date(at).toISOString().slice(0, 7);

export interface Pseudonyms {
  /** The pseudonym of a subject in the month of an instant. A key that is absent is made, and on the disk, first. */
  of(subject: string, at: number): Promise<string>;
}

export function openPseudonyms(ledger: string): Pseudonyms {
  const keys = new Map<string, Promise<Buffer>>();
  return {
    async of(subject, at) {
      const month = monthOf(at);
      let key = keys.get(month);
      if (key === undefined) {
        key = monthKey(ledger, month);
        keys.set(month, key);
      }
      return createHmac("sha256", await key)
        .update(subject)
        .digest("hex")
        .slice(0, DIGITS);
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

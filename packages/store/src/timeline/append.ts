import type { Clock } from "@esteira/core/clock";
import { EsteiraError } from "@esteira/core/errors";
import type { Actor, TimelineEntry } from "@esteira/core/timeline/entry";
import { canonicalJson, type Json, type JsonObject } from "@esteira/core/timeline/json";
import { forUpdate } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { digestOf, entryHash } from "./merkle.ts";

export const HEAD = 1;

/** What changed, without what its place in the chain gives it. */
export type Change = Pick<TimelineEntry, "action" | "subject" | "before" | "after" | "evidence" | "reason">;

/** Writes entries for one who acts. */
export type Recorder = (db: Database, change: Change) => Promise<void>;

/**
 * Writes into the chain what the same transaction changes. Call it last: from here until the commit no other writer of the
 * chain goes on. The clock is read under that lock, or entries of two servers would seem to go back in time.
 */
export const recorder =
  ({ clock }: { readonly clock: Clock }, actor: Actor): Recorder =>
  async (db, change) => {
    const head = await lockHead(db);
    const at = clock();
    const entry: TimelineEntry = {
      format: 1,
      sequence: head.sequence + 1,
      at,
      ...(at < head.at ? { behind: head.at - at } : {}),
      actor,
      ...change,
      previous: head.hash,
    };
    await append(db, entry);
  };

/** The end of the chain, which stays the end until this transaction is over. */
export async function lockHead(db: Database): Promise<{ sequence: number; at: number; hash: string }> {
  const head = await db
    .selectFrom("esteira_timeline_head")
    .select(["sequence", "at", "hash"])
    .where("id", "=", HEAD)
    .modifyEnd(forUpdate)
    .executeTakeFirst();
  if (head !== undefined) return head;
  throw new EsteiraError(
    "INVALID_STATE",
    "The timeline has lost its head, so nothing in the registry can be changed: someone has edited esteira_timeline_head; restore a backup.",
  );
}

async function append(db: Database, entry: TimelineEntry): Promise<void> {
  const text = canonicalJson(jsonOf(entry));
  const { sequence, at, subject, action, after } = entry;
  const hash = entryHash(text);
  const newName = action === "model.renamed" && typeof after?.name === "string" ? after.name : null;
  await db
    .insertInto("esteira_timeline")
    .values({ sequence, at, model: subject.model, new_name: newName, entry: text, hash })
    .execute();
  await db.updateTable("esteira_timeline_head").set({ sequence, at, hash }).where("id", "=", HEAD).execute();
}

function jsonOf({ actor, subject, ...entry }: TimelineEntry): JsonObject {
  return { ...defined(entry), actor: defined({ ...actor }), subject: defined({ ...subject }) };
}

const defined = (value: Readonly<Record<string, Json | undefined>>): JsonObject =>
  Object.fromEntries(Object.entries(value).filter((field): field is [string, Json] => field[1] !== undefined));

const LONGEST = 250;
const LONE_SURROGATE = /[\ud800-\udfff]/gu;

/**
 * A free text as the chain keeps it: a long one by its digest only, `sha256:` and 64 hexadecimal digits. Databases keep
 * no half of a surrogate pair, so neither does the chain.
 */
export function recorded(text: string): string {
  const sound = text.replace(LONE_SURROGATE, "\ufffd");
  return sound.length <= LONGEST ? sound : digestOf(sound);
}

import { targetName } from "@esteira/core/policy/policy";
import { type Actor, parseEntry, type TimelineEntry } from "@esteira/core/timeline/entry";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import { modelWriter } from "../registry/model-version-data.ts";
import { type Recorder, recorded } from "../timeline/append.ts";
import { PromotionRefused } from "./guard.ts";

const HOUR_MS = 3_600_000;
/**
 * Refusals of one model that the chain takes in an hour. Who is refused may ask a thousand times a second, and the chain is kept for
 * ever; one refusal that is told already in that hour is not told again.
 */
export const REFUSALS_AN_HOUR = 20;

const MOST_TEXT = 240;

/** Waits for a write. When its policy refused the promotion, nothing of it was written, and the refusal is an entry of its own. */
export async function orRecordRefusal<T>(
  write: Promise<T>,
  session: Session,
  context: StoreContext,
  record: Recorder,
  actor: Actor,
): Promise<T> {
  try {
    return await write;
  } catch (error) {
    if (error instanceof PromotionRefused) await recordRefusal(error, session, context, record, actor);
    throw error;
  }
}

async function recordRefusal(
  { promotion, unmet }: PromotionRefused,
  session: Session,
  context: StoreContext,
  record: Recorder,
  actor: Actor,
): Promise<void> {
  const { model, version, target } = promotion;
  const alias = "alias" in target ? { alias: target.alias } : {};
  const text = `${targetName(target)}: ${unmet.join("; ")}`;
  const reason = recorded(text.length > MOST_TEXT ? `${text.slice(0, MOST_TEXT)}…` : text);
  const isToTell = async (db: Database): Promise<boolean> => {
    const lately = await refusalsSince(db, model, context.clock() - HOUR_MS);
    const isTold = lately.some(
      (entry) => entry.subject.version === version && entry.actor.name === actor.name && entry.reason === reason,
    );
    return !isTold && lately.length < REFUSALS_AN_HOUR;
  };
  // A flood of refusals costs no writes.
  if (!(await session.read(isToTell))) return;
  await modelWriter(session)(model, async (db) => {
    if (!(await isToTell(db))) return;
    const subject = { model, version, ...alias };
    await record(db, { action: "promotion.refused", subject, before: {}, after: {}, reason });
  });
}

/** The newest of them, which are among the model's newest entries. */
async function refusalsSince(db: Database, model: string, since: number): Promise<readonly TimelineEntry[]> {
  const rows = await db
    .selectFrom("esteira_timeline")
    .select("entry")
    .where("model", "=", model)
    .where("at", ">", since)
    .where("entry", "like", '{"action":"promotion.refused"%')
    .orderBy("sequence", "desc")
    .limit(REFUSALS_AN_HOUR)
    .execute();
  return rows.flatMap(({ entry }) => parseEntry(entry) ?? []);
}

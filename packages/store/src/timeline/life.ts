import { parseEntry, type TimelineEntry } from "@esteira/core/timeline/entry";
import type { Database } from "../database/tables.ts";

const PAGE = 2000;

/** The entries of one model's life until an instant (ms), under all its names, oldest first; empty when it was none then. */
export async function lifeOf(
  db: Database,
  model: string,
  until: number | undefined,
): Promise<readonly TimelineEntry[]> {
  const limit =
    until === undefined
      ? Number.MAX_SAFE_INTEGER
      : ((
          await db
            .selectFrom("esteira_timeline")
            .select("sequence")
            .where("at", "<=", until)
            .orderBy("sequence", "desc")
            .limit(1)
            .executeTakeFirst()
        )?.sequence ?? 0);
  const life: TimelineEntry[] = [];
  let [name, last] = [model, limit];
  for (;;) {
    const rows = await db
      .selectFrom("esteira_timeline")
      .select(["entry", "sequence"])
      .where((where) => where.or([where("model", "=", name), where("new_name", "=", name)]))
      .where("sequence", "<=", last)
      .orderBy("sequence", "desc")
      .limit(PAGE)
      .execute();
    if (rows.length === 0) return life.reverse();
    for (const row of rows) {
      last = row.sequence - 1;
      const entry = parseEntry(row.entry);
      if (entry === undefined) continue;
      const isOwn = entry.action !== "model.renamed" || entry.after?.name === name;
      // The name went to another model, or the model away: before this it was somebody else's.
      if (!isOwn || entry.after === null) return life.reverse();
      life.push(entry);
      if (entry.before === null) return life.reverse();
      if (entry.action === "model.renamed") {
        name = entry.subject.model;
        break;
      }
    }
  }
}

import { LOCAL, NO_HASH } from "@esteira/core/timeline/entry";
import type { StoreContext } from "../database/context.ts";
import type { Database } from "../database/tables.ts";
import { HEAD, recorder } from "./append.ts";
import { registryState } from "./registry-state.ts";

/** Begins the chain of a database that has none yet, with an entry for each model that is already there. */
export async function beginTimeline(db: Database, context: StoreContext): Promise<void> {
  await db.insertInto("esteira_timeline_head").values({ id: HEAD, sequence: 0, at: 0, hash: NO_HASH }).execute();
  const record = recorder(context, LOCAL);
  for (const [model, state] of await registryState(db)) {
    await record(db, { action: "model.adopted", subject: { model }, before: null, after: state });
  }
}

import { EsteiraError } from "@esteira/core/errors";
import type { Actor } from "@esteira/core/timeline/entry";
import type { StoreContext } from "../database/context.ts";
import type { Database } from "../database/tables.ts";
import { changeFlow, lockFlow } from "./change.ts";

/** What belongs to a model goes with it. */
export async function renameFlowRows(db: Database, from: string, to: string): Promise<void> {
  for (const table of ["esteira_flow_specs", "esteira_flows"] as const) {
    await db.updateTable(table).set({ model: to }).where("model", "=", from).execute();
  }
}

/** A new model of this name begins with version 1 again: flows that have ended are the timeline's now, and others are cancelled. */
export async function endFlows(
  db: Database,
  context: Pick<StoreContext, "clock">,
  model: string,
  actor: Actor,
): Promise<void> {
  await db.deleteFrom("esteira_flow_specs").where("model", "=", model).execute();
  await db.deleteFrom("esteira_flows").where("model", "=", model).where("work", "is", null).execute();
  const active = await db.selectFrom("esteira_flows").select("id").where("model", "=", model).orderBy("id").execute();
  for (const { id } of active) {
    const event = { kind: "cancel", by: actor.name, reason: "the model was deleted" } as const;
    try {
      await changeFlow(db, context, await lockFlow(db, id), event, actor);
    } catch (error) {
      // One that is putting away or back already goes on.
      if (!(error instanceof EsteiraError)) throw error;
    }
  }
}

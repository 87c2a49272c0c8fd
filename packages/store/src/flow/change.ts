import { notFound } from "@esteira/core/errors";
import { advance, type FlowEvent } from "@esteira/core/flow/flow";
import type { Actor } from "@esteira/core/timeline/entry";
import type { StoreContext } from "../database/context.ts";
import { forUpdate } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { lockHead, recorded, recorder } from "../timeline/append.ts";
import { insertStep } from "./begin.ts";
import { columnsOf, type FlowRow, stateOf } from "./flow-rows.ts";

/** The flow's row, which nobody else changes until this transaction is over. */
export async function lockFlow(db: Database, id: number): Promise<FlowRow> {
  const row = await db
    .selectFrom("esteira_flows")
    .selectAll()
    .where("id", "=", id)
    .modifyEnd(forUpdate)
    .executeTakeFirst();
  if (row === undefined) throw notFound(`There is no flow ${id}.`);
  return row;
}

/**
 * Makes of a locked flow what the event makes of it: its row, its steps and, where it is now elsewhere, an entry of the
 * timeline, in one transaction. Whoever worked on it has lost its lease then.
 *
 * @returns the row as it is now.
 */
export async function changeFlow(
  db: Database,
  context: Pick<StoreContext, "clock">,
  row: FlowRow,
  event: FlowEvent,
  actor: Actor,
  result?: string,
): Promise<FlowRow> {
  const now = context.clock();
  const before = stateOf(row);
  const after = advance(before, event, now);
  const hasMoved = after.number !== before.number || after.work !== before.work;
  const { id, model, version } = row;
  if (before.work !== undefined) {
    const said = "reason" in event ? event.reason : "note" in event ? event.note : undefined;
    const seen = {
      ...(hasMoved ? { ended_at: now, ending: event.kind } : {}),
      ...(said === undefined || said === "" ? {} : { note: said }),
      ...(result === undefined ? {} : { result }),
    };
    if (Object.keys(seen).length > 0)
      await db
        .updateTable("esteira_flow_steps")
        .set(seen)
        .where("flow", "=", id)
        .where("number", "=", before.number)
        .execute();
  }
  await insertStep(db, id, hasMoved ? after : { number: 0, work: undefined }, now);
  let order = row.change_order;
  if (hasMoved || event.kind === "approve") {
    const way = `flow ${id}: ${before.work ?? "ended"}${hasMoved ? ` to ${after.work ?? after.outcome ?? "ended"}` : ""}`;
    await recorder(context, actor)(db, {
      action: !hasMoved ? "flow.approved" : after.work === undefined ? "flow.ended" : "flow.moved",
      subject: { model, version },
      before: {},
      after: {},
      reason: recorded(after.reason === undefined ? way : `${way} (${after.reason})`),
    });
    order = (await lockHead(db)).sequence;
  }
  const changed: FlowRow = {
    ...row,
    ...columnsOf(after),
    ...{ change_order: order, ended_at: after.work === undefined ? now : null },
    ...{ lease: null, leased_until: null, runner: null },
  };
  const { id: _, ...columns } = changed;
  await db.updateTable("esteira_flows").set(columns).where("id", "=", id).execute();
  return changed;
}

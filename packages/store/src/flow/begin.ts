import { beginFlow } from "@esteira/core/flow/flow";
import { type FlowSpec, flowSpecWire } from "@esteira/core/flow/flow-spec";
import type { Actor } from "@esteira/core/timeline/entry";
import type { StoreContext } from "../database/context.ts";
import type { Database } from "../database/tables.ts";
import { holderOf } from "../registry/alias-holder.ts";
import { lockHead, type Recorder } from "../timeline/append.ts";
import { columnsOf } from "./flow-rows.ts";

export async function readSpec(db: Database, model: string): Promise<FlowSpec | undefined> {
  const row = await db.selectFrom("esteira_flow_specs").select("spec").where("model", "=", model).executeTakeFirst();
  return row && flowSpecWire.parse(JSON.parse(row.spec));
}

/** Starts the flow of a version, with its entry in the timeline: call it last, as the recorder itself. Answers its id. */
export async function insertFlow(
  db: Database,
  { clock }: Pick<StoreContext, "clock">,
  {
    model,
    version,
    spec,
    actor,
  }: { readonly model: string; readonly version: number; readonly spec: FlowSpec; readonly actor: string },
  record: Recorder,
): Promise<number> {
  const former = await holderOf(db, model, spec.alias);
  const now = clock();
  const state = beginFlow(spec, now);
  await record(db, {
    action: "flow.started",
    subject: { model, version },
    before: {},
    after: {},
    reason: `begins with ${state.work ?? ""}`,
  });
  const id = (await lockHead(db)).sequence;
  await db
    .insertInto("esteira_flows")
    .values({
      ...{ id, model, version, former: former ?? null, target: spec.target },
      ...columnsOf(state),
      ...{ change_order: id, lease: null, leased_until: null, runner: null },
      ...{ started_by: actor, started_at: now, ended_at: null },
    })
    .execute();
  await insertStep(db, id, state, now);
  return id;
}

export async function insertStep(
  db: Database,
  flow: number,
  { number, work }: { readonly number: number; readonly work: string | undefined },
  now: number,
): Promise<void> {
  if (work === undefined) return;
  await db
    .insertInto("esteira_flow_steps")
    .values({ flow, number, work, began_at: now, ended_at: null, ending: null, note: null, result: null, claims: 0 })
    .execute();
}

/** Starts the flow of a new version, where its model has one. In the transaction that makes the version, so none is lost. */
export async function startWithVersion(
  db: Database,
  context: Pick<StoreContext, "clock">,
  { model, version, actor }: { readonly model: string; readonly version: number; readonly actor: Actor },
  record: Recorder,
): Promise<void> {
  const spec = await readSpec(db, model);
  if (spec !== undefined) await insertFlow(db, context, { model, version, spec, actor: actor.name }, record);
}

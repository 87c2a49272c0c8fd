import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import type { Ask, Claim, Flow, FlowDetails, Report } from "@esteira/core/flow/entity";
import { isOverdue } from "@esteira/core/flow/flow";
import type { FlowSpec } from "@esteira/core/flow/flow-spec";
import { checkModelName, parseVersion } from "@esteira/core/names";
import type { Actor } from "@esteira/core/timeline/entry";
import { canonicalJson, type JsonObject } from "@esteira/core/timeline/json";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import { authorOf } from "../policy/approvals.ts";
import { unmetOf } from "../policy/guard.ts";
import { holderOf } from "../registry/alias-holder.ts";
import { findModelVersion, findRegisteredModel, modelWriter } from "../registry/model-version-data.ts";
import { recorder } from "../timeline/append.ts";
import { digestOf } from "../timeline/merkle.ts";
import { insertFlow, readSpec } from "./begin.ts";
import { changeFlow, lockFlow } from "./change.ts";
import { type FlowRow, stateOf, toFlow, toStep } from "./flow-rows.ts";

const MOST_LISTED = 1000;
const LONGEST_RESULT = 512 * 1024;

/** Deployment flows of versions. What changes one is an entry of the timeline in the same transaction. */
export interface FlowStore {
  /** From now on every new version of the model starts a flow. Those under way go on as they began. */
  setSpec(model: string, spec: FlowSpec, actor: Actor): Promise<void>;
  getSpec(model: string): Promise<FlowSpec>;
  removeSpec(model: string, actor: Actor): Promise<void>;
  start(model: string, version: string, actor: Actor): Promise<Flow>;
  get(model: string, id: number): Promise<FlowDetails>;
  /** The newest first, 1000 at most. */
  list(query: { readonly model?: string; readonly isActive?: boolean }): Promise<readonly Flow[]>;
  ask(
    input: { readonly model: string; readonly id: number; readonly ask: Ask; readonly reason: string },
    actor: Actor,
  ): Promise<Flow>;
  /**
   * Gives the oldest step that is due to this runner alone, for `leaseMs`; undefined when there is none. Of a model's flows only
   * the oldest that has not ended is worked on. Steps past their time are given up first.
   */
  claim(
    input: { readonly runner: string; readonly targets: readonly string[]; readonly leaseMs: number },
    actor: Actor,
  ): Promise<Claim | undefined>;
  /** Lengthens a lease to `leaseMs` from now. Throws INVALID_PARAMETER_VALUE when it is another's, or the flow has moved. */
  renew(held: HeldStep, leaseMs: number): Promise<number>;
  /** How the step went. Throws as `renew` does, and then nothing has changed. */
  report(held: HeldStep, report: Report, result: unknown, actor: Actor): Promise<Flow>;
}

export interface HeldStep {
  readonly id: number;
  readonly number: number;
  readonly lease: string;
}

export function flowStore(session: Session, context: StoreContext): FlowStore {
  const writeModel = modelWriter(session);
  const found = <T>(value: T | undefined, text: string): T => {
    if (value !== undefined) return value;
    throw notFound(text);
  };
  const held = async (db: Database, { id, number, lease }: HeldStep): Promise<FlowRow> => {
    const row = await lockFlow(db, id);
    if (row.lease === lease && row.number === number && (row.leased_until ?? 0) > context.clock()) return row;
    throw invalid(
      `Step ${number} of flow ${id} is not this runner's any more: its lease is over, or the flow has moved.`,
    );
  };
  const details = async (db: Database, row: FlowRow): Promise<FlowDetails> => {
    const steps = await db
      .selectFrom("esteira_flow_steps")
      .selectAll()
      .where("flow", "=", row.id)
      .orderBy("number")
      .execute();
    const { model, version } = row;
    const now = context.clock();
    const { spec, work } = stateOf(row);
    const targets = [{ alias: spec.alias }, ...(spec.stages ? [{ stage: "Production" }] : [])];
    const unmet: string[] = [];
    if (work !== undefined)
      for (const target of targets)
        for (const sentence of await unmetOf(db, now, { model, version, target }))
          if (!unmet.includes(sentence)) unmet.push(sentence);
    return { flow: toFlow(row, now), steps: steps.map(toStep), unmet };
  };

  return {
    setSpec: async (model, spec, actor) => {
      checkModelName(model);
      await writeModel(model, async (db) => {
        await findRegisteredModel(db, model);
        const text = canonicalJson(jsonOf(spec));
        await db
          .insertInto("esteira_flow_specs")
          .values({ model, spec: text })
          .onConflict((conflict) => conflict.column("model").doUpdateSet({ spec: text }))
          .execute();
        await recorder(context, actor)(db, {
          action: "flow.set",
          subject: { model },
          before: {},
          after: {},
          reason: digestOf(text),
        });
      });
    },
    getSpec: async (model) =>
      found(await session.read((db) => readSpec(db, model)), `The model ${model} has no deployment flow.`),
    removeSpec: (model, actor) =>
      writeModel(model, async (db) => {
        found(await readSpec(db, model), `The model ${model} has no deployment flow.`);
        await db.deleteFrom("esteira_flow_specs").where("model", "=", model).execute();
        await recorder(context, actor)(db, { action: "flow.removed", subject: { model }, before: {}, after: {} });
      }),
    start: (model, version, actor) =>
      writeModel(model, async (db) => {
        const number = parseVersion(version);
        await findModelVersion(db, model, number);
        const spec = found(await readSpec(db, model), `The model ${model} has no deployment flow: set one first.`);
        const same = await db
          .selectFrom("esteira_flows")
          .select("id")
          .where("model", "=", model)
          .where("version", "=", number)
          .where("work", "is not", null)
          .executeTakeFirst();
        if (same !== undefined) throw invalid(`Flow ${same.id} of version ${version} of ${model} is under way.`);
        const input = { model, version: number, spec, actor: actor.name };
        const id = await insertFlow(db, context, input, recorder(context, actor));
        return toFlow(await lockFlow(db, id), context.clock());
      }),
    get: (model, id) => session.read(async (db) => details(db, await findFlow(db, model, id))),
    list: ({ model, isActive }) =>
      session.read(async (db) => {
        let query = db.selectFrom("esteira_flows").selectAll().orderBy("id", "desc").limit(MOST_LISTED);
        if (model !== undefined) query = query.where("model", "=", model);
        if (isActive === true) query = query.where("work", "is not", null);
        const now = context.clock();
        return (await query.execute()).map((row) => toFlow(row, now));
      }),
    ask: ({ model, id, ask, reason }, actor) =>
      writeModel(model, async (db) => {
        await findFlow(db, model, id);
        const row = await lockFlow(db, id);
        if (ask === "rollback" && row.work === null) await refuseOldRollback(db, row);
        if (ask === "approve") await refuseAuthor(db, row, actor);
        const by = actor.name;
        const event = ask === "approve" ? { kind: ask, by } : { kind: ask, by, reason };
        return toFlow(await changeFlow(db, context, row, event, actor), context.clock());
      }),
    claim: ({ runner, targets, leaseMs }, actor) =>
      session.write(async (db) => {
        for (const { id } of await oldestActive(db)) {
          let row = await lockFlow(db, id);
          if (!targets.includes(row.target)) continue;
          if (isOverdue(stateOf(row), context.clock()))
            row = await changeFlow(db, context, row, { kind: "timeout" }, actor);
          const now = context.clock();
          if (row.work === null || row.due_at > now || (row.leased_until ?? 0) > now) continue;
          const [lease, until] = [context.newId(), now + leaseMs];
          await db
            .updateTable("esteira_flows")
            .set({ lease, leased_until: until, runner })
            .where("id", "=", id)
            .execute();
          await db
            .updateTable("esteira_flow_steps")
            .set((expression) => ({ claims: expression("claims", "+", 1) }))
            .where("flow", "=", id)
            .where("number", "=", row.number)
            .execute();
          return {
            ...(await details(db, { ...row, runner, leased_until: until })),
            lease,
            until,
            order: row.change_order,
          };
        }
        return undefined;
      }),
    renew: (step, leaseMs) =>
      session.write(async (db) => {
        await held(db, step);
        const until = context.clock() + leaseMs;
        await db.updateTable("esteira_flows").set({ leased_until: until }).where("id", "=", step.id).execute();
        return until;
      }),
    report: (step, report, result, actor) =>
      session.write(async (db) => {
        const text = result === undefined ? undefined : JSON.stringify(result);
        if (text !== undefined && text.length > LONGEST_RESULT)
          throw invalid(`A step's result is ${text.length} characters long: at most ${LONGEST_RESULT} are kept.`);
        const row = await held(db, step);
        return toFlow(await changeFlow(db, context, row, report, actor, text), context.clock());
      }),
  };
}

async function findFlow(db: Database, model: string, id: number): Promise<FlowRow> {
  const row = await db
    .selectFrom("esteira_flows")
    .selectAll()
    .where("id", "=", id)
    .where("model", "=", model)
    .executeTakeFirst();
  if (row !== undefined) return row;
  throw notFound(`The model ${model} has no flow ${id}.`);
}

const oldestActive = (db: Database) =>
  db
    .selectFrom("esteira_flows")
    .select((select) => select.fn.min("id").as("id"))
    .where("work", "is not", null)
    .groupBy("model")
    .orderBy("id")
    .execute();

/** What came after a promotion would be rolled back with it. */
async function refuseOldRollback(db: Database, { id, model, version, state }: FlowRow): Promise<void> {
  const later = await db
    .selectFrom("esteira_flows")
    .select("id")
    .where("model", "=", model)
    .where("work", "is not", null)
    .executeTakeFirst();
  if (later !== undefined) throw invalid(`Flow ${later.id} of ${model} is under way: cancel it first.`);
  const { alias } = stateOf({ state }).spec;
  const holder = await holderOf(db, model, alias);
  if (holder !== version)
    throw invalid(`Flow ${id} cannot be rolled back: the ${alias} of ${model} is version ${holder ?? "none"} by now.`);
}

/** Without access control everybody has one name, and nobody can be told from the author. */
async function refuseAuthor(db: Database, { model, version }: FlowRow, actor: Actor): Promise<void> {
  if (actor.origin === "anonymous" || actor.origin === "local") return;
  if ((await authorOf(db, model, version)) !== actor.name) return;
  throw new EsteiraError(
    "PERMISSION_DENIED",
    `${actor.name} has made version ${version} of ${model}: its approval is somebody else's.`,
  );
}

const jsonOf = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

import type { Deployment, DeploymentPlace, OrderClaim, RollbackOrder } from "@esteira/core/entities/deployment";
import { invalid, notFound } from "@esteira/core/errors";
import type { Actor } from "@esteira/core/timeline/entry";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { forUpdate } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { lockHead, recorded, recorder } from "../timeline/append.ts";
import { isOpen, type OrderRow, RUNNER_GONE_MS, toOrder } from "./deployment-rows.ts";

/** A runner is heard of each time it asks for work, and written down once in so long. */
const NOTED_EVERY_MS = 10_000;

/** Rollbacks that people ask for, and who brings them about: a server reaches no target by itself. */
export interface OrderStore {
  /**
   * Asks that what was served before the last change is served again. Throws INVALID_PARAMETER_VALUE where there is nothing before, or no
   * runner that could do it.
   */
  askRollback(
    input: { readonly id: number; readonly reason: string },
    actor: Actor,
  ): Promise<{ readonly order: RollbackOrder; readonly deployment: Deployment }>;
  /** Gives the oldest rollback at one of these places to this runner alone, for `leaseMs`; undefined when there is none. */
  claimOrder(input: {
    readonly runner: string;
    readonly places: readonly Pick<DeploymentPlace, "target" | "place">[];
    readonly leaseMs: number;
  }): Promise<OrderClaim | undefined>;
  /** How it went. Throws INVALID_PARAMETER_VALUE when it is another's by now. */
  settleOrder(held: {
    readonly id: number;
    readonly lease: string;
    readonly outcome: "done" | "failed";
    readonly note?: string | undefined;
  }): Promise<RollbackOrder>;
}

type ReadDeployments = (db: Database, now: number, query: { readonly id: number }) => Promise<readonly Deployment[]>;

export function orderStore(session: Session, context: StoreContext, read: ReadDeployments): OrderStore {
  const { clock } = context;
  const noted = new Map<string, number>();
  const deploymentOf = async (db: Database, id: number): Promise<Deployment> => {
    const [deployment] = await read(db, clock(), { id });
    if (deployment !== undefined) return deployment;
    throw notFound(`There is no deployment ${id}.`);
  };
  return {
    askRollback: ({ id, reason }, actor) =>
      session.write(async (db) => {
        await db.selectFrom("esteira_deployments").select("id").where("id", "=", id).modifyEnd(forUpdate).execute();
        const deployment = await deploymentOf(db, id);
        refuse(deployment);
        const { model, version, target, place, name } = deployment;
        await recorder(context, actor)(db, {
          action: "deployment.rollback-asked",
          subject: { model, version: Number(version) },
          before: {},
          after: {},
          reason: recorded(`${target} ${place}: ${name}${reason === "" ? "" : `: ${reason}`}`),
        });
        const row: OrderRow = {
          ...{ id: (await lockHead(db)).sequence, deployment: id, asked_by: actor.name, asked_at: clock(), reason },
          ...{ generation: deployment.generation ?? null, lease: null, leased_until: null, runner: null },
          ...{ outcome: null, note: null, ended_at: null },
        };
        await db.insertInto("esteira_rollback_orders").values(row).execute();
        return { order: toOrder(row, clock()), deployment: await deploymentOf(db, id) };
      }),
    claimOrder: async ({ runner, places, leaseMs }) => {
      const now = clock();
      if (now - (noted.get(runner) ?? 0) >= NOTED_EVERY_MS) {
        await session.write((db) => note(db, runner, places, now));
        noted.set(runner, now);
      }
      const waiting = await session.readOnce((db) => openOrders(db));
      if (!waiting.some((row) => isFree(row, now) && isAt(places, row))) return undefined;
      return session.write(async (db) => {
        for (const { id } of (await openOrders(db)).filter((row) => isAt(places, row))) {
          const row = await lockOrder(db, id);
          if (row === undefined || !isFree(row, clock())) continue;
          const held = { lease: context.newId(), leased_until: clock() + leaseMs, runner };
          await db.updateTable("esteira_rollback_orders").set(held).where("id", "=", id).execute();
          const deployment = await deploymentOf(db, row.deployment);
          return { deployment, order: toOrder({ ...row, ...held }, clock()), lease: held.lease };
        }
        return undefined;
      });
    },
    settleOrder: ({ id, lease, outcome, note: said }) =>
      session.write(async (db) => {
        const row = await lockOrder(db, id);
        if (row === undefined || row.lease !== lease || row.outcome !== null)
          throw invalid(`The rollback ${id} is not this runner's any more.`);
        const ended = { outcome, note: said ?? null, ended_at: clock() };
        await db.updateTable("esteira_rollback_orders").set(ended).where("id", "=", id).execute();
        return toOrder({ ...row, ...ended }, clock());
      }),
  };
}

function refuse({ name, state, former, order, runners, target, place }: Deployment): void {
  if (state === "removed") throw invalid(`The deployment ${name} has ended: there is nothing to roll back.`);
  if (former === undefined)
    throw invalid(`The deployment ${name} has served nothing before: there is nothing to go back to.`);
  if (order !== undefined && order.outcome === undefined)
    throw invalid(`A rollback of ${name} is under way already: ${order.askedBy} has asked for it.`);
  if (runners.length > 0) return;
  throw invalid(
    `Nobody could do it: no runner is attached to ${target} at ${place}. Start \`esteira flow work --target ${target}\` there, or run \`esteira deploy rollback -n ${name} --target ${target}\`.`,
  );
}

const isFree = (row: OrderRow, now: number): boolean => isOpen(row, now) && (row.leased_until ?? 0) <= now;

const isAt = (
  places: readonly Pick<DeploymentPlace, "target" | "place">[],
  at: Pick<DeploymentPlace, "target" | "place">,
): boolean => places.some(({ target, place }) => target === at.target && place === at.place);

const openOrders = (db: Database) =>
  db
    .selectFrom("esteira_rollback_orders")
    .innerJoin("esteira_deployments", "esteira_deployments.id", "esteira_rollback_orders.deployment")
    .selectAll("esteira_rollback_orders")
    .select(["esteira_deployments.target", "esteira_deployments.place"])
    .where("esteira_rollback_orders.outcome", "is", null)
    .orderBy("esteira_rollback_orders.id")
    .execute();

const lockOrder = (db: Database, id: number): Promise<OrderRow | undefined> =>
  db.selectFrom("esteira_rollback_orders").selectAll().where("id", "=", id).modifyEnd(forUpdate).executeTakeFirst();

async function note(
  db: Database,
  runner: string,
  places: readonly Pick<DeploymentPlace, "target" | "place">[],
  now: number,
): Promise<void> {
  await db
    .deleteFrom("esteira_runners")
    .where("seen_at", "<", now - RUNNER_GONE_MS)
    .execute();
  for (const { target, place } of places)
    await db
      .insertInto("esteira_runners")
      .values({ runner, target, place, seen_at: now })
      .onConflict((conflict) => conflict.columns(["runner", "target", "place"]).doUpdateSet({ seen_at: now }))
      .execute();
}

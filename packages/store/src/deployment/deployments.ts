import type { VisibleModels } from "@esteira/core/entities/access";
import type { Arm, ChangeKind, Deployment, DeploymentChange, DeploymentPlace } from "@esteira/core/entities/deployment";
import { notFound } from "@esteira/core/errors";
import { parseVersion } from "@esteira/core/names";
import type { Actor } from "@esteira/core/timeline/entry";
import { sql } from "kysely";
import { isVisible } from "../access/visible.ts";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { forUpdate, inList } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { findModelVersion } from "../registry/model-version-data.ts";
import { lockHead, recorded, recorder } from "../timeline/append.ts";
import { type DeploymentRow, type OrderRow, RUNNER_GONE_MS, toChange, toDeployment } from "./deployment-rows.ts";
import { type OrderStore, orderStore } from "./orders.ts";

const MOST_LISTED = 1000;
const MOST_CHANGES = 200;
/** One that does not change for so long would fill the database all the same. */
const MOST_KEPT = 1000;

/** What somebody who deploys has done. */
export interface ToldChange extends DeploymentPlace {
  readonly kind: ChangeKind;
  readonly model: string;
  readonly version: string;
  readonly arms: readonly Arm[];
  readonly former?: readonly Arm[] | undefined;
  readonly url?: string | undefined;
  readonly generation?: number | undefined;
  readonly flow?: number | undefined;
  readonly note?: string | undefined;
}

/** Deployments as they were told of. What changes one is an entry of the timeline in the same transaction. */
export interface DeploymentStore extends OrderStore {
  /** What is so already is told once. Throws RESOURCE_DOES_NOT_EXIST for a version that is not registered. */
  record(change: ToldChange, actor: Actor): Promise<Deployment>;
  find(place: DeploymentPlace): Promise<Deployment | undefined>;
  /** The one that has changed last first, 1000 at most. */
  list(query: {
    readonly model?: string | undefined;
    readonly visible?: VisibleModels | undefined;
  }): Promise<readonly Deployment[]>;
  get(id: number): Promise<Deployment>;
  /** The newest first, 200 at most. */
  changes(id: number): Promise<readonly DeploymentChange[]>;
  /** Another text when something has changed of deployments, rollbacks, runners or flows that are under way. */
  mark(): Promise<string>;
}

export function deploymentStore(session: Session, context: StoreContext): DeploymentStore {
  const { clock } = context;
  return {
    ...orderStore(session, context, readDeployments),
    record: (told, actor) =>
      session.write(async (db) => {
        const version = parseVersion(told.version);
        // What is gone from the registry may still be served, and must be removable.
        if (told.kind !== "removed") await findModelVersion(db, told.model, version);
        const known = await lockDeployment(db, told);
        if (known === undefined || isNews(known, told)) {
          await recorder(context, actor)(db, {
            action: "deployment.changed",
            subject: { model: told.model, version },
            before: {},
            after: {},
            reason: recorded(sentence(told)),
          });
          // Another may have told of it first while the head was waited for.
          const row = known ?? (await lockDeployment(db, told));
          await write(db, told, { row, version, sequence: (await lockHead(db)).sequence, at: clock(), by: actor.name });
        }
        return one(await readDeployments(db, clock(), { place: told }), told.name);
      }),
    find: (place) => session.read(async (db) => (await readDeployments(db, clock(), { place }))[0]),
    list: (query) => session.read((db) => readDeployments(db, clock(), query)),
    get: (id) => session.read(async (db) => one(await readDeployments(db, clock(), { id }), String(id))),
    changes: (id) =>
      session.readOnce(async (db) => {
        const rows = await db
          .selectFrom("esteira_deployment_changes")
          .selectAll()
          .where("deployment", "=", id)
          .orderBy("id", "desc")
          .limit(MOST_CHANGES)
          .execute();
        return rows.map(toChange);
      }),
    mark: () =>
      session.readOnce(async (db) => {
        const gone = clock() - RUNNER_GONE_MS;
        const { rows } = await sql<Record<string, unknown>>`select
          (select max(id) from esteira_deployment_changes) as changed,
          (select count(*) from esteira_deployments) as deployments,
          (select max(id) from esteira_rollback_orders) as asked,
          (select max(ended_at) from esteira_rollback_orders) as ended,
          (select max(leased_until) from esteira_rollback_orders where outcome is null) as held,
          (select count(*) from esteira_runners where seen_at > ${gone}) as runners,
          (select sum(change_order + number + due_at) from esteira_flows where work is not null) as flows,
          (select max(change_order) from esteira_flows) as moved`.execute(db);
        return Object.values(rows[0] ?? {}).join(".");
      }),
  };
}

function one(found: readonly Deployment[], name: string): Deployment {
  const [deployment] = found;
  if (deployment !== undefined) return deployment;
  throw notFound(`There is no deployment ${name}.`);
}

const lockDeployment = (db: Database, { target, place, name }: DeploymentPlace): Promise<DeploymentRow | undefined> =>
  db
    .selectFrom("esteira_deployments")
    .selectAll()
    .where("target", "=", target)
    .where("place", "=", place)
    .where("name", "=", name)
    .modifyEnd(forUpdate)
    .executeTakeFirst();

/** A step of a flow that is done twice says the same twice. */
const isNews = (row: DeploymentRow, { kind, arms, url, generation, flow }: ToldChange): boolean =>
  kind === "failed" ||
  row.state !== (kind === "removed" ? "removed" : "serving") ||
  row.problem !== null ||
  (kind !== "removed" &&
    (row.arms !== JSON.stringify(arms) ||
      row.url !== (url ?? null) ||
      row.generation !== (generation ?? null) ||
      row.flow !== (flow ?? null)));

/** As the timeline has it. */
function sentence({ kind, target, place, name, arms, note }: ToldChange): string {
  const what = arms
    .map(
      ({ role, uri, share }) => `${role} ${uri}${share === undefined ? "" : ` ${Math.round(share * 10_000) / 100} %`}`,
    )
    .join(", ");
  const did = {
    applied: "serves",
    "rolled-back": "serves again",
    removed: "has ended, with",
    failed: "could not serve",
  };
  return `${target} ${place}: ${name} ${did[kind]} ${what}${note === undefined ? "" : ` (${note})`}`;
}

async function write(
  db: Database,
  told: ToldChange,
  at: {
    readonly row: DeploymentRow | undefined;
    readonly version: number;
    readonly sequence: number;
    readonly at: number;
    readonly by: string;
  },
): Promise<void> {
  const { row, version, sequence } = at;
  const { target, place, name, model, kind } = told;
  const arms = JSON.stringify(told.arms);
  const change = { changed_at: at.at, changed_by: at.by, flow: told.flow ?? null };
  const served = {
    ...{ model, version, arms, url: told.url ?? null, generation: told.generation ?? null, problem: null },
    former: told.former === undefined ? null : JSON.stringify(told.former),
    state: kind === "removed" ? "removed" : "serving",
  };
  const failed = { problem: told.note ?? "" };
  if (row === undefined)
    await db
      .insertInto("esteira_deployments")
      .values({
        ...{ id: sequence, target, place, name },
        ...served,
        ...change,
        ...(kind === "failed" ? { ...failed, state: "failed" } : {}),
      })
      .execute();
  else {
    // A change that failed has left what was served before.
    const now = kind === "failed" ? failed : { ...served, ...change };
    await db.updateTable("esteira_deployments").set(now).where("id", "=", row.id).execute();
  }
  const deployment = row?.id ?? sequence;
  await db
    .insertInto("esteira_deployment_changes")
    .values({ id: sequence, deployment, model, version, kind, arms, ...change, note: told.note ?? null })
    .execute();
  const oldest = await db
    .selectFrom("esteira_deployment_changes")
    .select("id")
    .where("deployment", "=", deployment)
    .orderBy("id", "desc")
    .offset(MOST_KEPT)
    .limit(1)
    .executeTakeFirst();
  if (oldest !== undefined)
    await db
      .deleteFrom("esteira_deployment_changes")
      .where("deployment", "=", deployment)
      .where("id", "<=", oldest.id)
      .execute();
}

interface DeploymentQuery {
  readonly id?: number;
  readonly place?: DeploymentPlace;
  readonly model?: string | undefined;
  readonly visible?: VisibleModels | undefined;
}

async function readDeployments(db: Database, now: number, query: DeploymentQuery): Promise<readonly Deployment[]> {
  const { id, place, model, visible } = query;
  const rows = await db
    .selectFrom("esteira_deployments")
    .selectAll()
    .$if(id !== undefined, (select) => select.where("id", "=", id ?? 0))
    .$if(place !== undefined, (select) =>
      select
        .where("target", "=", place?.target ?? "")
        .where("place", "=", place?.place ?? "")
        .where("name", "=", place?.name ?? ""),
    )
    .$if(model !== undefined, (select) => select.where("model", "=", model ?? ""))
    .$if(visible !== undefined, (select) =>
      select.where(isVisible("esteira_deployments.model", visible?.models ?? { mode: "only", ids: [] })),
    )
    .orderBy("changed_at", "desc")
    .orderBy("id", "desc")
    .limit(MOST_LISTED)
    .execute();
  if (rows.length === 0) return [];
  const orders = await newestOrders(
    db,
    rows.map((row) => row.id),
  );
  const runners = await db
    .selectFrom("esteira_runners")
    .selectAll()
    .where("seen_at", ">", now - RUNNER_GONE_MS)
    .orderBy("runner")
    .execute();
  return rows.map((row) =>
    toDeployment(
      row,
      runners.filter((one) => one.target === row.target && one.place === row.place).map(({ runner }) => runner),
      orders.get(row.id),
      now,
    ),
  );
}

async function newestOrders(db: Database, deployments: readonly number[]): Promise<ReadonlyMap<number, OrderRow>> {
  const newest = db
    .selectFrom("esteira_rollback_orders")
    .select((select) => select.fn.max("id").as("id"))
    .where(inList("deployment", deployments))
    .groupBy("deployment");
  const rows = await db.selectFrom("esteira_rollback_orders").selectAll().where("id", "in", newest).execute();
  return new Map(rows.map((row) => [row.deployment, row]));
}

import type {
  JudgedAlert,
  Judgement,
  JudgementChange,
  Review,
  ReviewableAlert,
  ReviewList,
} from "@esteira/core/entities/review";
import { invalid, notFound } from "@esteira/core/errors";
import type { Actor } from "@esteira/core/timeline/entry";
import { type SqlBool, sql } from "kysely";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { forUpdate, inList, inLockOrder } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { findRegisteredModel, modelWriter } from "../registry/model-version-data.ts";
import { listReviews, type ReviewQuery } from "./review-list.ts";
import { alertColumns, isHeld, type ReviewRow, toJudgedAlert, toJudgementChange, toReview } from "./review-rows.ts";

/** How long an alert is somebody's who says nothing more, in milliseconds. */
const HELD_MS = 180_000;
const MOST_CHANGES = 200;

export interface Judging {
  readonly model: string;
  readonly decisionId: string;
  /** The one that was seen. */
  readonly revision: number;
  /** Absent: what was judged does not hold, and the alert waits again. */
  readonly judgement?: Judgement | undefined;
  readonly typology?: string | undefined;
  readonly note?: string | undefined;
}

/** The alerts of models, for analysts. The ledger of whoever fills it has the decisions; here is what is to be looked at, for a time. */
export interface ReviewStore {
  /**
   * Tells alerts, known ones anew; what was judged of them stays. Throws RESOURCE_DOES_NOT_EXIST for a model that is not registered.
   */
  put(
    input: {
      readonly model: string;
      readonly alerts: readonly ReviewableAlert[];
      readonly currency: string;
      readonly capacity?: number | undefined;
    },
    actor: Actor,
  ): Promise<{ readonly added: number }>;
  list(query: ReviewQuery): Promise<ReviewList>;
  /** With what was judged of it, the newest first, 200 at most. */
  get(
    model: string,
    decisionId: string,
  ): Promise<{ readonly review: Review; readonly changes: readonly JudgementChange[] }>;
  /** For a few minutes it is this holder's, unless another has it; the holder's others are free then. */
  hold(
    input: { readonly model: string; readonly decisionId: string; readonly holder: string },
    actor: Actor,
  ): Promise<Review>;
  /** Throws INVALID_PARAMETER_VALUE where another has judged it since. */
  judge(input: Judging, actor: Actor): Promise<Review>;
  /** What was ever judged and is here, by decision, after the given one. */
  judged(query: {
    readonly model: string;
    readonly after: string;
    readonly limit: number;
  }): Promise<readonly JudgedAlert[]>;
  /**
   * Takes away alerts that were decided before an instant: those that nobody has judged, and the given ones where nobody has judged them
   * since. Others stay.
   */
  remove(input: {
    readonly model: string;
    readonly before: number;
    readonly judged: readonly Pick<JudgedAlert, "decisionId" | "revision">[];
  }): Promise<number>;
}

export function reviewStore(session: Session, { clock }: StoreContext): ReviewStore {
  const writeModel = modelWriter(session);
  return {
    put: ({ model, alerts, currency, capacity }, actor) =>
      writeModel(model, async (db) => {
        await findRegisteredModel(db, model);
        const queue = { capacity: capacity ?? null, currency, filled_at: clock(), filled_by: actor.name };
        await db
          .insertInto("esteira_review_queues")
          .values({ model, ...queue })
          .onConflict((conflict) => conflict.column("model").doUpdateSet(queue))
          .execute();
        const known = await knownIds(db, model, alerts);
        for (const alert of inLockOrder(db, alerts, ({ decisionId }) => decisionId)) {
          const columns = alertColumns(alert);
          await db
            .insertInto("esteira_reviews")
            .values({ model, ...columns, revision: 0 })
            .onConflict((conflict) => conflict.columns(["model", "decision_id"]).doUpdateSet(columns))
            .execute();
        }
        return { added: alerts.filter(({ decisionId }) => !known.has(decisionId)).length };
      }),
    list: (query) => session.read((db) => listReviews(db, query, clock())),
    get: (model, decisionId) =>
      session.read(async (db) => {
        const row = await selectReview(db, model, decisionId).executeTakeFirst();
        const changes = await db
          .selectFrom("esteira_judgements")
          .selectAll()
          .where("model", "=", model)
          .where("decision_id", "=", decisionId)
          .orderBy("revision", "desc")
          .limit(MOST_CHANGES)
          .execute();
        return { review: toReview(present(row, decisionId), clock()), changes: changes.map(toJudgementChange) };
      }),
    hold: ({ model, decisionId, holder }, actor) =>
      session.write(async (db) => {
        const now = clock();
        const row = await lockReview(db, model, decisionId);
        if (isHeld(row, now) && row.holder !== holder) return toReview(row, now);
        await db
          .updateTable("esteira_reviews")
          .set(FREE)
          .where("model", "=", model)
          .where("holder", "=", holder)
          .where("decision_id", "!=", decisionId)
          .execute();
        const held = { holder, held_by: actor.name, held_until: now + HELD_MS };
        await change(db, row, held);
        return toReview({ ...row, ...held }, now);
      }),
    judge: ({ model, decisionId, revision, judgement, typology, note }, actor) =>
      session.write(async (db) => {
        const now = clock();
        const row = await lockReview(db, model, decisionId);
        if (row.revision !== revision)
          throw invalid(
            `The alert ${decisionId} was judged by ${row.judged_by ?? "another"} meanwhile (${row.judgement ?? "put back"}): look at it again before you judge it.`,
          );
        const judged = {
          ...{ revision: revision + 1, judgement: judgement ?? null, typology: typology ?? null, note: note ?? null },
          ...{ judged_by: actor.name, judged_at: now },
        };
        await change(db, row, { ...judged, ...FREE });
        await db
          .insertInto("esteira_judgements")
          .values({ model, decision_id: decisionId, ...judged })
          .execute();
        return toReview({ ...row, ...judged, ...FREE }, now);
      }),
    judged: ({ model, after, limit }) =>
      session.readOnce(async (db) => {
        const rows = await db
          .selectFrom("esteira_reviews")
          .selectAll()
          .where("model", "=", model)
          .where("decision_id", ">", after)
          .where("revision", ">", 0)
          .orderBy("decision_id")
          .limit(limit)
          .execute();
        return rows.map(toJudgedAlert);
      }),
    remove: ({ model, before, judged }) =>
      session.write(async (db) => {
        const seen = new Map(judged.map(({ decisionId, revision }) => [decisionId, revision]));
        const old = await db
          .selectFrom("esteira_reviews")
          .select(["decision_id", "revision"])
          .where("model", "=", model)
          .where("decided_at", "<", before)
          .where(sql<SqlBool>`(revision = 0 or ${inList("decision_id", [...seen.keys()])})`)
          .orderBy("decision_id")
          .modifyEnd(forUpdate)
          .execute();
        const gone = old.flatMap(({ decision_id: id, revision }) => (revision === (seen.get(id) ?? 0) ? [id] : []));
        const isGone = inList("decision_id", gone);
        await db.deleteFrom("esteira_judgements").where("model", "=", model).where(isGone).execute();
        await db.deleteFrom("esteira_reviews").where("model", "=", model).where(isGone).execute();
        return gone.length;
      }),
  };
}

const FREE = { holder: null, held_by: null, held_until: null };

const selectReview = (db: Database, model: string, decisionId: string) =>
  db.selectFrom("esteira_reviews").selectAll().where("model", "=", model).where("decision_id", "=", decisionId);

function present(row: ReviewRow | undefined, decisionId: string): ReviewRow {
  if (row !== undefined) return row;
  throw notFound(`No alert ${decisionId} is to be reviewed: it was never told, or its time is over.`);
}

const lockReview = async (db: Database, model: string, decisionId: string): Promise<ReviewRow> =>
  present(await selectReview(db, model, decisionId).modifyEnd(forUpdate).executeTakeFirst(), decisionId);

const change = (db: Database, { model, decision_id }: ReviewRow, to: Partial<ReviewRow>) =>
  db.updateTable("esteira_reviews").set(to).where("model", "=", model).where("decision_id", "=", decision_id).execute();

async function knownIds(db: Database, model: string, alerts: readonly ReviewableAlert[]): Promise<ReadonlySet<string>> {
  const rows = await db
    .selectFrom("esteira_reviews")
    .select("decision_id")
    .where("model", "=", model)
    .where(
      inList(
        "decision_id",
        alerts.map(({ decisionId }) => decisionId),
      ),
    )
    .execute();
  return new Set(rows.map(({ decision_id }) => decision_id));
}

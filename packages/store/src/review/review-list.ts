import type {
  Review,
  ReviewCounts,
  ReviewFacet,
  ReviewList,
  ReviewOrder,
  ReviewState,
} from "@esteira/core/entities/review";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Database } from "../database/tables.ts";
import { toReview } from "./review-rows.ts";

export interface ReviewQuery {
  readonly model: string;
  /** All when absent. */
  readonly state?: ReviewState | undefined;
  readonly version?: string | undefined;
  /** The strongest reason. */
  readonly reason?: string | undefined;
  readonly minAmount?: number | undefined;
  readonly order: ReviewOrder;
  readonly limit: number;
}

const DAY_MS = 86_400_000;
const MOST_FACETS = 50;

const ORDERS: Readonly<Record<ReviewOrder, RawBuilder<unknown>>> = {
  risk: sql`risk desc, score desc`,
  score: sql`score desc`,
  amount: sql`coalesce(amount, 0) desc`,
  newest: sql`decided_at desc`,
  oldest: sql`decided_at`,
};

/** A model's alerts as a page shows them: some, in order, with the figures of all. */
export async function listReviews(db: Database, query: ReviewQuery, now: number): Promise<ReviewList> {
  const { model, order, limit } = query;
  const queue = await db.selectFrom("esteira_review_queues").selectAll().where("model", "=", model).executeTakeFirst();
  const rows = await db
    .selectFrom("esteira_reviews")
    .selectAll()
    .where(matches(query))
    .orderBy(sql`${ORDERS[order]}, decision_id`)
    .limit(limit)
    .execute();
  const { matching } = await db
    .selectFrom("esteira_reviews")
    .select(sql<number>`count(*)`.as("matching"))
    .where(matches(query))
    .executeTakeFirstOrThrow();
  return {
    ...(queue === undefined
      ? {}
      : {
          queue: {
            ...{ currency: queue.currency, filledAt: queue.filled_at, filledBy: queue.filled_by },
            ...(queue.capacity === null ? {} : { capacity: queue.capacity }),
          },
        }),
    counts: await countReviews(db, model, now),
    reviews: rows.map((row): Review => toReview(row, now)),
    matching: Number(matching),
    versions: await facets(db, "version", query),
    reasons: await facets(db, "reason", query),
  };
}

/** A state as a condition: what `toReview` makes of the same columns. */
const inState = (state: ReviewState): RawBuilder<SqlBool> => {
  if (state === "waiting") return sql<SqlBool>`judgement is null and known is null`;
  if (state === "settled") return sql<SqlBool>`judgement is null and known is not null`;
  return sql<SqlBool>`judgement = ${state}`;
};

function matches({ model, state, version, reason, minAmount }: ReviewQuery): RawBuilder<SqlBool> {
  const all = [
    sql`model = ${model}`,
    ...(state === undefined ? [] : [inState(state)]),
    ...(version === undefined ? [] : [sql`version = ${version}`]),
    ...(reason === undefined ? [] : [sql`reason = ${reason}`]),
    ...(minAmount === undefined ? [] : [sql`amount >= ${minAmount}`]),
  ];
  return sql<SqlBool>`${sql.join(all, sql` and `)}`;
}

async function countReviews(db: Database, model: string, now: number): Promise<ReviewCounts> {
  const since = now - DAY_MS;
  const when = (condition: RawBuilder<unknown>) => sql<number>`sum(case when ${condition} then 1 else 0 end)`;
  const waiting = inState("waiting");
  const row = await db
    .selectFrom("esteira_reviews")
    .select([
      when(waiting).as("waiting"),
      when(inState("fraud")).as("fraud"),
      when(inState("legitimate")).as("legitimate"),
      when(inState("inconclusive")).as("inconclusive"),
      when(inState("settled")).as("settled"),
      when(sql`decided_at > ${since}`).as("arrived"),
      when(sql`judgement is not null and judged_at > ${since}`).as("judged"),
      sql<number | null>`min(case when ${waiting} then decided_at end)`.as("oldest"),
      sql<number | null>`sum(case when ${waiting} then risk end)`.as("risk"),
    ])
    .where("model", "=", model)
    .executeTakeFirstOrThrow();
  const count = (value: number | null): number => Number(value ?? 0);
  return {
    states: {
      ...{ waiting: count(row.waiting), fraud: count(row.fraud), legitimate: count(row.legitimate) },
      ...{ inconclusive: count(row.inconclusive), settled: count(row.settled) },
    },
    ...(row.oldest === null ? {} : { oldestWaiting: Number(row.oldest) }),
    riskWaiting: count(row.risk),
    arrived: count(row.arrived),
    judged: count(row.judged),
  };
}

/** Values among the alerts of the state that is looked at, the most frequent first. */
async function facets(
  db: Database,
  column: "version" | "reason",
  { model, state }: ReviewQuery,
): Promise<readonly ReviewFacet[]> {
  const rows = await db
    .selectFrom("esteira_reviews")
    .select([column, sql<number>`count(*)`.as("count")])
    .where("model", "=", model)
    .$if(state !== undefined, (select) => select.where(inState(state ?? "waiting")))
    .where(column, "is not", null)
    .groupBy(column)
    .orderBy(sql`count(*) desc`)
    .orderBy(column)
    .limit(MOST_FACETS)
    .execute();
  return rows.map((row) => ({ value: row[column] ?? "", count: Number(row.count) }));
}

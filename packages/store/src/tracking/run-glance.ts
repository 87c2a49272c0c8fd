import { type SqlBool, sql } from "kysely";
import { dialectOf } from "../database/dialect.ts";
import type { Database } from "../database/tables.ts";
import { rarestOf, shareOf } from "./run-counts.ts";
import { type IndexWalk, inOrder } from "./run-order.ts";
import {
  isByOneTime,
  planCandidates,
  planSort,
  planWalk,
  type RunPlan,
  type RunQuestion,
  SORTED,
  surveyOf,
  walkedRows,
  walkOf,
} from "./run-plan.ts";

/** So many runs are found and sorted in a moment. */
const FEW_RUNS = 5000;
/** At least so many rows of an index are looked at, and more for a page that needs more. */
const GLANCED = 2000;
const GLANCED_FOR_ONE = 3;

/**
 * The ways to read a page of `wanted` runs (with those before it) that surely take a moment only, however large the store
 * is, in the order in which they are to be tried. They may not fill the page: then it takes long.
 */
export async function planQuick(db: Database, question: RunQuestion, wanted: number): Promise<readonly RunPlan[]> {
  const { filter, stage, orderings } = question;
  // An aggregate is taken of all points of the runs, however few of these are looked at.
  if (orderings.some((ordering) => "aggregate" in ordering)) return [];
  const walk = walkOf(question);
  if (isByOneTime(question) && filter === undefined && stage !== "deleted" && wanted <= FEW_RUNS) {
    return walk === undefined ? [] : [planWalk(question, walk)];
  }
  const { own, total, counted } = await surveyOf(db, question, FEW_RUNS + 1);
  const rarest = rarestOf(counted);
  const steps = Math.min(own, rarest?.rows ?? own);
  const areFew = steps <= FEW_RUNS;
  const whole = rarest && rarest.rows < own ? planCandidates(question, rarest.test, true) : planSort(question, true);
  const quick = areFew ? [whole] : [];
  if (walk === undefined || !(walk.isOrdered || dialectOf(db) === "sqlite")) return quick;
  const most = Math.min(FEW_RUNS, Math.max(GLANCED, wanted * GLANCED_FOR_ONE));
  // What many runs have may be had by all: taken is the middle, in orders of magnitude.
  const known = counted.map((one) => (one.rows > FEW_RUNS ? { ...one, rows: Math.sqrt(one.rows * total) } : one));
  const reach = isByOneTime(question) || own > FEW_RUNS ? 1 : own / total;
  const walked = wanted / (shareOf(filter, known, total, walk.settles) * reach);
  if (walked > (areFew ? Math.min(most, steps * SORTED) : most)) return quick;
  const glance = await planGlance(db, question, walk, most);
  return glance === undefined ? quick : [glance, ...quick];
}

/**
 * A walk over at most `most` rows of its index: as far as the last value of which all rows are among these. Undefined where
 * rows without a value come before all others, as they may on PostgreSQL: no bound has them all.
 */
async function planGlance(
  db: Database,
  question: RunQuestion,
  walk: IndexWalk,
  most: number,
): Promise<RunPlan | undefined> {
  const [leading] = walk.terms;
  if (leading === undefined) throw new Error("a walk has an order");
  const rowAt = async (place: number) => {
    const { rows } = await sql<{ value: string | number | null }>`
      select ${leading.value} as value from ${walk.rows.from}
      where ${sql.join([sql`true`, ...walkedRows(question, walk)], sql` and `)}
      order by ${inOrder([leading])} limit 1 offset ${place}`.execute(db);
    return rows[0];
  };
  if (leading.missingAs !== undefined && (await rowAt(0))?.value === null) return undefined;
  const end = await rowAt(most);
  if (end === undefined) return planWalk(question, walk);
  return planWalk(
    question,
    walk,
    sql<SqlBool>`${leading.value} ${sql.raw(leading.ascending ? "<" : ">")} ${end.value}`,
  );
}

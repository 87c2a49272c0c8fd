import type { Comparison, Filter } from "@esteira/core/search/ast";
import type { RunOrdering } from "@esteira/core/search/run-terms";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { isIn } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import type { Condition } from "../search/compile.ts";
import { MOST_COUNTED, rarestOf, shareOf, survey } from "./run-counts.ts";
import { compileRunFilter, type IndexedTest, indexedTest } from "./run-filter.ts";
import { after, isAmongPresent, type PlaceInOrder, reaches } from "./run-keyset.ts";
import { type IndexWalk, inOrder, orderAll, orderPresent } from "./run-order.ts";

/** What a search of runs asks for, settled. */
export interface RunQuestion {
  readonly experiments: readonly number[];
  readonly stage: "active" | "deleted" | undefined;
  readonly filter: Filter | undefined;
  readonly orderings: readonly RunOrdering[];
  /** Only runs behind this place. */
  readonly after?: PlaceInOrder | undefined;
}

/** One way to read the runs of a question, in its order. */
export interface RunPlan {
  readonly from: RawBuilder<unknown>;
  readonly where: readonly RawBuilder<SqlBool>[];
  readonly orderBy: RawBuilder<unknown>;
  /** Whether it gives all runs; else those that it does not give come after those it gives. */
  readonly isComplete: boolean;
}

/** What sorting a run costs, beside finding it by an index. */
export const SORTED = 1.5;

/**
 * The ways that a page of `wanted` runs (with those before it) may be read, cheapest first; the last one is complete. A
 * database without statistics cannot choose between walking an index in order until the page is full, looking up the
 * runs of the rarest comparison, and sorting an experiment: it takes what its rules say, and is a thousand times slower
 * where they are wrong. So rows are counted, which an index makes cheap, and the steps of each way are compared.
 */
export async function planRuns(db: Database, question: RunQuestion, wanted: number): Promise<readonly RunPlan[]> {
  const { filter } = question;
  const walk = walkOf(question);
  if (isByOneTime(question) && filter === undefined) return walkThen(planSort(question), question, walk);
  const { own, total, counted } = await surveyOf(db, question, MOST_COUNTED);
  const rarest = rarestOf(counted);
  const share = shareOf(filter, counted, total, walk?.settles);
  const reach = isByOneTime(question) ? 1 : Math.min(1, own / total);
  const costs = {
    walk: walk === undefined ? Number.POSITIVE_INFINITY : Math.min(total, wanted / (share * reach)),
    candidates: rarest === undefined || rarest.rows >= MOST_COUNTED ? Number.POSITIVE_INFINITY : rarest.rows * SORTED,
    sort: own >= MOST_COUNTED ? total * SORTED : own * SORTED,
  };
  if (rarest !== undefined && costs.candidates <= Math.min(costs.walk, costs.sort)) {
    return [planCandidates(question, rarest.test)];
  }
  if (costs.sort <= costs.walk) return [planSort(question)];
  // Where a filter leaves fewer runs than was thought, a walk goes on to the end of the store.
  return walkThen(planSort(question), question, walk);
}

/** Whether one experiment is asked for in the order of time, which an index has by experiment. */
export const isByOneTime = ({ orderings, experiments }: RunQuestion): boolean => {
  const [first] = orderings;
  const isByTime = first === undefined || ("field" in first && first.field.key === "start_time");
  return isByTime && experiments.length === 1;
};

/** What the question is about, counted up to `most`. */
export const surveyOf = (db: Database, { experiments, filter }: RunQuestion, most: number) =>
  survey(db, sql`runs where ${inExperiments("runs.experiment_id", experiments)}`, requiredComparisons(filter), most);

/** The walk that gives the order of the question, if an index has it. */
export const walkOf = (question: RunQuestion): IndexWalk | undefined =>
  isAmongPresent(question.orderings, question.after)
    ? orderPresent(question.orderings, requiredComparisons(question.filter), candidateRuns(question))
    : undefined;

/** By walking an index, and if that does not fill the page, by sorting. */
function walkThen(sorted: RunPlan, question: RunQuestion, walk: IndexWalk | undefined): readonly RunPlan[] {
  if (walk === undefined) return [sorted];
  const walked = planWalk(question, walk);
  return walked.isComplete ? [walked] : [walked, sorted];
}

/** By walking an index, as far as `until` holds. */
export function planWalk(question: RunQuestion, walk: IndexWalk, until?: Condition): RunPlan {
  // The sign keeps SQLite from looking many experiments up instead of walking through time.
  const column = walk.through === "time" && !isByOneTime(question) ? "+runs.experiment_id" : "runs.experiment_id";
  const reached = reachedBy(question, walk);
  const where = [
    // Of two bounds on one side SQLite begins or ends its walk at the first.
    ...(until === undefined ? [] : [until]),
    ...reached,
    ...walk.covers,
    inExperiments(column, question.experiments),
    ...conditions(question, walk.settles),
  ];
  // A run without a start has no place among those that the walk reaches.
  const isComplete = walk.isComplete && until === undefined && (reached.length === 0 || walk.through === "values");
  return { from: walk.from, where, orderBy: inOrder(walk.terms), isComplete };
}

/** What is true of the rows of the index that a walk goes over. */
export const walkedRows = (question: RunQuestion, walk: IndexWalk): readonly Condition[] => [
  ...reachedBy(question, walk),
  ...walk.rows.covers,
  ...(isByOneTime(question) ? [inExperiments("runs.experiment_id", question.experiments)] : []),
];

function reachedBy({ orderings, after: place }: RunQuestion, { terms }: IndexWalk): readonly Condition[] {
  const reached = reaches(terms[0], orderings, place);
  return reached === undefined ? [] : [reached];
}

/** Every run of the experiments, sorted. */
export function planSort(question: RunQuestion, areFew = false): RunPlan {
  const { from, terms } = orderAll(question.orderings, { candidates: candidateRuns(question), areFew });
  const where = [inExperiments("runs.experiment_id", question.experiments), ...conditions(question)];
  return { from, where, orderBy: inOrder(terms), isComplete: true };
}

/** The runs that one comparison leaves in the whole store, sorted. */
export function planCandidates(
  question: RunQuestion,
  { comparison, source, matches }: IndexedTest,
  areFew = false,
): RunPlan {
  const runs = sql`(select t.run_uuid from ${sql.table(source.table)} as t where ${matches}) as c
    cross join runs`;
  const { from, terms } = orderAll(question.orderings, { runs, candidates: candidateRuns(question), areFew });
  const where = [
    sql<SqlBool>`runs.run_uuid = c.run_uuid`,
    inExperiments("runs.experiment_id", question.experiments),
    ...conditions(question, comparison),
  ];
  return { from, where, orderBy: inOrder(terms), isComplete: true };
}

/** How many runs the answer has on all pages, exactly. */
export async function countRuns(db: Database, question: RunQuestion): Promise<number> {
  const all: RunQuestion = { ...question, orderings: [], after: undefined };
  // All of them are gone through anyway: an index counts faster than that.
  const { own, counted } = await surveyOf(db, all, Number.MAX_SAFE_INTEGER);
  const rarest = rarestOf(counted);
  const plan = rarest !== undefined && rarest.rows < own ? planCandidates(all, rarest.test) : planSort(all);
  const { rows } = await sql<{ runs: number | string }>`
    select count(*) as runs from ${plan.from} where ${sql.join(plan.where, sql` and `)}`.execute(db);
  return Number(rows[0]?.runs ?? 0);
}

/** The runs of the answer, on whatever page: those that an aggregate is taken of. */
export const candidateRuns = (question: RunQuestion): RawBuilder<unknown> =>
  sql`select runs.run_uuid from runs where ${sql.join(
    [inExperiments("runs.experiment_id", question.experiments), ...conditions({ ...question, after: undefined })],
    sql` and `,
  )}`;

/** Stage, place and filter, without a comparison that holds anyway. */
function conditions(question: RunQuestion, settled?: Comparison): readonly Condition[] {
  const { stage, filter, orderings, after: place } = question;
  const rest = settled === undefined ? filter : without(filter, settled);
  return [
    ...(stage === undefined ? [] : [sql<SqlBool>`runs.lifecycle_stage = ${stage}`]),
    ...(place === undefined ? [] : [after(orderings, place)]),
    ...(rest === undefined ? [] : [compileRunFilter(rest)]),
  ];
}

function without(filter: Filter | undefined, settled: Comparison): Filter | undefined {
  if (filter?.kind !== "and") return isSettled(filter, settled) ? undefined : filter;
  const operands = filter.operands.filter((operand) => !isSettled(operand, settled));
  return operands.length === 0 ? undefined : { kind: "and", operands };
}

/** `indexedTest` may have put the tag of a run's name for the name, so a comparison is known by what it says. */
const isSettled = (filter: Filter | undefined, settled: Comparison): boolean =>
  filter?.kind === "comparison" && (filter === settled || indexedTest(filter)?.comparison === settled);

/** The comparisons that every run of the answer must pass. */
function requiredComparisons(filter: Filter | undefined): readonly Comparison[] {
  if (filter === undefined) return [];
  const operands = filter.kind === "and" ? filter.operands : [filter];
  return operands.filter((operand) => operand.kind === "comparison");
}

/** `column` is text of ours. One experiment is compared directly, so that its index gives the order too. */
export function inExperiments(column: string, experiments: readonly number[]): RawBuilder<SqlBool> {
  return experiments.length === 1
    ? sql<SqlBool>`${sql.raw(column)} = ${experiments[0]}`
    : isIn(sql.raw(column), experiments);
}

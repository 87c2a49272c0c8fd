import type { Comparison, Filter } from "@esteira/core/search/ast";
import type { RunOrdering } from "@esteira/core/search/run-terms";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { byDialect } from "../database/dialect.ts";
import { isIn } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import type { Condition } from "../search/compile.ts";
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
  /** Whether it surely takes a moment only, however large the store is. */
  readonly isLight: boolean;
}

/** So many runs are found and sorted in a moment. */
const FEW_RUNS = 5000;
/** Rows are counted up to here: beyond it, "many" is all that a plan needs to know. */
const MOST_COUNTED = 20_000;
const MOST_TESTS = 8;
/** The share of runs that a comparison without an index is taken to leave. */
const UNKNOWN_SHARE = 0.3;
/** What sorting a run costs, beside finding it by an index. */
const SORTED = 1.5;

/**
 * The ways that a page of `wanted` runs (with those before it) may be read, cheapest first; the last one is complete. A
 * database without statistics cannot choose between walking an index in order until the page is full, looking up the
 * runs of the rarest comparison, and sorting an experiment: it takes what its rules say, and is a thousand times slower
 * where they are wrong. So rows are counted, which an index makes cheap, and the steps of each way are compared.
 */
export async function planRuns(db: Database, question: RunQuestion, wanted: number): Promise<readonly RunPlan[]> {
  const { orderings, experiments } = question;
  const required = requiredComparisons(question.filter);
  const walk = isAmongPresent(orderings, question.after)
    ? orderPresent(orderings, required, candidateRuns(question))
    : undefined;
  const byTime = orderings[0] === undefined || isByStart(orderings[0]);
  const throughOne = byTime && experiments.length === 1;
  if (throughOne && question.filter === undefined) {
    const isLight = wanted <= FEW_RUNS && question.stage !== "deleted";
    return walkThen(planSort(question, false), question, walk, { throughOne, isLight });
  }
  const total = Math.max(1, await approximateRuns(db));
  const own = await count(db, sql`runs where ${inExperiments("runs.experiment_id", experiments)}`);
  const sorted = planSort(question, own <= FEW_RUNS);
  const counted = await countTests(db, required);
  const rarest = counted.reduce<Counted | undefined>(
    (best, one) => (best && best.rows <= one.rows ? best : one),
    undefined,
  );
  const share = shareOf(question.filter, counted, total, walk?.settles);
  const reach = throughOne ? 1 : Math.min(1, own / total);
  const costs = {
    walk: walk === undefined ? Number.POSITIVE_INFINITY : Math.min(total, wanted / (share * reach)),
    candidates: rarest === undefined || rarest.rows >= MOST_COUNTED ? Number.POSITIVE_INFINITY : rarest.rows * SORTED,
    sort: own >= MOST_COUNTED ? total * SORTED : own * SORTED,
  };
  if (rarest !== undefined && costs.candidates <= Math.min(costs.walk, costs.sort)) {
    return [planCandidates(question, rarest.test, rarest.rows <= FEW_RUNS)];
  }
  if (costs.sort <= costs.walk) return [sorted];
  // Where a filter leaves fewer runs than was thought, a walk goes on to the end of the store.
  return walkThen(sorted, question, walk, { throughOne, isLight: total <= FEW_RUNS });
}

const isByStart = (ordering: RunOrdering): boolean => "field" in ordering && ordering.field.key === "start_time";

/** By walking an index, and if that does not fill the page, by sorting. */
function walkThen(
  sorted: RunPlan,
  question: RunQuestion,
  walk: IndexWalk | undefined,
  { throughOne, isLight }: { throughOne: boolean; isLight: boolean },
): readonly RunPlan[] {
  if (walk === undefined) return [sorted];
  // The sign keeps SQLite from looking many experiments up instead of walking through time.
  const column = walk.through === "time" && !throughOne ? "+runs.experiment_id" : "runs.experiment_id";
  const reached = reaches(walk.terms[0], question.orderings, question.after);
  const where = [
    ...walk.covers,
    ...(reached === undefined ? [] : [reached]),
    inExperiments(column, question.experiments),
    ...conditions(question, walk.settles),
  ];
  // A run without a start has no place among those that the walk reaches.
  const isComplete = walk.isComplete && (reached === undefined || walk.through === "values");
  const walked = { from: walk.from, where, orderBy: inOrder(walk.terms), isComplete, isLight };
  return isComplete ? [walked] : [walked, sorted];
}

/** Every run of the experiments, sorted. */
function planSort(question: RunQuestion, isLight: boolean): RunPlan {
  const { from, terms } = orderAll(question.orderings, { candidates: candidateRuns(question) });
  const where = [inExperiments("runs.experiment_id", question.experiments), ...conditions(question)];
  return { from, where, orderBy: inOrder(terms), isComplete: true, isLight };
}

/** The runs that one comparison leaves in the whole store, sorted. */
function planCandidates(
  question: RunQuestion,
  { comparison, source, matches }: IndexedTest,
  isLight: boolean,
): RunPlan {
  const runs = sql`(select t.run_uuid from ${sql.table(source.table)} as t where ${matches}) as c
    cross join runs`;
  const { from, terms } = orderAll(question.orderings, { runs, candidates: candidateRuns(question) });
  const where = [
    sql<SqlBool>`runs.run_uuid = c.run_uuid`,
    inExperiments("runs.experiment_id", question.experiments),
    ...conditions(question, comparison),
  ];
  return { from, where, orderBy: inOrder(terms), isComplete: true, isLight };
}

/** How many runs the answer has on all pages, exactly. */
export async function countRuns(db: Database, question: RunQuestion): Promise<number> {
  const all: RunQuestion = { ...question, orderings: [], after: undefined };
  const plan = (await planRuns(db, all, Number.MAX_SAFE_INTEGER)).at(-1) ?? planSort(all, false);
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

interface Counted {
  readonly test: IndexedTest;
  readonly written: Comparison;
  /** At most `MOST_COUNTED`. */
  readonly rows: number;
}

async function countTests(db: Database, comparisons: readonly Comparison[]): Promise<readonly Counted[]> {
  const counted: Counted[] = [];
  for (const written of comparisons) {
    if (counted.length === MOST_TESTS) break;
    const test = indexedTest(written);
    if (test === undefined) continue;
    counted.push({
      test,
      written,
      rows: await count(db, sql`${sql.table(test.source.table)} as t where ${test.matches}`),
    });
  }
  return counted;
}

/** The share of runs that the filter is taken to leave, as if its comparisons had nothing to do with each other. */
function shareOf(
  filter: Filter | undefined,
  counted: readonly Counted[],
  total: number,
  settled: Comparison | undefined,
): number {
  if (filter === undefined) return 1;
  const operands = filter.kind === "and" ? filter.operands : [filter];
  return operands.reduce((share, operand) => {
    if (operand === settled) return share;
    const known = counted.find(({ written }) => written === operand);
    return share * (known === undefined ? UNKNOWN_SHARE : Math.min(1, Math.max(known.rows, 1) / total));
  }, 1);
}

/** `from` is what follows FROM. Counts up to `most`, for what comes then is too many anyway. */
export async function count(db: Database, from: RawBuilder<unknown>, most = MOST_COUNTED): Promise<number> {
  const { rows } = await sql<{ rows: number | string }>`
    select count(*) as rows from (select 1 from ${from} limit ${most}) as counted`.execute(db);
  return Number(rows[0]?.rows ?? 0);
}

/** How many runs the store has, more or less: in a moment, not by counting. */
async function approximateRuns(db: Database): Promise<number> {
  const { rows } = await sql<{ rows: number | string | null }>`${byDialect({
    sqlite: () => sql`select max(rowid) as rows from runs`,
    postgres: () => sql`select reltuples::bigint as rows from pg_class where oid = 'runs'::regclass`,
  })}`.execute(db);
  return Number(rows[0]?.rows ?? 0);
}

/** `column` is text of ours. One experiment is compared directly, so that its index gives the order too. */
export function inExperiments(column: string, experiments: readonly number[]): RawBuilder<SqlBool> {
  return experiments.length === 1
    ? sql<SqlBool>`${sql.raw(column)} = ${experiments[0]}`
    : isIn(sql.raw(column), experiments);
}

import type { Comparison, Ordering } from "@esteira/core/search/ast";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { test } from "../search/compile.ts";
import { indexedTest, METRICS, PARAMS, runColumn, TAGS, testMetric } from "./run-filter.ts";

/** A way to put runs in order: how to read them, which of them it covers, and the order itself. */
export interface RunOrder {
  readonly from: RawBuilder<unknown>;
  readonly covers: readonly RawBuilder<SqlBool>[];
  readonly terms: readonly RawBuilder<unknown>[];
}

const NEWEST_FIRST = sql`runs.start_time desc`;

/**
 * Missing values go last in both directions, NaN just before them; then the newest run, then the run id. `runs` is how
 * the runs are read before the values that order them are joined.
 */
export function orderAll(orderings: readonly Ordering[], runs: RawBuilder<unknown> = sql`runs`): RunOrder {
  const compiled = orderings.map((ordering, index) => compile(ordering, index));
  return {
    from: sql`${runs} ${joined(compiled)}`,
    covers: [],
    terms: [...compiled.flatMap(({ missing, value }) => [...missing, value]), ...tieBreak(orderings)],
  };
}

/** The order by walking an index that has it. */
export interface IndexWalk extends RunOrder {
  readonly through: "time" | "values";
  /** The comparison that the walk has settled: it holds for every run that is walked over. */
  readonly settles?: Comparison;
  /** Whether every run that may pass the filter is walked over; else runs without the first value come after these. */
  readonly isComplete: boolean;
}

/**
 * The same order for the runs that have the first value (and no NaN there): they come first, and an index has them in
 * order, so that a page costs the page and not the experiment. Undefined when no index has it. `required` are comparisons
 * that every run must pass: one on the first value bounds the walk.
 */
export function orderPresent(orderings: readonly Ordering[], required: readonly Comparison[]): IndexWalk | undefined {
  const [first, ...rest] = orderings;
  if (first === undefined) return { ...orderAll([]), through: "time", isComplete: true };
  const leading = compile(first, 0);
  const others = rest.map((ordering, index) => compile(ordering, index + 1));
  const terms = [leading.value, ...others.flatMap(({ missing, value }) => [...missing, value]), ...tieBreak(orderings)];
  if (first.field.entity === "attribute") {
    if (first.field.key !== "start_time") return undefined;
    const covers = [sql<SqlBool>`runs.start_time is not null`];
    return { from: sql`runs ${joined(others)}`, covers, terms, through: "time", isComplete: false };
  }
  // CROSS JOIN keeps SQLite from reading the runs first.
  const from = sql`${sql.table(leading.table)} as o0 cross join runs ${joined(others)}`;
  const covers = [sql<SqlBool>`o0."key" = ${first.field.key}`, sql<SqlBool>`runs.run_uuid = o0.run_uuid`];
  const { entity, key } = first.field;
  const bound = required.find(
    ({ field, ...comparison }) =>
      field.entity === entity && field.key === key && indexedTest({ field, ...comparison } as Comparison) !== undefined,
  );
  if (bound === undefined) {
    covers.push(entity === "metric" ? sql<SqlBool>`o0.is_nan = false` : sql<SqlBool>`o0.value is not null`);
    return { from, covers, terms, through: "values", isComplete: false };
  }
  covers.push(entity === "metric" ? testMetric(bound, "o0") : test(sql`o0.value`, bound));
  return { from, covers, terms, through: "values", settles: bound, isComplete: true };
}

const joined = (orderings: readonly CompiledOrdering[]): RawBuilder<unknown> =>
  sql.join(
    orderings.map(({ join }) => join),
    sql` `,
  );

interface CompiledOrdering {
  readonly table: string;
  readonly join: RawBuilder<unknown>;
  /** Terms that send missing values to the end. */
  readonly missing: readonly RawBuilder<unknown>[];
  readonly value: RawBuilder<unknown>;
}

function compile({ field, ascending }: Ordering, index: number): CompiledOrdering {
  const direction = sql.raw(ascending ? "asc" : "desc");
  if (field.entity === "attribute") {
    const column = sql.ref(runColumn(field.key));
    return { table: "runs", join: sql``, missing: [sql`${column} is null`], value: sql`${column} ${direction}` };
  }
  const { table } = { metric: METRICS, param: PARAMS, tag: TAGS, dataset: TAGS }[field.entity];
  const alias = sql.ref(`o${index}`);
  const value = sql.ref(`o${index}.value`);
  return {
    table,
    join: sql`left join ${sql.table(table)} as ${alias} on ${alias}.run_uuid = runs.run_uuid and ${alias}."key" = ${field.key}`,
    missing: [
      field.entity === "metric"
        ? sql`case when ${alias}.is_nan then 1 when ${value} is null then 2 else 0 end`
        : sql`${value} is null`,
    ],
    value: sql`${value} ${direction}`,
  };
}

const tieBreak = (orderings: readonly Ordering[]): readonly RawBuilder<unknown>[] =>
  orderings.some(({ field }) => field.entity === "attribute" && field.key === "start_time")
    ? [sql`runs.run_uuid`]
    : [NEWEST_FIRST, sql`runs.run_uuid`];

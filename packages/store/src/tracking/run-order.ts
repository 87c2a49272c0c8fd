import type { Comparison } from "@esteira/core/search/ast";
import type { MetricAggregate, RunOrdering } from "@esteira/core/search/run-terms";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { byDialect } from "../database/dialect.ts";
import { test } from "../search/compile.ts";
import { HISTORY } from "./metrics.ts";
import { indexedTest, METRICS, PARAMS, runColumn, TAGS, testMetric } from "./run-filter.ts";

/** One term of an order: an expression, its direction, and what it holds. */
export interface OrderTerm {
  readonly value: RawBuilder<unknown>;
  readonly ascending: boolean;
  readonly holds: "number" | "text";
  /** What stands for a missing value, where no other term has told those apart. */
  readonly missingAs?: RawBuilder<unknown>;
}

/** A way to put runs in order: how to read them, which of them it covers, and the order itself. */
export interface RunOrder {
  readonly from: RawBuilder<unknown>;
  readonly covers: readonly RawBuilder<SqlBool>[];
  readonly terms: readonly OrderTerm[];
}

const NEWEST_FIRST: OrderTerm = {
  value: sql`runs.start_time`,
  ascending: false,
  holds: "number",
  // Where each database puts NULL by itself: SQLite last, PostgreSQL first.
  missingAs: byDialect({
    sqlite: () => sql.lit(Number.MIN_SAFE_INTEGER),
    postgres: () => sql.lit(Number.MAX_SAFE_INTEGER),
  }),
};
const BY_ID: OrderTerm = { value: sql`runs.run_uuid`, ascending: true, holds: "text" };

/** What ORDER BY says. */
export const inOrder = (terms: readonly OrderTerm[]): RawBuilder<unknown> =>
  sql.join(terms.map(({ value, ascending }) => sql`${value} ${sql.raw(ascending ? "asc" : "desc")}`));

/**
 * The terms of the whole order. Each ordering has two, of which the first sends missing values to the end; so a place in
 * the order is a list of their values.
 */
export const orderTerms = (orderings: readonly RunOrdering[]): readonly OrderTerm[] => [
  ...orderings.flatMap((ordering, index) => termsOf(compile(ordering, index))),
  ...tieBreak(orderings),
];

/** How the runs are read before the values that order them are joined, and which of them aggregates are worth taking of. */
export interface OrderedRuns {
  readonly runs?: RawBuilder<unknown>;
  /** A SELECT of run ids. */
  readonly candidates?: RawBuilder<unknown>;
  /** Whether there are so few that the values of each are looked up; else PostgreSQL may read those of the whole store. */
  readonly areFew?: boolean;
}

/** Missing values go last in both directions, NaN just before them; then the newest run, then the run id. */
export function orderAll(
  orderings: readonly RunOrdering[],
  { runs = sql`runs`, candidates, areFew }: OrderedRuns = {},
): RunOrder {
  const compiled = orderings.map((ordering, index) => compile(ordering, index, candidates, areFew));
  return {
    from: sql`${runs} ${joined(compiled)}`,
    covers: [],
    terms: [...compiled.flatMap(termsOf), ...tieBreak(orderings)],
  };
}

/** The attributes whose order an index has. Left alone, SQLite would rather look the experiment up, and sort. */
const WALKED: ReadonlyMap<string, { readonly runs: RawBuilder<unknown>; readonly through: "time" | "values" }> =
  new Map([
    ["start_time", { runs: sql`runs`, through: "time" }],
    ["end_time", { runs: runsBy("esteira_runs_by_end"), through: "values" }],
    ["run_name", { runs: runsBy("esteira_runs_by_name"), through: "values" }],
  ]);

function runsBy(index: string): RawBuilder<unknown> {
  return byDialect({ sqlite: () => sql`runs indexed by ${sql.ref(index)}`, postgres: () => sql`runs` });
}

/** The order by walking an index that has it. */
export interface IndexWalk extends RunOrder {
  readonly through: "time" | "values";
  /** What is walked over without what is looked up for each row: the table, as `covers` and the first term name it. */
  readonly rows: Pick<RunOrder, "from" | "covers">;
  /** The comparison that the walk has settled: it holds for every run that is walked over. */
  readonly settles?: Comparison;
  /** Whether the index has the order on both databases: PostgreSQL's does not hold long texts whole. */
  readonly isOrdered: boolean;
  /** Whether every run that may pass the filter is walked over; else runs without the first value come after these. */
  readonly isComplete: boolean;
}

/**
 * The same order for the runs that have the first value (and no NaN there): they come first, and an index has them in
 * order, so that a page costs the page and not the experiment. Undefined when no index has it. `required` are comparisons
 * that every run must pass: one on the first value bounds the walk.
 */
export function orderPresent(
  orderings: readonly RunOrdering[],
  required: readonly Comparison[],
  candidates?: RawBuilder<unknown>,
): IndexWalk | undefined {
  const [first, ...rest] = orderings;
  if (first === undefined) {
    return {
      ...orderAll([]),
      through: "time",
      rows: { from: sql`runs`, covers: [] },
      isOrdered: true,
      isComplete: true,
    };
  }
  if (!("field" in first)) return undefined;
  const leading = compile(first, 0);
  const others = rest.map((ordering, index) => compile(ordering, index + 1, candidates));
  const terms = [leading.value, ...others.flatMap(termsOf), ...tieBreak(orderings)];
  if (first.field.entity === "attribute") {
    const walked = WALKED.get(first.field.key);
    if (walked === undefined) return undefined;
    const covers = [sql<SqlBool>`${leading.value.value} is not null`];
    const from = sql`${walked.runs} ${joined(others)}`;
    const rows = { from: walked.runs, covers };
    return { from, covers, terms, through: walked.through, rows, isOrdered: true, isComplete: false };
  }
  const { entity, key } = first.field;
  const bound = required.find(
    ({ field, ...comparison }) =>
      field.entity === entity && field.key === key && indexedTest({ field, ...comparison } as Comparison) !== undefined,
  );
  const present = entity === "metric" ? sql<SqlBool>`o0.is_nan = false` : sql<SqlBool>`o0.value is not null`;
  const passes = bound && (entity === "metric" ? testMetric(bound, "o0") : test(sql`o0.value`, bound));
  const rows = {
    from: sql`${sql.table(leading.table)} as o0`,
    covers: [sql<SqlBool>`o0."key" = ${key}`, passes ?? present],
  };
  return {
    // CROSS JOIN keeps SQLite from reading the runs first.
    from: sql`${rows.from} cross join runs ${joined(others)}`,
    covers: [...rows.covers, sql<SqlBool>`runs.run_uuid = o0.run_uuid`],
    terms,
    through: "values",
    rows,
    ...(bound === undefined ? {} : { settles: bound }),
    isOrdered: entity === "metric",
    isComplete: bound !== undefined,
  };
}

const joined = (orderings: readonly CompiledOrdering[]): RawBuilder<unknown> =>
  sql.join(
    orderings.map(({ join }) => join),
    sql` `,
  );

interface CompiledOrdering {
  readonly table: string;
  readonly join: RawBuilder<unknown>;
  /** Greater than 0 where the value is missing, which sends it to the end. */
  readonly missing: OrderTerm;
  readonly value: OrderTerm;
}

const termsOf = ({ missing, value }: CompiledOrdering): readonly OrderTerm[] => [missing, value];
const missingIf = (condition: RawBuilder<unknown>): OrderTerm => ({
  value: sql`case when ${condition} then 1 else 0 end`,
  ascending: true,
  holds: "number",
});
/** NaN before nothing at all. */
const missingOrNan = (alias: RawBuilder<unknown>): OrderTerm => ({
  value: sql`case when ${alias}.is_nan then 1 when ${alias}.value is null then 2 else 0 end`,
  ascending: true,
  holds: "number",
});
const NUMBERS = new Set(["start_time", "end_time"]);

function compile(
  ordering: RunOrdering,
  index: number,
  candidates?: RawBuilder<unknown>,
  areFew = false,
): CompiledOrdering {
  const { ascending } = ordering;
  if (!("field" in ordering)) return compileAggregate(ordering.aggregate, ascending, index, candidates);
  const { field } = ordering;
  if (field.entity === "attribute") {
    const column = sql.ref(runColumn(field.key));
    const holds = NUMBERS.has(field.key) ? "number" : "text";
    return {
      table: "runs",
      join: sql``,
      missing: missingIf(sql`${column} is null`),
      value: { value: column, ascending, holds },
    };
  }
  const { table } = { metric: METRICS, param: PARAMS, tag: TAGS, dataset: TAGS }[field.entity];
  const alias = sql.ref(`o${index}`);
  const value = sql.ref(`o${index}.value`);
  const isMetric = field.entity === "metric";
  const rows = sql`${sql.table(table)} as ${alias}`;
  const isOwn = sql`${alias}.run_uuid = runs.run_uuid and ${alias}."key" = ${field.key}`;
  const joinAny = sql`left join ${rows} on ${isOwn}`;
  return {
    table,
    // A run has one row of a key; that only one is wanted makes it a look-up.
    join: areFew
      ? byDialect({
          sqlite: () => joinAny,
          postgres: () => sql`left join lateral (select * from ${rows} where ${isOwn} limit 1) as ${alias} on true`,
        })
      : joinAny,
    missing: isMetric ? missingOrNan(alias) : missingIf(sql`${value} is null`),
    value: { value, ascending, holds: isMetric ? "number" : "text" },
  };
}

function compileAggregate(
  aggregate: MetricAggregate,
  ascending: boolean,
  index: number,
  candidates: RawBuilder<unknown> = sql`select runs.run_uuid from runs`,
): CompiledOrdering {
  const alias = sql.ref(`o${index}`);
  return {
    table: "metrics",
    join: sql`left join (${aggregateRows(aggregate, sql`m.run_uuid in (${candidates})`)}) as ${alias} on ${alias}.run_uuid = runs.run_uuid`,
    missing: missingOrNan(alias),
    value: { value: sql.ref(`o${index}.value`), ascending, holds: "number" },
  };
}

/** One row (run_uuid, value, is_nan) for each run that has the aggregate. `ofRuns` is a condition on `m.run_uuid`. */
export function aggregateRows(aggregate: MetricAggregate, ofRuns: RawBuilder<unknown>): RawBuilder<unknown> {
  const points = sql`${HISTORY("m")} where ${ofRuns} and m."key" = ${aggregate.key}`;
  if (aggregate.kind !== "at") {
    return sql`select m.run_uuid, ${sql.raw(aggregate.kind)}(m.value) as value, false as is_nan
      from ${points} and m.is_nan = false group by m.run_uuid`;
  }
  return sql`select ranked.run_uuid, ranked.value, ranked.is_nan from (
      select m.run_uuid, m.value, m.is_nan,
        row_number() over (partition by m.run_uuid order by m.timestamp desc, m.value desc, m.is_nan desc) as place
      from ${points} and m.step = ${aggregate.step}) as ranked where ranked.place = 1`;
}

const tieBreak = (orderings: readonly RunOrdering[]): readonly OrderTerm[] =>
  orderings.some(
    (ordering) => "field" in ordering && ordering.field.entity === "attribute" && ordering.field.key === "start_time",
  )
    ? [BY_ID]
    : [NEWEST_FIRST, BY_ID];

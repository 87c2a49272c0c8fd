import type { Ordering } from "@esteira/core/search/ast";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { METRICS, PARAMS, runColumn, TAGS } from "./run-filter.ts";

/** A way to put runs in order: how to read them, which of them it covers, and the order itself. */
export interface RunOrder {
  readonly from: RawBuilder<unknown>;
  readonly covers: readonly RawBuilder<SqlBool>[];
  readonly terms: readonly RawBuilder<unknown>[];
}

const NEWEST_FIRST = sql`runs.start_time desc`;

/** Missing values go last in both directions, NaN just before them; then the newest run, then the run id. */
export function orderAll(orderings: readonly Ordering[]): RunOrder {
  const compiled = orderings.map((ordering, index) => compile(ordering, index));
  return {
    from: sql`runs ${sql.join(
      compiled.map(({ join }) => join),
      sql` `,
    )}`,
    covers: [],
    terms: [...compiled.flatMap(({ missing, value }) => [...missing, value]), ...tieBreak(orderings)],
  };
}

/**
 * The same order for the runs that have the first value (and no NaN there): they come first, and an index has them in
 * order, so that a page costs the page and not the experiment. Undefined when there is nothing to gain.
 */
export function orderPresent(orderings: readonly Ordering[]): RunOrder | undefined {
  const [first, ...rest] = orderings;
  if (first === undefined) return undefined;
  const leading = compile(first, 0);
  const others = rest.map((ordering, index) => compile(ordering, index + 1));
  const joins = others.map(({ join }) => join);
  const terms = [leading.value, ...others.flatMap(({ missing, value }) => [...missing, value]), ...tieBreak(orderings)];
  if (first.field.entity === "attribute") {
    if (first.field.key !== "start_time") return undefined;
    return { from: sql`runs ${sql.join(joins, sql` `)}`, covers: [sql<SqlBool>`runs.start_time is not null`], terms };
  }
  // CROSS JOIN keeps SQLite from reading the runs first.
  const from = sql`${sql.table(leading.table)} as o0 cross join runs ${sql.join(joins, sql` `)}`;
  const covers = [sql<SqlBool>`o0."key" = ${first.field.key}`, sql<SqlBool>`runs.run_uuid = o0.run_uuid`];
  if (first.field.entity === "metric") covers.push(sql<SqlBool>`o0.is_nan = false`);
  else covers.push(sql<SqlBool>`o0.value is not null`);
  return { from, covers, terms };
}

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

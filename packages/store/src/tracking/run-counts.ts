import type { Comparison, Filter } from "@esteira/core/search/ast";
import { type RawBuilder, sql } from "kysely";
import { byDialect } from "../database/dialect.ts";
import type { Database } from "../database/tables.ts";
import { type IndexedTest, indexedTest, inIndexOrder } from "./run-filter.ts";

/** Rows are counted up to here: beyond it, "many" is all that a plan needs to know. */
export const MOST_COUNTED = 20_000;
const MOST_TESTS = 8;
/** The share of runs that a comparison without an index is taken to leave. */
const UNKNOWN_SHARE = 0.3;

/** A comparison with the rows of the whole store that pass it. */
export interface Counted {
  readonly test: IndexedTest;
  readonly written: Comparison;
  /** Counted up to a limit. */
  readonly rows: number;
}

/** What a plan is chosen by. */
interface Survey {
  /** How many runs the experiments have. */
  readonly own: number;
  /** How many the store has, more or less. */
  readonly total: number;
  /** Those of the comparisons that an index answers. */
  readonly counted: readonly Counted[];
}

/** Counts up to `most` by one statement. `runs` is what follows FROM for the runs of the experiments. */
export async function survey(
  db: Database,
  runs: RawBuilder<unknown>,
  comparisons: readonly Comparison[],
  most: number,
): Promise<Survey> {
  const tests = comparisons
    .flatMap((written) => {
      const test = indexedTest(written);
      return test === undefined ? [] : [{ written, test }];
    })
    .slice(0, MOST_TESTS);
  const counts = tests.map(({ test }, index) => {
    const from = sql`${sql.table(test.source.table)} as t where ${test.matches} ${inIndexOrder(test)}`;
    return sql`(${counting(from, most)}) as ${sql.ref(`c${index}`)}`;
  });
  const { rows } = await sql<Record<string, number | string | null>>`
    select ${sql.join([sql`(${counting(runs, most)}) as own`, sql`(${ALL_RUNS}) as total`, ...counts])}`.execute(db);
  const found = (name: string): number => Number(rows[0]?.[name] ?? 0);
  const own = found("own");
  return {
    own,
    total: Math.max(own, found("total"), 1),
    counted: tests.map((test, index) => ({ ...test, rows: found(`c${index}`) })),
  };
}

/** The comparison that leaves the fewest runs. */
export const rarestOf = (counted: readonly Counted[]): Counted | undefined =>
  counted.reduce<Counted | undefined>((best, one) => (best && best.rows <= one.rows ? best : one), undefined);

/**
 * The share of `total` runs that the filter is taken to leave, as if its comparisons had nothing to do with each other;
 * `settled` is not looked at.
 */
export function shareOf(
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
export async function count(db: Database, from: RawBuilder<unknown>, most: number): Promise<number> {
  const { rows } = await sql<{ rows: number | string }>`${counting(from, most)}`.execute(db);
  return Number(rows[0]?.rows ?? 0);
}

const counting = (from: RawBuilder<unknown>, most: number): RawBuilder<unknown> =>
  sql`select count(*) as rows from (select 1 from ${from} limit ${most}) as counted`;

/** How many runs the store has, more or less: in a moment, not by counting. */
const ALL_RUNS = byDialect({
  sqlite: () => sql`select max(rowid) from runs`,
  postgres: () => sql`select reltuples::bigint from pg_class where oid = 'runs'::regclass`,
});

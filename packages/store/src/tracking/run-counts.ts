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

/** Those of the comparisons that an index answers, each counted up to `most`. */
export async function countTests(
  db: Database,
  comparisons: readonly Comparison[],
  most: number,
): Promise<readonly Counted[]> {
  const counted: Counted[] = [];
  for (const written of comparisons) {
    if (counted.length === MOST_TESTS) break;
    const test = indexedTest(written);
    if (test === undefined) continue;
    counted.push({
      test,
      written,
      rows: await count(
        db,
        sql`${sql.table(test.source.table)} as t where ${test.matches} ${inIndexOrder(test)}`,
        most,
      ),
    });
  }
  return counted;
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
export async function count(db: Database, from: RawBuilder<unknown>, most = MOST_COUNTED): Promise<number> {
  const { rows } = await sql<{ rows: number | string }>`
    select count(*) as rows from (select 1 from ${from} limit ${most}) as counted`.execute(db);
  return Number(rows[0]?.rows ?? 0);
}

/** How many runs the store has, more or less: in a moment, not by counting. */
export async function approximateRuns(db: Database): Promise<number> {
  const { rows } = await sql<{ rows: number | string | null }>`${byDialect({
    sqlite: () => sql`select max(rowid) as rows from runs`,
    postgres: () => sql`select reltuples::bigint as rows from pg_class where oid = 'runs'::regclass`,
  })}`.execute(db);
  return Number(rows[0]?.rows ?? 0);
}

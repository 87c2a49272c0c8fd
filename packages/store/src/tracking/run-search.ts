import type { Page, SearchQuery, ViewType } from "@esteira/core/entities/page";
import type { Run } from "@esteira/core/entities/run";
import type { ExperimentId } from "@esteira/core/ids";
import { parseExperimentId } from "@esteira/core/names";
import { parseFilter } from "@esteira/core/search/filter";
import { parseOrderBy } from "@esteira/core/search/order-by";
import { RUN_RULES } from "@esteira/core/search/rules";
import { sql } from "kysely";
import { readColumns } from "../database/columns.ts";
import type { Session } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import { checkMaxResults, offsetOf, toPage } from "../search/page-token.ts";
import { withoutRegexes } from "../search/regex.ts";
import { stageOf } from "./experiment-search.ts";
import { runValues } from "./run-filter.ts";
import { planQuick } from "./run-glance.ts";
import { inExperiments, planRuns, type RunPlan, type RunQuestion } from "./run-plan.ts";
import { readWholeRuns } from "./run-read.ts";

export const DEFAULT_RESULTS = 1000;
export const MOST_RESULTS = 50_000;

interface Window {
  readonly limit: number;
  readonly offset: number;
}

export async function searchRuns(
  session: Session,
  query: SearchQuery & { experimentIds: readonly ExperimentId[]; viewType?: ViewType },
): Promise<Page<Run>> {
  const maxResults = checkMaxResults(query.maxResults, DEFAULT_RESULTS, MOST_RESULTS);
  const parsed = parseFilter(query.filter, RUN_RULES);
  const orderings = parseOrderBy(query.orderBy, RUN_RULES);
  const offset = offsetOf(query.pageToken);
  const experiments = [...new Set(query.experimentIds.map(parseExperimentId))];
  if (experiments.length === 0) return { items: [] };
  const filter = await withoutRegexes(parsed, (comparison) =>
    session.scan((db) => runValues(db, comparison, inExperiments("runs.experiment_id", experiments))),
  );
  const question = { experiments, stage: stageOf(query.viewType), filter, orderings };
  return readPage(session, question, { limit: maxResults + 1, offset }, async (db, ids) => {
    const page = toPage(ids, offset, maxResults);
    return { ...page, items: await readWholeRuns(db, page.items) };
  });
}

/**
 * Reads the ids of a window of the answer, and what `complete` makes of them, in one state of the database: at once where
 * that surely takes a moment, else where it holds nobody up.
 */
export async function readPage<T>(
  session: Session,
  question: RunQuestion,
  window: Window,
  complete: (db: Database, ids: readonly string[]) => Promise<T>,
): Promise<T> {
  const wanted = window.limit + window.offset;
  if (window.limit <= MOST_AT_ONCE) {
    const page = await session.read(async (db) => {
      const ids = await firstFull(db, await planQuick(db, question, wanted), window);
      return ids && { value: await complete(db, ids) };
    });
    if (page !== undefined) return page.value;
  }
  return session.scan(async (db) =>
    complete(db, (await firstFull(db, await planRuns(db, question, wanted), window)) ?? []),
  );
}

/** Reading a run takes about as long as finding it. */
const MOST_AT_ONCE = 2001;

/** What the first plan gives that fills the window or gives all runs there are; undefined if none does. */
async function firstFull(
  db: Database,
  plans: readonly RunPlan[],
  window: Window,
): Promise<readonly string[] | undefined> {
  for (const plan of plans) {
    const ids = await select(db, plan, window);
    if (plan.isComplete || ids.length === window.limit) return ids;
  }
  return undefined;
}

async function select(
  db: Database,
  { from, where, orderBy }: RunPlan,
  { limit, offset }: Window,
): Promise<readonly string[]> {
  const { id } = await readColumns(
    db,
    { id: ["text", sql`p.run_uuid`] },
    sql`(select runs.run_uuid from ${from} where ${sql.join(where, sql` and `)}
      order by ${orderBy} limit ${limit} offset ${offset}) as p`,
  );
  return id.map((one) => one ?? "");
}

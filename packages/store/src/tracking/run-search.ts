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
import { readRuns } from "./run-data.ts";
import { runValues } from "./run-filter.ts";
import { inExperiments, planRuns, type RunPlan, type RunQuestion } from "./run-plan.ts";

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
    return { ...page, items: await readRuns(db, page.items, { modelInputs: false }) };
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
  const read = async (db: Database, mayScan: boolean): Promise<T | typeof TOO_LONG> => {
    const ids = await runIds(db, question, window, mayScan);
    return ids === TOO_LONG ? TOO_LONG : complete(db, ids);
  };
  const quick = window.limit > MOST_AT_ONCE ? TOO_LONG : await session.read((db) => read(db, false));
  const page = quick === TOO_LONG ? await session.scan((db) => read(db, true)) : quick;
  if (page === TOO_LONG) throw new Error("a scan may take long");
  return page;
}

const TOO_LONG = Symbol("too long");
/** Reading a run takes about as long as finding it. */
const MOST_AT_ONCE = 2001;

async function runIds(
  db: Database,
  question: RunQuestion,
  window: Window,
  mayScan: boolean,
): Promise<readonly string[] | typeof TOO_LONG> {
  const plans = await planRuns(db, question, window.limit + window.offset);
  for (const plan of plans) {
    if (!mayScan && !plan.isLight) return TOO_LONG;
    const ids = await select(db, plan, window);
    if (plan.isComplete || ids.length === window.limit) return ids;
  }
  return [];
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

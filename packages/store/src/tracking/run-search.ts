import type { Page, SearchQuery, ViewType } from "@esteira/core/entities/page";
import type { Run } from "@esteira/core/entities/run";
import type { ExperimentId } from "@esteira/core/ids";
import { parseExperimentId } from "@esteira/core/names";
import { parseFilter } from "@esteira/core/search/filter";
import { parseOrderBy } from "@esteira/core/search/order-by";
import { RUN_RULES } from "@esteira/core/search/rules";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Session } from "../database/session.ts";
import { inList, isIn } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { checkMaxResults, offsetOf, toPage } from "../search/page-token.ts";
import { withoutRegexes } from "../search/regex.ts";
import { stageOf } from "./experiment-search.ts";
import { type RunRow, toRuns } from "./run-data.ts";
import { compileRunFilter, rareCandidates, runValues } from "./run-filter.ts";
import { orderAll, orderPresent, type RunOrder } from "./run-order.ts";

const DEFAULT_RESULTS = 1000;
const MOST_RESULTS = 50_000;

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
  const experiments = query.experimentIds.map(parseExperimentId);
  if (experiments.length === 0) return { items: [] };
  const filter = await withoutRegexes(parsed, (comparison) =>
    session.read((db) => runValues(db, comparison, inExperiments("runs.experiment_id", experiments))),
  );
  return session.read(async (db) => {
    const conditions: RawBuilder<SqlBool>[] = [];
    const stage = stageOf(query.viewType);
    if (stage !== undefined) conditions.push(sql<SqlBool>`runs.lifecycle_stage = ${stage}`);
    if (filter !== undefined) conditions.push(compileRunFilter(filter));
    const window = { limit: maxResults + 1, offset };
    const candidates = await rareCandidates(db, filter);
    let rows: readonly RunRow[] | undefined;
    if (candidates !== undefined) {
      // The plus keeps SQLite from walking the experiment's index instead of looking the candidates up.
      const chosen = [inList("runs.run_uuid", candidates), inExperiments("+runs.experiment_id", experiments)];
      rows = await select(db, orderAll(orderings), [...chosen, ...conditions], window);
    } else {
      const all = [inExperiments("runs.experiment_id", experiments), ...conditions];
      const present = orderPresent(orderings);
      const first = present === undefined ? [] : await select(db, present, all, window);
      rows = first.length === window.limit ? first : await select(db, orderAll(orderings), all, window);
    }
    const page = toPage(rows, offset, maxResults);
    return { ...page, items: await toRuns(db, page.items, { modelInputs: false }) };
  });
}

async function select(
  db: Database,
  order: RunOrder,
  conditions: readonly RawBuilder<SqlBool>[],
  { limit, offset }: Window,
): Promise<readonly RunRow[]> {
  const { rows } = await sql<RunRow>`
    select runs.* from ${order.from}
    where ${sql.join([...order.covers, ...conditions], sql` and `)}
    order by ${sql.join(order.terms)} limit ${limit} offset ${offset}`.execute(db);
  return rows;
}

/** `column` is text of ours. One experiment is compared directly, so that its index gives the order too. */
function inExperiments(column: string, experiments: readonly number[]): RawBuilder<SqlBool> {
  return experiments.length === 1
    ? sql<SqlBool>`${sql.raw(column)} = ${experiments[0]}`
    : isIn(sql.raw(column), experiments);
}

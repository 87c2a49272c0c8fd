import type { Run } from "@esteira/core/entities/run";
import type { QueriedRun, RunAggregate, RunQuery, RunQueryPage } from "@esteira/core/entities/run-query";
import { invalid } from "@esteira/core/errors";
import { parseExperimentId } from "@esteira/core/names";
import type { RunQueryStore } from "@esteira/core/run-query-store";
import type { Filter } from "@esteira/core/search/ast";
import { parseFilter } from "@esteira/core/search/filter";
import { RUN_RULES } from "@esteira/core/search/rules";
import { type MetricAggregate, parseRunColumns, parseRunOrder, type RunColumns } from "@esteira/core/search/run-terms";
import { type RawBuilder, sql } from "kysely";
import { readColumns } from "../database/columns.ts";
import type { Session } from "../database/session.ts";
import { isIn } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { checkMaxResults } from "../search/page-token.ts";
import { withoutRegexes } from "../search/regex.ts";
import { stageOf } from "./experiment-search.ts";
import { HistorySampler } from "./history-sample.ts";
import { HISTORY, historyJson, isShortHistory } from "./metrics.ts";
import { readRunColumns, readRunKeys } from "./run-columns.ts";
import { count } from "./run-counts.ts";
import { readRunData } from "./run-data.ts";
import { runValues } from "./run-filter.ts";
import { placeOf, placeOfToken, placeToken, searchName } from "./run-keyset.ts";
import { aggregateRows } from "./run-order.ts";
import { candidateRuns, countRuns, inExperiments, type RunQuestion } from "./run-plan.ts";
import { readWholeRuns } from "./run-read.ts";
import { DEFAULT_RESULTS, MOST_RESULTS, readPage } from "./run-search.ts";
import { readRunChanges } from "./run-watch.ts";

/** So many points (or, at one step, runs) may be read to put runs in order by an aggregate, or to give it of a page. */
const MOST_POINTS = 1_000_000;

async function queryRuns(session: Session, query: RunQuery): Promise<RunQueryPage> {
  const maxResults = checkMaxResults(query.maxResults, DEFAULT_RESULTS, MOST_RESULTS);
  const parsed = parseFilter(query.filter, RUN_RULES);
  const orderings = parseRunOrder(query.orderBy);
  const columns = query.columns && parseRunColumns(query.columns);
  const experiments = [...new Set(query.experimentIds.map(parseExperimentId))].sort((a, b) => a - b);
  const stage = stageOf(query.viewType);
  const search = searchName(experiments, query.filter ?? "", query.orderBy ?? [], stage ?? "");
  const after = query.pageToken ? placeOfToken(query.pageToken, search, orderings) : undefined;
  if (experiments.length === 0) return { items: [], ...(query.count ? { totalCount: 0 } : {}) };
  const filter = await settled(session, parsed, experiments);
  const question: RunQuestion = { experiments, stage, filter, orderings, after };
  const aggregates = orderings.flatMap((ordering) => ("aggregate" in ordering ? [ordering.aggregate] : []));
  if (aggregates.length > 0) {
    await session.scan(async (db) => {
      for (const aggregate of aggregates) await checkCost(db, aggregate, candidateRuns(question));
    });
  }
  const totalCount = query.count ? await session.scan((db) => countRuns(db, question)) : undefined;
  const page = await readPage(session, question, { limit: maxResults + 1, offset: 0 }, async (db, found) => {
    const ids = found.slice(0, maxResults);
    const last = found.length > maxResults ? ids.at(-1) : undefined;
    return {
      ids,
      items: await (columns === undefined ? readWholeRuns(db, ids) : readRunData(db, ids, columns)),
      ...(last === undefined ? {} : { nextPageToken: placeToken(search, await placeOf(db, orderings, last)) }),
    };
  });
  const { ids, items, ...rest } = page;
  return {
    ...rest,
    items: await withAggregates(session, ids, items, columns?.aggregates ?? []),
    ...(totalCount === undefined ? {} : { totalCount }),
  };
}

const settled = (session: Session, filter: Filter | undefined, experiments: readonly number[]) =>
  withoutRegexes(filter, (comparison) =>
    session.scan((db) => runValues(db, comparison, inExperiments("runs.experiment_id", experiments))),
  );

async function withAggregates(
  session: Session,
  ids: readonly string[],
  runs: readonly Run[],
  wanted: RunColumns["aggregates"],
): Promise<readonly QueriedRun[]> {
  const found = new Map<string, RunAggregate[]>(ids.map((id) => [id, []]));
  if (wanted.length > 0) {
    await session.scan(async (db) => {
      for (const { column, aggregate } of wanted) {
        await checkCost(db, aggregate, sql`select run_uuid from runs where ${isIn(sql.ref("run_uuid"), ids)}`);
        for (const [run, value] of await aggregateOf(db, ids, aggregate)) found.get(run)?.push({ column, value });
      }
    });
  }
  return runs.map((run) => ({ ...run, aggregates: found.get(run.info.runId) ?? [] }));
}

async function aggregateOf(
  db: Database,
  ids: readonly string[],
  aggregate: MetricAggregate,
): Promise<readonly (readonly [string, number])[]> {
  const { run, value, isNan } = await readColumns(
    db,
    { run: ["text", sql`a.run_uuid`], value: ["real", sql`a.value`], isNan: ["flag", sql`a.is_nan`] },
    sql`(${aggregateRows(aggregate, isIn(sql.ref("m.run_uuid"), ids))}) as a`,
  );
  return run.map((id, row) => [id ?? "", isNan[row] ? Number.NaN : (value[row] ?? 0)]);
}

/** No index has aggregates: what one costs is known by counting, and refused before it holds others up. */
async function checkCost(db: Database, aggregate: MetricAggregate, runs: RawBuilder<unknown>): Promise<void> {
  const [what, from] =
    aggregate.kind === "at"
      ? ["runs", sql`(${runs}) as r`]
      : ["points", sql`${HISTORY("m")} where m.run_uuid in (${runs}) and m."key" = ${aggregate.key}`];
  if ((await count(db, from, MOST_POINTS + 1)) <= MOST_POINTS) return;
  throw invalid(
    `The aggregate ${aggregate.kind} of metric '${aggregate.key}' would read more than ${MOST_POINTS} ${what}: narrow the filter, or ask for fewer runs a page.`,
  );
}

export function runQueryStore(session: Session): RunQueryStore {
  const sampler = new HistorySampler();
  return {
    queryRuns: (query) => queryRuns(session, query),
    readRunColumns: (query) => readRunColumns(session, query),
    readRunKeys: (query) => readRunKeys(session, query),
    longHistoryJson: async (run, key) => {
      if (await session.read((db) => isShortHistory(db, run, key))) return undefined;
      return session.scan((db) => historyJson(db, run, key));
    },
    sampleHistories: (query) => session.scan((db) => sampler.sample(db, query)),
    readRunChanges: (watched, since) => session.read((db) => readRunChanges(db, watched, since)),
  };
}

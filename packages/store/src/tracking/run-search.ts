import type { Page, SearchQuery, ViewType } from "@esteira/core/entities/page";
import type { Run } from "@esteira/core/entities/run";
import type { ExperimentId } from "@esteira/core/ids";
import { parseExperimentId } from "@esteira/core/names";
import type { Comparison, Ordering } from "@esteira/core/search/ast";
import { parseFilter } from "@esteira/core/search/filter";
import { parseOrderBy } from "@esteira/core/search/order-by";
import { RUN_RULES } from "@esteira/core/search/rules";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { inList } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { type Condition, compileFilter, test, testKeyed } from "../search/compile.ts";
import { checkMaxResults, offsetOf, toPage } from "../search/page-token.ts";
import { stageOf } from "./experiment-search.ts";
import { type RunRow, toRuns } from "./run-data.ts";
import { RUN_NAME_TAG } from "./tags.ts";

const DEFAULT_RESULTS = 1000;
const MOST_RESULTS = 50_000;
const COLUMNS: Readonly<Record<string, string>> = { run_id: "run_uuid", run_name: "name" };

const ofRun = sql`t.run_uuid = runs.run_uuid`;
const METRICS = { table: "latest_metrics", key: "key", value: "value", join: ofRun };
const PARAMS = { table: "params", key: "key", value: "value", join: ofRun };
const TAGS = { table: "tags", key: "key", value: "value", join: ofRun };

export async function searchRuns(
  db: Database,
  query: SearchQuery & { experimentIds: readonly ExperimentId[]; viewType?: ViewType },
): Promise<Page<Run>> {
  const maxResults = checkMaxResults(query.maxResults, DEFAULT_RESULTS, MOST_RESULTS);
  const filter = parseFilter(query.filter, RUN_RULES, query.grammar);
  const orderings = parseOrderBy(query.orderBy, RUN_RULES);
  const offset = offsetOf(query.pageToken);
  const experiments = query.experimentIds.map(parseExperimentId);
  if (experiments.length === 0) return { items: [] };

  const conditions: RawBuilder<SqlBool>[] = [
    experiments.length === 1
      ? sql<SqlBool>`runs.experiment_id = ${experiments[0]}`
      : inList("runs.experiment_id", experiments),
  ];
  const stage = stageOf(query.viewType);
  if (stage !== undefined) conditions.push(sql<SqlBool>`runs.lifecycle_stage = ${stage}`);
  if (filter !== undefined) conditions.push(compileFilter(filter, compareRun));
  const { joins, order } = compileOrder(orderings);
  const { rows } = await sql<RunRow>`
    select runs.* from runs ${sql.join(joins, sql` `)}
    where ${sql.join(conditions, sql` and `)}
    order by ${sql.join(order)} limit ${maxResults + 1} offset ${offset}`.execute(db);
  const page = toPage(rows, offset, maxResults);
  return { ...page, items: await toRuns(db, page.items, { modelInputs: false }) };
}

function compareRun(comparison: Comparison): Condition {
  const { entity, key } = comparison.field;
  switch (entity) {
    case "metric":
      return compareMetric(comparison);
    case "param":
      return testKeyed(PARAMS, comparison);
    case "tag":
      return testKeyed(TAGS, comparison);
    case "dataset":
      return compareDataset(comparison);
    default:
      // MLflow looks the name up in the tag: old databases have it only there.
      if (key === "run_name") {
        return testKeyed(TAGS, { ...comparison, field: { entity: "tag", key: RUN_NAME_TAG } });
      }
      return test(sql.ref(`runs.${COLUMNS[key] ?? key}`), comparison);
  }
}

/** NaN is stored as 0 with a flag: it is unequal to every number, and nothing else is true of it. */
function compareMetric(comparison: Comparison): Condition {
  const value = test(sql`t.value`, comparison);
  const holds = comparison.operator === "!=" ? sql`(${value} or t.is_nan = 1)` : sql`(${value} and t.is_nan = 0)`;
  return sql<SqlBool>`exists (select 1 from ${sql.table(METRICS.table)} as t
    where ${METRICS.join} and t."key" = ${comparison.field.key} and ${holds})`;
}

function compareDataset(comparison: Comparison): Condition {
  const edges = sql`select 1 from inputs as e join datasets as d on d.dataset_uuid = e.source_id`;
  const ofThisRun = sql`e.destination_id = runs.run_uuid and e.destination_type = 'RUN'`;
  if (comparison.field.key !== "context") {
    return sql<SqlBool>`exists (${edges} where ${ofThisRun} and ${test(sql.ref(`d.${comparison.field.key}`), comparison)})`;
  }
  return sql<SqlBool>`exists (${edges} join input_tags as t on t.input_uuid = e.input_uuid and t.name = 'mlflow.data.context'
    where ${ofThisRun} and ${test(sql`t.value`, comparison)})`;
}

interface CompiledOrder {
  readonly joins: readonly RawBuilder<unknown>[];
  readonly order: readonly RawBuilder<unknown>[];
}

/** Missing values go last in both directions, NaN just before them; then the newest run, then the run id. */
function compileOrder(orderings: readonly Ordering[]): CompiledOrder {
  const joins: RawBuilder<unknown>[] = [];
  const order: RawBuilder<unknown>[] = [];
  orderings.forEach(({ field, ascending }, index) => {
    const direction = sql.raw(ascending ? "asc" : "desc");
    if (field.entity === "attribute") {
      const column = sql.ref(`runs.${COLUMNS[field.key] ?? field.key}`);
      // Descending order has nulls last by itself, and can then follow an index.
      if (ascending) order.push(sql`${column} is null`);
      order.push(sql`${column} ${direction}`);
      return;
    }
    const source = { metric: METRICS, param: PARAMS, tag: TAGS, dataset: TAGS }[field.entity];
    const alias = sql.ref(`o${index}`);
    const value = sql.ref(`o${index}.value`);
    joins.push(
      sql`left join ${sql.table(source.table)} as ${alias} on ${alias}.run_uuid = runs.run_uuid and ${alias}."key" = ${field.key}`,
    );
    if (field.entity === "metric") {
      order.push(sql`case when ${alias}.is_nan = 1 then 1 when ${value} is null then 2 else 0 end`);
    } else order.push(sql`${value} is null`);
    order.push(sql`${value} ${direction}`);
  });
  if (!orderings.some(({ field }) => field.entity === "attribute" && field.key === "start_time")) {
    order.push(sql`runs.start_time desc`);
  }
  order.push(sql`runs.run_uuid`);
  return { joins, order };
}

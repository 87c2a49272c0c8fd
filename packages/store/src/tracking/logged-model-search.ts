import { LOGGED_MODEL_STATUSES, type LoggedModel } from "@esteira/core/entities/logged-model";
import type { Page } from "@esteira/core/entities/page";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { parseExperimentId } from "@esteira/core/names";
import type { Comparison } from "@esteira/core/search/ast";
import { parseFilter } from "@esteira/core/search/filter";
import { orderField } from "@esteira/core/search/order-by";
import { LOGGED_MODEL_RULES } from "@esteira/core/search/rules";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { inList } from "../database/sql.ts";
import type { Database } from "../database/tables.ts";
import { type Condition, compileFilter, test, testKeyed } from "../search/compile.ts";
import { type LoggedModelRow, toLoggedModels } from "./logged-model-data.ts";
import { decodeLoggedModelToken, loggedModelToken } from "./logged-model-token.ts";

export type LoggedModelQuery = Parameters<TrackingStore["searchLoggedModels"]>[0];
type DatasetChoice = NonNullable<LoggedModelQuery["datasets"]>[number];

const DEFAULT_RESULTS = 100;
const COLUMNS: Readonly<Record<string, string>> = {
  creation_timestamp: "creation_timestamp_ms",
  last_updated_timestamp: "last_updated_timestamp_ms",
};
const ofModel = sql`t.model_id = logged_models.model_id`;
const PARAMS = { table: "logged_model_params", key: "param_key", value: "param_value", join: ofModel };
const TAGS = { table: "logged_model_tags", key: "tag_key", value: "tag_value", join: ofModel };

export async function searchLoggedModels(db: Database, query: LoggedModelQuery): Promise<Page<LoggedModel>> {
  if (query.datasets?.some((dataset) => !dataset.datasetName)) {
    throw invalid("`dataset_name` in the `datasets` clause must be specified.");
  }
  const offset = query.pageToken ? decodeLoggedModelToken(query.pageToken, query) : 0;
  const maxResults = query.maxResults || DEFAULT_RESULTS;
  if (!Number.isInteger(maxResults) || maxResults < 1) {
    throw invalid(`Invalid value ${maxResults} for parameter 'max_results' supplied. It must be a positive integer`);
  }
  const filter = parseFilter(query.filter, LOGGED_MODEL_RULES);
  const datasets = query.datasets ?? [];
  const conditions: RawBuilder<SqlBool>[] = [
    inList("logged_models.experiment_id", query.experimentIds.map(parseExperimentId)),
    sql<SqlBool>`logged_models.lifecycle_stage <> 'deleted'`,
  ];
  let metricsFiltered = false;
  if (filter !== undefined) {
    conditions.push(
      compileFilter(filter, (comparison) => {
        metricsFiltered ||= comparison.field.entity === "metric";
        return compareModel(comparison, datasets);
      }),
    );
  }
  // Datasets narrow the metric comparisons; without any, the model must have some metric on one of them.
  if (datasets.length > 0 && !metricsFiltered) {
    conditions.push(
      sql<SqlBool>`exists (select 1 from logged_model_metrics as t where ${ofModel} and ${onDatasets(datasets)})`,
    );
  }
  const { rows } = await sql<LoggedModelRow>`
    select logged_models.* from logged_models
    where ${sql.join(conditions, sql` and `)}
    order by ${sql.join(compileOrder(query.orderBy ?? []))} limit ${maxResults + 1} offset ${offset}`.execute(db);
  const models = await toLoggedModels(db, rows.slice(0, maxResults));
  if (rows.length <= maxResults) return { items: models };
  return { items: models, nextPageToken: loggedModelToken(offset + maxResults, query) };
}

function compareModel(comparison: Comparison, datasets: readonly DatasetChoice[]): Condition {
  const { entity, key } = comparison.field;
  if (entity === "param") return testKeyed(PARAMS, comparison);
  if (entity === "tag") return testKeyed(TAGS, comparison);
  if (entity === "metric") {
    const within = datasets.length > 0 ? sql`and ${onDatasets(datasets)}` : sql``;
    return sql<SqlBool>`exists (select 1 from logged_model_metrics as t
      where ${ofModel} and t.metric_name = ${key} and ${test(sql`t.metric_value`, comparison)} ${within})`;
  }
  if (key === "status") return test(STATUS_TEXT, withShortStatus(comparison));
  return test(sql.ref(`logged_models.${COLUMNS[key] ?? key}`), comparison);
}

const shortStatus = (text: string): string =>
  text.replace(/^LOGGED_MODEL_(STATUS_)?/, "").replace(/^FAILED$/, "UPLOAD_FAILED");
/** The status is a number in the table and a name in the language: PENDING or LOGGED_MODEL_PENDING. */
const STATUS_TEXT = sql`case logged_models.status ${sql.join(
  LOGGED_MODEL_STATUSES.map((status, number) => sql.raw(`when ${number} then '${shortStatus(status)}'`)),
  sql` `,
)} end`;

function withShortStatus(comparison: Comparison): Comparison {
  if ("values" in comparison) return { ...comparison, values: comparison.values.map(shortStatus) };
  if (comparison.operator === "=" || comparison.operator === "!=") {
    return { ...comparison, value: shortStatus(String(comparison.value)) };
  }
  return comparison;
}

const onDatasets = (datasets: readonly DatasetChoice[]): Condition =>
  sql<SqlBool>`(${sql.join(
    datasets.map(({ datasetName, datasetDigest }) =>
      datasetDigest === undefined
        ? sql`t.dataset_name = ${datasetName}`
        : sql`(t.dataset_name = ${datasetName} and t.dataset_digest = ${datasetDigest})`,
    ),
    sql` or `,
  )})`;

/** Missing values last; then the newest model, then the model id. */
function compileOrder(clauses: NonNullable<LoggedModelQuery["orderBy"]>): readonly RawBuilder<unknown>[] {
  const order: RawBuilder<unknown>[] = [];
  const sorted = new Set<string>();
  for (const clause of clauses) {
    const direction = sql.raw(clause.ascending === false ? "desc" : "asc");
    const { entity, key } = fieldOf(clause.fieldName);
    const value = entity === "metric" ? latestMetric(key, clause) : sql.ref(`logged_models.${COLUMNS[key] ?? key}`);
    if (entity === "attribute") sorted.add(key);
    order.push(sql`${value} is null`, sql`${value} ${direction}`);
  }
  if (!sorted.has("creation_timestamp")) order.push(sql`logged_models.creation_timestamp_ms desc`);
  if (!sorted.has("model_id")) order.push(sql`logged_models.model_id`);
  return order;
}

function fieldOf(name: string): { entity: string; key: string } {
  const dot = name.indexOf(".");
  const parts = dot === -1 ? [name] : [name.slice(0, dot), name.slice(dot + 1)];
  if (dot !== -1 && parts[0] !== "metrics" && parts[0] !== "attributes") {
    throw invalid(`Invalid order by field name: ${name}. Only metrics are supported.`);
  }
  try {
    return orderField(parts, LOGGED_MODEL_RULES, 1);
  } catch (error) {
    throw new EsteiraError("INVALID_PARAMETER_VALUE", `Invalid order by field name: ${name}`, { cause: error });
  }
}

/** The latest value by time, then step; of several runs the first by id. */
function latestMetric(
  key: string,
  { datasetName, datasetDigest }: { datasetName?: string; datasetDigest?: string },
): RawBuilder<unknown> {
  const named = datasetName ? sql`and t.dataset_name = ${datasetName}` : sql``;
  const digested = datasetDigest ? sql`and t.dataset_digest = ${datasetDigest}` : sql``;
  return sql`(select t.metric_value from logged_model_metrics as t
    where ${ofModel} and t.metric_name = ${key} ${named} ${digested}
    order by t.metric_timestamp_ms desc, t.metric_step desc, t.run_id limit 1)`;
}

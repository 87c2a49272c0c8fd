import { LOGGED_MODEL_STATUSES, type LoggedModel } from "@esteira/core/entities/logged-model";
import type { Page } from "@esteira/core/entities/page";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { parseExperimentId } from "@esteira/core/names";
import { type Comparison, comparisonsOf } from "@esteira/core/search/ast";
import { parseFilter } from "@esteira/core/search/filter";
import { orderField } from "@esteira/core/search/order-by";
import { LOGGED_MODEL_RULES } from "@esteira/core/search/rules";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Session } from "../database/session.ts";
import { inList } from "../database/sql.ts";
import {
  type Condition,
  compileFilter,
  distinctValues,
  keyedValues,
  test,
  testKeyed,
  testRows,
  testText,
} from "../search/compile.ts";
import { withoutRegexes } from "../search/regex.ts";
import { type LoggedModelRow, toLoggedModels } from "./logged-model-data.ts";
import { decodeLoggedModelToken, loggedModelToken } from "./logged-model-token.ts";

export type LoggedModelQuery = Parameters<TrackingStore["searchLoggedModels"]>[0];
type DatasetChoice = NonNullable<LoggedModelQuery["datasets"]>[number];

const DEFAULT_RESULTS = 100;
/** As in a search of runs: more than fits in memory must not be asked for. */
const MOST_RESULTS = 50_000;
const MOST_ORDERINGS = 20;
const MOST_DATASETS = 100;
const COLUMNS: Readonly<Record<string, string>> = {
  creation_timestamp: "creation_timestamp_ms",
  last_updated_timestamp: "last_updated_timestamp_ms",
};
const ofModel = sql`t.model_id = logged_models.model_id`;
const PARAMS = { table: "logged_model_params", key: "param_key", value: "param_value", join: ofModel };
const TAGS = { table: "logged_model_tags", key: "tag_key", value: "tag_value", join: ofModel };

export async function searchLoggedModels(session: Session, query: LoggedModelQuery): Promise<Page<LoggedModel>> {
  if (query.datasets?.some((dataset) => !dataset.datasetName)) {
    throw invalid("`dataset_name` in the `datasets` clause must be specified.");
  }
  if ((query.datasets?.length ?? 0) > MOST_DATASETS) {
    throw invalid(`Invalid datasets: at most ${MOST_DATASETS} may be named, got ${query.datasets?.length}.`);
  }
  if ((query.orderBy?.length ?? 0) > MOST_ORDERINGS) {
    throw invalid(`Invalid order_by: it may have at most ${MOST_ORDERINGS} clauses, got ${query.orderBy?.length}.`);
  }
  const offset = query.pageToken ? decodeLoggedModelToken(query.pageToken, query) : 0;
  const maxResults = query.maxResults || DEFAULT_RESULTS;
  if (!Number.isInteger(maxResults) || maxResults < 1) {
    throw invalid(`Invalid value ${maxResults} for parameter 'max_results' supplied. It must be a positive integer`);
  }
  if (maxResults > MOST_RESULTS) {
    throw invalid(
      `Invalid value ${maxResults} for parameter 'max_results' supplied. It must be at most ${MOST_RESULTS}`,
    );
  }
  const parsed = parseFilter(query.filter, LOGGED_MODEL_RULES);
  const order = compileOrder(query.orderBy ?? []);
  const experiments = inList("logged_models.experiment_id", query.experimentIds.map(parseExperimentId));
  const filter = await withoutRegexes(parsed, ({ field }) =>
    session.read((db) => {
      if (field.entity === "param") return keyedValues(db, PARAMS, field.key);
      if (field.entity === "tag") return keyedValues(db, TAGS, field.key);
      const column = field.key === "status" ? STATUS_NAME : modelColumn(field.key);
      return distinctValues(db, column, sql`logged_models where ${experiments} and ${column} is not null`);
    }),
  );
  const datasets = query.datasets ?? [];
  const conditions: RawBuilder<SqlBool>[] = [experiments, sql<SqlBool>`logged_models.lifecycle_stage <> 'deleted'`];
  if (filter !== undefined) conditions.push(compileFilter(filter, (comparison) => compareModel(comparison, datasets)));
  // Datasets narrow the metric comparisons; without any, the model must have some metric on one of them.
  if (datasets.length > 0 && !comparisonsOf(filter).some(({ field }) => field.entity === "metric")) {
    conditions.push(
      sql<SqlBool>`exists (select 1 from logged_model_metrics as t where ${ofModel} and ${onDatasets(datasets)})`,
    );
  }
  return session.read(async (db) => {
    const { rows } = await sql<LoggedModelRow>`
      select logged_models.* from logged_models
      where ${sql.join(conditions, sql` and `)}
      order by ${sql.join(order)} limit ${maxResults + 1} offset ${offset}`.execute(db);
    const models = await toLoggedModels(db, rows.slice(0, maxResults));
    if (rows.length <= maxResults) return { items: models };
    return { items: models, nextPageToken: loggedModelToken(offset + maxResults, query) };
  });
}

const modelColumn = (key: string): RawBuilder<unknown> => sql.ref(`logged_models.${COLUMNS[key] ?? key}`);

function compareModel(comparison: Comparison, datasets: readonly DatasetChoice[]): Condition {
  const { entity, key } = comparison.field;
  if (entity === "param") return testKeyed(PARAMS, comparison);
  if (entity === "tag") return testKeyed(TAGS, comparison);
  if (entity === "metric") {
    const within = datasets.length > 0 ? sql`and ${onDatasets(datasets)}` : sql``;
    return testRows(
      sql`select 1 from logged_model_metrics as t where ${ofModel} and t.metric_name = ${key} ${within}`,
      comparison,
      () => test(sql`t.metric_value`, comparison),
    );
  }
  if (key === "status") return compareStatus(comparison);
  const column = modelColumn(key);
  return key.endsWith("timestamp") ? test(column, comparison) : testText(column, comparison);
}

const shortStatus = (text: string): string =>
  text.replace(/^LOGGED_MODEL_(STATUS_)?/, "").replace(/^FAILED$/, "UPLOAD_FAILED");
const STATUS_NAME = sql`case logged_models.status ${sql.join(
  LOGGED_MODEL_STATUSES.map((status, number) => sql.raw(`when ${number} then '${shortStatus(status)}'`)),
  sql` `,
)} end`;

/**
 * The status is a number in the table, and so in MLflow's comparisons: status = '2'. Its names are taken as well,
 * READY or LOGGED_MODEL_READY, which MLflow compares with the number and never finds.
 */
function compareStatus(comparison: Comparison): Condition {
  const asNumber = sql`cast(logged_models.status as text)`;
  const isName = (text: string | number): boolean => /[a-z]/i.test(String(text));
  if ("values" in comparison) {
    const { values } = comparison;
    return values.some(isName)
      ? test(STATUS_NAME, { ...comparison, values: values.map(shortStatus) })
      : test(asNumber, comparison);
  }
  if (!("value" in comparison) || !isName(comparison.value)) return test(asNumber, comparison);
  return comparison.operator === "=" || comparison.operator === "!="
    ? test(STATUS_NAME, { ...comparison, value: shortStatus(String(comparison.value)) })
    : test(STATUS_NAME, comparison);
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
    const value = entity === "metric" ? latestMetric(key, clause) : modelColumn(key);
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
  const metricsOnly = (): EsteiraError => invalid(`Invalid order by field name: ${name}. Only metrics are supported.`);
  if (dot !== -1 && parts[0] !== "metrics" && parts[0] !== "attributes") throw metricsOnly();
  try {
    return orderField(parts, LOGGED_MODEL_RULES, { text: name, position: 1 });
  } catch (error) {
    if (dot !== -1) throw metricsOnly();
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

import type { Comparison, Filter } from "@esteira/core/search/ast";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import type { Database } from "../database/tables.ts";
import {
  type Condition,
  compileFilter,
  distinctValues,
  type KeyedTable,
  keyedValues,
  test,
  testKeyed,
  testRows,
  testText,
} from "../search/compile.ts";
import { RUN_NAME_TAG } from "./tags.ts";

const ofRun = sql`t.run_uuid = runs.run_uuid`;
export const METRICS: KeyedTable = { table: "latest_metrics", key: "key", value: "value", join: ofRun };
export const PARAMS: KeyedTable = { table: "params", key: "key", value: "value", join: ofRun };
export const TAGS: KeyedTable = { table: "tags", key: "key", value: "value", join: ofRun };

/** Names of attributes in the search language -> columns of `runs`, where they differ. */
const COLUMNS: Readonly<Record<string, string>> = { run_id: "run_uuid", run_name: "name" };
export const runColumn = (key: string): string => `runs.${COLUMNS[key] ?? key}`;

export const compileRunFilter = (filter: Filter): Condition => compileFilter(filter, compareRun);

/** MLflow looks a run's name up in the tag: old databases have it only there. */
const resolved = (comparison: Comparison): Comparison =>
  comparison.field.entity === "attribute" && comparison.field.key === "run_name"
    ? { ...comparison, field: { entity: "tag", key: RUN_NAME_TAG } }
    : comparison;

function compareRun(written: Comparison): Condition {
  const comparison = resolved(written);
  switch (comparison.field.entity) {
    case "metric":
      return testRows(
        sql`select 1 from latest_metrics as t where ${METRICS.join} and t."key" = ${comparison.field.key}`,
        comparison,
        () => testMetric(comparison),
      );
    case "param":
      return testKeyed(PARAMS, comparison);
    case "tag":
      return testKeyed(TAGS, comparison);
    case "dataset":
      return compareDataset(comparison);
    default: {
      const column = sql.ref(runColumn(comparison.field.key));
      return TIMES.has(comparison.field.key) ? test(column, comparison) : testText(column, comparison);
    }
  }
}

const TIMES = new Set(["start_time", "end_time"]);

/** NaN is stored as 0 with a flag: it is unequal to every number and in no range, and nothing else is true of it. */
function testMetric(comparison: Comparison): Condition {
  const value = test(sql`t.value`, comparison);
  return comparison.operator === "!=" || comparison.operator === "NOT BETWEEN"
    ? sql<SqlBool>`(${value} or t.is_nan = true)`
    : sql<SqlBool>`(${value} and t.is_nan = false)`;
}

const OF_DATASETS = sql`inputs as e join datasets as d on d.dataset_uuid = e.source_id`;
const CONTEXTS = sql`${OF_DATASETS} join input_tags as t on t.input_uuid = e.input_uuid and t.name = 'mlflow.data.context'`;

function compareDataset(comparison: Comparison): Condition {
  const ofThisRun = sql`e.destination_id = runs.run_uuid and e.destination_type = 'RUN'`;
  const [from, value] = datasetValue(comparison.field.key);
  return testRows(sql`select 1 from ${from} where ${ofThisRun}`, comparison, () => test(value, comparison));
}

const datasetValue = (key: string): readonly [RawBuilder<unknown>, RawBuilder<unknown>] =>
  key === "context" ? [CONTEXTS, sql`t.value`] : [OF_DATASETS, sql.ref(`d.${key}`)];

/** The different values of a text field, among the runs of these experiments where looking there is the shorter way. */
export async function runValues(
  db: Database,
  written: Comparison,
  inExperiments: Condition,
): Promise<readonly string[]> {
  const { entity, key } = resolved(written).field;
  if (entity === "param") return keyedValues(db, PARAMS, key);
  if (entity === "tag") return keyedValues(db, TAGS, key);
  if (entity === "dataset") {
    const [from, value] = datasetValue(key);
    return distinctValues(db, value, from);
  }
  const column = sql.ref(runColumn(key));
  return distinctValues(db, column, sql`runs where ${inExperiments} and ${column} is not null`);
}

const MOST_CANDIDATES = 2000;
/** Operators whose answer an index on (key, value) gives. */
const INDEXED = new Set<string>(["=", ">", ">=", "<", "<="]);

/**
 * The runs that a rare value leaves: when one comparison of an AND is true of few runs of the whole store, looking at
 * those is cheaper than walking an experiment. Undefined when no comparison is rare.
 */
export async function rareCandidates(db: Database, filter: Filter | undefined): Promise<readonly string[] | undefined> {
  const comparisons = filter === undefined ? [] : filter.kind === "and" ? filter.operands : [filter];
  let fewest: readonly string[] | undefined;
  for (const operand of comparisons) {
    if (operand.kind !== "comparison" || !INDEXED.has(operand.operator)) continue;
    const comparison = resolved(operand);
    const source = { metric: METRICS, param: PARAMS, tag: TAGS, attribute: undefined, dataset: undefined }[
      comparison.field.entity
    ];
    if (source === undefined) continue;
    const matches: Condition = source === METRICS ? testMetric(comparison) : test(sql`t.value`, comparison);
    const most = fewest?.length ?? MOST_CANDIDATES + 1;
    const { rows } = await sql<{ run_uuid: string }>`
      select t.run_uuid from ${sql.table(source.table)} as t
      where t."key" = ${comparison.field.key} and ${matches} limit ${most}`.execute(db);
    if (rows.length < most) fewest = rows.map((row) => row.run_uuid);
  }
  return fewest;
}

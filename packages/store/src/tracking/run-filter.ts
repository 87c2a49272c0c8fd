import type { Comparison, Filter } from "@esteira/core/search/ast";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { byDialect } from "../database/dialect.ts";
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
export const PARAMS: KeyedTable = {
  table: "params",
  key: "key",
  value: "value",
  join: ofRun,
  byValue: "esteira_params_by_value",
};
export const TAGS: KeyedTable = {
  table: "tags",
  key: "key",
  value: "value",
  join: ofRun,
  byValue: "esteira_tags_by_value",
};

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
export function testMetric(comparison: Comparison, alias = "t"): Condition {
  const isNan = sql.ref(`${alias}.is_nan`);
  const value = test(sql.ref(`${alias}.value`), comparison);
  return comparison.operator === "!=" || comparison.operator === "NOT BETWEEN"
    ? sql<SqlBool>`(${value} or ${isNan} = true)`
    : sql<SqlBool>`(${value} and ${isNan} = false)`;
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

/** A comparison whose runs an index finds. */
export interface IndexedTest {
  readonly comparison: Comparison;
  readonly source: KeyedTable;
  /** What is true of the rows of `source` (`t`) whose runs pass. */
  readonly matches: Condition;
}

/** Operators whose answer an index on (key, value) gives. */
const INDEXED = new Set<string>(["=", ">", ">=", "<", "<=", "BETWEEN", "IN"]);

/** The comparison as a range of an index; undefined when there is no such index. */
export function indexedTest(written: Comparison): IndexedTest | undefined {
  if (!INDEXED.has(written.operator)) return undefined;
  const comparison = resolved(written);
  const source = { metric: METRICS, param: PARAMS, tag: TAGS, attribute: undefined, dataset: undefined }[
    comparison.field.entity
  ];
  if (source === undefined) return undefined;
  const ofKey = sql<SqlBool>`t."key" = ${comparison.field.key}`;
  const passes = source === METRICS ? testMetric(comparison) : testIndexed(comparison);
  return { comparison, source, matches: sql<SqlBool>`${ofKey} and ${passes}` };
}

/** PostgreSQL's index holds the beginnings of long texts; of a shorter one that is all there is to compare. */
function testIndexed(comparison: Comparison): Condition {
  const whole = test(sql`t.value`, comparison);
  if (comparison.operator !== "=") return whole;
  // Characters as PostgreSQL counts them.
  const characters = [...String(comparison.value)];
  const begins = sql<SqlBool>`${BEGINNING} = ${characters.slice(0, INDEXED_CHARACTERS).join("")}`;
  return byDialect<SqlBool>({
    sqlite: () => whole,
    postgres: () => (characters.length < INDEXED_CHARACTERS ? begins : sql<SqlBool>`(${whole} and ${begins})`),
  });
}

/** The rows of a test in the order of the index that has them: else PostgreSQL would gather all before it counts the first. */
export const inIndexOrder = ({ source }: IndexedTest): RawBuilder<unknown> =>
  byDialect({
    sqlite: () => sql``,
    postgres: () => (source === METRICS ? sql`` : sql`order by t."key", ${BEGINNING}, t.run_uuid`),
  });
const INDEXED_CHARACTERS = 256;
const BEGINNING = sql`left(t.value, ${sql.lit(INDEXED_CHARACTERS)})`;

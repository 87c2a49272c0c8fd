import type { VisibleModels } from "@esteira/core/entities/access";
import type { Page } from "@esteira/core/entities/page";
import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { invalid } from "@esteira/core/errors";
import type { RegistryStore } from "@esteira/core/registry-store";
import { type Comparison, comparisonsOf, type Filter, type Ordering } from "@esteira/core/search/ast";
import { parseFilter } from "@esteira/core/search/filter";
import { parseOrderBy } from "@esteira/core/search/order-by";
import { MODEL_VERSION_RULES, REGISTERED_MODEL_RULES } from "@esteira/core/search/rules";
import { type RawBuilder, type SqlBool, sql } from "kysely";
import { isVisible } from "../access/visible.ts";
import type { Session } from "../database/session.ts";
import { type Database, WORKSPACE } from "../database/tables.ts";
import {
  type Condition,
  compileFilter,
  distinctValues,
  type KeyedTable,
  keyedValues,
  test,
  testKeyed,
  testText,
} from "../search/compile.ts";
import { offsetOf, pageToken, toPage } from "../search/page-token.ts";
import { withoutRegexes } from "../search/regex.ts";
import { DELETED_STAGE, type ModelVersionRow, type RegisteredModelRow, toModelVersions } from "./model-version-data.ts";

const DEFAULT_MODELS = 100;
const MOST_MODELS = 1000;
const DEFAULT_VERSIONS = 10_000;
const MOST_VERSIONS = 200_000;
export const PROMPT_TAG = "mlflow.prompt.is_prompt";

const MODEL_TAGS: KeyedTable = {
  table: "registered_model_tags",
  key: "key",
  value: "value",
  join: sql`t.workspace = registered_models.workspace and t.name = registered_models.name`,
};
const VERSION_TAGS: KeyedTable = {
  table: "model_version_tags",
  key: "key",
  value: "value",
  join: sql`t.workspace = model_versions.workspace and t.name = model_versions.name and t.version = model_versions.version`,
};
const MODEL_COLUMNS: Readonly<Record<string, string>> = { last_updated_timestamp: "last_updated_time" };
const VERSION_COLUMNS: Readonly<Record<string, string>> = {
  source_path: "source",
  version_number: "version",
  creation_timestamp: "creation_time",
  last_updated_timestamp: "last_updated_time",
};
const NEWEST_FIRST: readonly Ordering[] = [
  { field: { entity: "attribute", key: "last_updated_timestamp" }, ascending: false },
  { field: { entity: "attribute", key: "name" }, ascending: true },
  { field: { entity: "attribute", key: "version_number" }, ascending: false },
];

type ModelQuery = Parameters<RegistryStore["searchModelVersions"]>[0];

/** `complete` adds versions, tags and aliases to the rows. */
export async function searchRegisteredModels<Model>(
  session: Session,
  query: ModelQuery,
  complete: (db: Database, rows: readonly RegisteredModelRow[]) => Promise<readonly Model[]>,
): Promise<Page<Model>> {
  const maxResults = query.maxResults ?? DEFAULT_MODELS;
  if (!Number.isInteger(maxResults) || maxResults < 0 || maxResults > MOST_MODELS) {
    throw invalid(
      `Invalid value ${maxResults} for parameter 'max_results' supplied. It must be at most ${MOST_MODELS} and not negative`,
    );
  }
  const parsed = parseFilter(query.filter, REGISTERED_MODEL_RULES);
  const orderings = parseOrderBy(query.orderBy, REGISTERED_MODEL_RULES);
  const offset = offsetOf(query.pageToken);
  const filter = await settleRegexes(session, parsed, MODEL_TAGS, "registered_models", MODEL_COLUMNS);
  const conditions = [
    sql<SqlBool>`registered_models.workspace = ${WORKSPACE}`,
    ...withoutPrompts(filter, MODEL_TAGS, "registered_models", MODEL_COLUMNS),
    ...onlyVisible(query.visible, "registered_models"),
  ];
  const order = orderings.map((ordering) => orderColumn("registered_models", MODEL_COLUMNS, ordering));
  if (!orderings.some(({ field }) => field.key === "name")) order.push(sql`registered_models.name`);
  return session.read(async (db) => {
    const { rows } = await sql<RegisteredModelRow>`
      select registered_models.* from registered_models where ${sql.join(conditions, sql` and `)}
      order by ${sql.join(order)} limit ${maxResults + 1} offset ${offset}`.execute(db);
    // MLflow answers max_results=0 with no model and a token, when there is any model.
    if (maxResults === 0) return { items: [], ...(rows.length > 0 ? { nextPageToken: pageToken(offset) } : {}) };
    const page = toPage(rows, offset, maxResults);
    return { ...page, items: await complete(db, page.items) };
  });
}

export async function searchModelVersions(session: Session, query: ModelQuery): Promise<Page<ModelVersion>> {
  const maxResults = query.maxResults ?? DEFAULT_VERSIONS;
  if (!Number.isInteger(maxResults) || maxResults < 1) {
    throw invalid(`Invalid value for max_results. It must be a positive integer, but got ${maxResults}`);
  }
  if (maxResults > MOST_VERSIONS) {
    throw invalid(
      `Invalid value for request parameter max_results. It must be at most ${MOST_VERSIONS}, but got value ${maxResults}`,
    );
  }
  const parsed = parseFilter(query.filter, MODEL_VERSION_RULES);
  const given = parseOrderBy(query.orderBy, MODEL_VERSION_RULES);
  const offset = offsetOf(query.pageToken);
  const filter = await settleRegexes(session, parsed, VERSION_TAGS, "model_versions", VERSION_COLUMNS);
  const conditions = [
    sql<SqlBool>`model_versions.workspace = ${WORKSPACE}`,
    sql<SqlBool>`model_versions.current_stage <> ${DELETED_STAGE}`,
    ...withoutPrompts(filter, VERSION_TAGS, "model_versions", VERSION_COLUMNS),
    ...onlyVisible(query.visible, "model_versions"),
  ];
  const orderings = given.length > 0 ? given : NEWEST_FIRST;
  const order = orderings.map((ordering) => orderColumn("model_versions", VERSION_COLUMNS, ordering));
  if (!orderings.some(({ field }) => field.key === "name")) order.push(sql`model_versions.name`);
  if (!orderings.some(({ field }) => field.key === "version_number")) order.push(sql`model_versions.version desc`);
  return session.read(async (db) => {
    const { rows } = await sql<ModelVersionRow>`
      select model_versions.* from model_versions where ${sql.join(conditions, sql` and `)}
      order by ${sql.join(order)} limit ${maxResults + 1} offset ${offset}`.execute(db);
    const page = toPage(rows, offset, maxResults);
    return { ...page, items: await toModelVersions(db, page.items, { aliases: false }) };
  });
}

const settleRegexes = (
  session: Session,
  filter: Filter | undefined,
  tags: KeyedTable,
  table: string,
  columns: Readonly<Record<string, string>>,
): Promise<Filter | undefined> =>
  withoutRegexes(filter, ({ field }) =>
    session.read((db) => {
      if (field.entity === "tag") return keyedValues(db, tags, field.key);
      const column = sql.ref(`${table}.${columns[field.key] ?? field.key}`);
      return distinctValues(db, column, sql`${sql.table(table)} where ${column} is not null`);
    }),
  );

/** MLflow keeps prompts among the models: a search shows them only when its filter asks for them. */
function withoutPrompts(
  filter: Filter | undefined,
  tags: KeyedTable,
  table: "registered_models" | "model_versions",
  columns: Readonly<Record<string, string>>,
): readonly Condition[] {
  const asksForPrompts = comparisonsOf(filter).some(isPromptQuestion);
  const compareField = (comparison: Comparison): Condition => {
    const { entity, key } = comparison.field;
    if (entity === "attribute") {
      const column = sql.ref(`${table}.${columns[key] ?? key}`);
      return key === "version_number" ? test(column, comparison) : testText(column, comparison);
    }
    // "is no prompt" is true of every model that is left.
    if (key === PROMPT_TAG && !asksForPrompts) return sql<SqlBool>`true`;
    return testKeyed(tags, comparison);
  };
  const conditions = filter === undefined ? [] : [compileFilter(filter, compareField)];
  if (asksForPrompts) return conditions;
  const prompt = sql<SqlBool>`not exists (select 1 from ${sql.table(tags.table)} as p
    where p.workspace = ${sql.ref(`${table}.workspace`)} and p.name = ${sql.ref(`${table}.name`)}
      and p."key" = ${PROMPT_TAG} and p.value = 'true')`;
  return [...conditions, prompt];
}

/** What a row is, model or prompt, is what its registered model is: a tag on one version changes nothing. */
function onlyVisible(
  visible: VisibleModels | undefined,
  table: "registered_models" | "model_versions",
): readonly Condition[] {
  if (visible === undefined) return [];
  const isPrompt = sql<SqlBool>`exists (select 1 from registered_model_tags as v
    where v.workspace = ${sql.ref(`${table}.workspace`)} and v.name = ${sql.ref(`${table}.name`)}
      and v."key" = ${PROMPT_TAG} and v.value = 'true')`;
  const name = `${table}.name`;
  return [
    sql<SqlBool>`case when ${isPrompt} then ${isVisible(name, visible.prompts)} else ${isVisible(name, visible.models)} end`,
  ];
}

function isPromptQuestion(comparison: Comparison): boolean {
  if (comparison.field.entity !== "tag" || comparison.field.key !== PROMPT_TAG || !("value" in comparison))
    return false;
  const value = String(comparison.value).toLowerCase();
  return (comparison.operator === "=" && value === "true") || (comparison.operator === "!=" && value === "false");
}

const orderColumn = (
  table: string,
  columns: Readonly<Record<string, string>>,
  { field, ascending }: Ordering,
): RawBuilder<unknown> =>
  sql`${sql.ref(`${table}.${columns[field.key] ?? field.key}`)} ${sql.raw(ascending ? "asc" : "desc")}`;

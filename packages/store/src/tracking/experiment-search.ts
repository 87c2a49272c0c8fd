import type { Experiment } from "@esteira/core/entities/experiment";
import type { Page, ViewType } from "@esteira/core/entities/page";
import type { Comparison, Ordering } from "@esteira/core/search/ast";
import { parseFilter } from "@esteira/core/search/filter";
import { parseOrderBy } from "@esteira/core/search/order-by";
import { EXPERIMENT_RULES } from "@esteira/core/search/rules";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { sql } from "kysely";
import { isVisible } from "../access/visible.ts";
import type { Session } from "../database/session.ts";
import { WORKSPACE } from "../database/tables.ts";
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
import { checkMaxResults, offsetOf, toPage } from "../search/page-token.ts";
import { withoutRegexes } from "../search/regex.ts";
import { toExperiments } from "./experiment-data.ts";

const DEFAULT_RESULTS = 1000;
const MOST_RESULTS = 50_000;
const NEWEST_FIRST: readonly Ordering[] = [
  { field: { entity: "attribute", key: "creation_time" }, ascending: false },
  { field: { entity: "attribute", key: "experiment_id" }, ascending: true },
];

const TAGS: KeyedTable = {
  table: "experiment_tags",
  key: "key",
  value: "value",
  join: sql`t.experiment_id = experiments.experiment_id`,
};

export async function searchExperiments(
  session: Session,
  query: Parameters<TrackingStore["searchExperiments"]>[0],
): Promise<Page<Experiment>> {
  const maxResults = checkMaxResults(query.maxResults, DEFAULT_RESULTS, MOST_RESULTS);
  const parsed = parseFilter(query.filter, EXPERIMENT_RULES);
  const given = parseOrderBy(query.orderBy, EXPERIMENT_RULES);
  const offset = offsetOf(query.pageToken);
  const filter = await withoutRegexes(parsed, ({ field }) =>
    session.read((db) =>
      field.entity === "tag"
        ? keyedValues(db, TAGS, field.key)
        : distinctValues(db, sql.ref(`experiments.${field.key}`), sql`experiments`),
    ),
  );
  return session.read(async (db) => {
    let select = db.selectFrom("experiments").selectAll().where("workspace", "=", WORKSPACE);
    const stage = stageOf(query.viewType);
    if (stage !== undefined) select = select.where("lifecycle_stage", "=", stage);
    if (query.visible !== undefined) {
      select = select.where(
        isVisible("experiments.experiment_id", { ...query.visible, ids: numbersOf(query.visible.ids) }),
      );
    }
    if (filter !== undefined) select = select.where(compileFilter(filter, compareExperiment));
    const orderings = given.length > 0 ? given : NEWEST_FIRST;
    for (const { field, ascending } of orderings) {
      select = select.orderBy(sql.ref(`experiments.${field.key}`), ascending ? "asc" : "desc");
    }
    if (!orderings.some(({ field }) => field.key === "experiment_id")) select = select.orderBy("experiment_id", "desc");
    const rows = await select
      .limit(maxResults + 1)
      .offset(offset)
      .execute();
    const page = toPage(rows, offset, maxResults);
    return { ...page, items: await toExperiments(db, page.items) };
  });
}

const numbersOf = (ids: readonly string[]): readonly number[] => ids.map(Number).filter(Number.isSafeInteger);

export const stageOf = (view: ViewType | undefined): "active" | "deleted" | undefined =>
  view === "ALL" ? undefined : view === "DELETED_ONLY" ? "deleted" : "active";

function compareExperiment(comparison: Comparison): Condition {
  const { entity, key } = comparison.field;
  if (entity === "tag") return testKeyed(TAGS, comparison);
  if (key === "name") return testText(sql`experiments.name`, comparison);
  if (key !== "experiment_id") return test(sql.ref(`experiments.${key}`), comparison);
  // Ids are text in the language and integers in the table.
  return test(sql`cast(experiments.experiment_id as text)`, canonicalIds(comparison));
}

const canonicalIds = (comparison: Comparison): Comparison => {
  const canonical = (id: string | number): string => String(Number(id));
  if ("values" in comparison) return { ...comparison, values: comparison.values.map(canonical) };
  if (comparison.operator === "=" || comparison.operator === "!=") {
    return { ...comparison, value: canonical(comparison.value) };
  }
  return comparison;
};

import { invalid } from "@esteira/core/errors";
import { pythonJson } from "@esteira/core/python-json";
import { pythonValue } from "@esteira/core/search/python-text";
import { decodeToken } from "../search/page-token.ts";
import type { LoggedModelQuery } from "./logged-model-search.ts";

/** MLflow's token for logged models carries the query, so that it cannot be used with another one. */
function queryOf(query: LoggedModelQuery) {
  const orderBy = (query.orderBy ?? []).map((clause) => ({
    field_name: clause.fieldName,
    ascending: clause.ascending ?? true,
    dataset_name: clause.datasetName ?? null,
    dataset_digest: clause.datasetDigest ?? null,
  }));
  return {
    experiment_ids: query.experimentIds,
    filter_string: query.filter || null,
    order_by: orderBy.length === 0 ? null : orderBy,
  };
}

/** To the byte as MLflow writes it: base64 of Python's JSON. */
export const loggedModelToken = (offset: number, query: LoggedModelQuery): string =>
  Buffer.from(pythonJson({ ...queryOf(query), offset })).toString("base64");

/** The offset in a token that was made for this query. */
export function decodeLoggedModelToken(token: string, query: LoggedModelQuery): number {
  const decoded = decodeToken(token);
  if (typeof decoded !== "object" || decoded === null) {
    throw invalid(`Invalid page token: ${token}. Expected the token of an earlier page.`);
  }
  const found: Partial<Record<string, unknown>> = { ...decoded };
  const expected = queryOf(query);
  const compare = (what: string, wanted: string, key: keyof typeof expected): void => {
    const [own, other] = [expected[key], found[key] ?? null];
    if (pythonJson(own) === pythonJson(other)) return;
    throw invalid(
      `${what} in the page token do not match the requested ${wanted}. Expected: ${pythonValue(own)}. Found: ${pythonValue(other)}`,
    );
  };
  compare("Experiment IDs", "experiment IDs", "experiment_ids");
  compare("Filter string", "filter string", "filter_string");
  compare("Order by", "order by", "order_by");
  const { offset } = found;
  if (!Number.isSafeInteger(offset) || Number(offset) < 0) {
    throw invalid(`Invalid page token: ${token}. Its offset is no positive integer.`);
  }
  return Number(offset);
}

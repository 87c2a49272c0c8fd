import { invalid } from "@esteira/core/errors";
import { decodeToken } from "../search/page-token.ts";
import type { LoggedModelQuery } from "./logged-model-search.ts";

/** MLflow's token for logged models carries the query, so that it cannot be used with another one. */
function queryOf(query: LoggedModelQuery) {
  const orderBy = (query.orderBy ?? []).map((clause) => ({
    field_name: clause.fieldName,
    ascending: clause.ascending ?? true,
    ...(clause.datasetName === undefined ? {} : { dataset_name: clause.datasetName }),
    ...(clause.datasetDigest === undefined ? {} : { dataset_digest: clause.datasetDigest }),
  }));
  return {
    experiment_ids: query.experimentIds,
    filter_string: query.filter || null,
    order_by: orderBy.length === 0 ? null : orderBy,
  };
}

export const loggedModelToken = (offset: number, query: LoggedModelQuery): string =>
  Buffer.from(JSON.stringify({ ...queryOf(query), offset })).toString("base64");

/** The offset in a token that was made for this query. */
export function decodeLoggedModelToken(token: string, query: LoggedModelQuery): number {
  const decoded = decodeToken(token);
  if (typeof decoded !== "object" || decoded === null || !("offset" in decoded)) {
    throw invalid(`Invalid page token: ${token}. Expected the token of an earlier page.`);
  }
  const found: Partial<Record<string, unknown>> = { ...decoded };
  const expected = queryOf(query);
  const compare = (what: string, wanted: string, key: keyof typeof expected): void => {
    const [own, other] = [JSON.stringify(expected[key]), JSON.stringify(found[key] ?? null)];
    if (own === other) return;
    throw invalid(`${what} in the page token do not match the requested ${wanted}. Expected: ${own}. Found: ${other}`);
  };
  compare("Experiment IDs", "experiment IDs", "experiment_ids");
  compare("Filter string", "filter string", "filter_string");
  compare("Order by", "order by", "order_by");
  if (!Number.isSafeInteger(decoded.offset) || Number(decoded.offset) < 0) {
    throw invalid(`Invalid page token: ${token}. Its offset is no positive integer.`);
  }
  return Number(decoded.offset);
}

import { type RawBuilder, type SqlBool, sql } from "kysely";
import { inList } from "../database/sql.ts";

/** The condition that keeps a search to what its caller may see: before counting and cutting pages, so neither tells more. */
export function isVisible(
  column: string,
  visible: { readonly mode: "only" | "except"; readonly ids: readonly (string | number)[] },
): RawBuilder<SqlBool> {
  const listed = inList(column, visible.ids);
  return visible.mode === "only" ? listed : sql<SqlBool>`not ${listed}`;
}

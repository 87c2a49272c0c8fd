import { invalid } from "@esteira/core/errors";
import type { Mapping } from "./mapping.ts";

export type ColumnName = keyof Mapping["columns"];

/** Where the mapped columns stand among those of the file; names the missing ones and those found. */
export function columnsIn(
  found: readonly string[],
  mapping: Mapping,
  file: string,
): Partial<Record<ColumnName, number>> {
  const places: Partial<Record<ColumnName, number>> = {};
  const missing: string[] = [];
  for (const [name, column] of Object.entries(mapping.columns) as [ColumnName, string][]) {
    const at = found.indexOf(column);
    if (at !== found.lastIndexOf(column)) {
      throw invalid(`${file} has the column ${column} twice: expected one, for nobody can tell which is meant.`);
    }
    if (at < 0) missing.push(column);
    else places[name] = at;
  }
  if (missing.length > 0) {
    throw invalid(
      `${file} has no column ${missing.join(", ")}; it has ${found.join(", ").slice(0, 300) || "none"}. Name them in a mapping (--mapping).`,
    );
  }
  return places;
}

/** The columns of a ledger's files: what anybody reads who opens them with DuckDB, Spark or pandas. */

import type { SchemaElement } from "hyparquet-writer";

/** `number` is DOUBLE, `whole` INT32, `instant` milliseconds in UTC; any cell may be null. */
export type CellKind = "text" | "number" | "whole" | "instant" | "flag";

export interface LedgerColumn {
  readonly name: string;
  readonly kind: CellKind;
}

/** What a feature's column is called: `f.` and its name. */
export const FEATURE_PREFIX = "f.";

/** Subjects and reasons that a row has room for. */
export const SUBJECTS = 2;
export const REASONS = 3;

const numbered = (name: string, count: number, kind: CellKind): LedgerColumn[] =>
  Array.from({ length: count }, (_, i) => ({ name: `${name}_${i + 1}`, kind }));

/** The columns that every file has, in their order; features follow, by name. */
export const FIXED_COLUMNS: readonly LedgerColumn[] = [
  { name: "id", kind: "text" },
  { name: "at", kind: "instant" },
  { name: "event_at", kind: "instant" },
  { name: "model", kind: "text" },
  { name: "version", kind: "text" },
  { name: "digest", kind: "text" },
  // Which of a deployment's models it was: primary, canary; what a log of others says.
  { name: "arm", kind: "text" },
  { name: "score", kind: "number" },
  { name: "threshold", kind: "number" },
  { name: "action", kind: "text" },
  { name: "latency_ms", kind: "number" },
  ...numbered("subject", SUBJECTS, "text"),
  ...numbered("reason", REASONS, "text"),
  ...numbered("contribution", REASONS, "number"),
  // How many decisions the row stands for: 1 / the share that was kept of its kind.
  { name: "weight", kind: "number" },
  // What was personal of it was erased: its features are unknown, not missing.
  { name: "erased", kind: "flag" },
  // Where the row is from: the sealed segment with its entry and key, or an imported file with its row.
  { name: "source", kind: "text" },
  { name: "sequence", kind: "whole" },
  { name: "slot", kind: "whole" },
];

/** Columns that hold what an erasure takes away: subjects, reasons and all features. */
export const isPersonal = (name: string): boolean =>
  name.startsWith(FEATURE_PREFIX) || /^(subject|reason|contribution)_\d+$/.test(name);

const TYPES: Readonly<Record<CellKind, Pick<SchemaElement, "type" | "converted_type">>> = {
  text: { type: "BYTE_ARRAY", converted_type: "UTF8" },
  number: { type: "DOUBLE" },
  whole: { type: "INT32" },
  instant: { type: "INT64", converted_type: "TIMESTAMP_MILLIS" },
  flag: { type: "BOOLEAN" },
};

/** The schema of a file with these columns. */
export const schemaOf = (columns: readonly LedgerColumn[]): SchemaElement[] => [
  { name: "schema", num_children: columns.length },
  ...columns.map(({ name, kind }): SchemaElement => ({ name, repetition_type: "OPTIONAL", ...TYPES[kind] })),
];

/** The kind of a column that a file has; text for what no ledger writes. */
export function kindOf({ type, converted_type }: Pick<SchemaElement, "type" | "converted_type">): CellKind {
  if (type === "DOUBLE") return "number";
  if (type === "INT32") return "whole";
  if (type === "BOOLEAN") return "flag";
  return type === "INT64" && converted_type === "TIMESTAMP_MILLIS" ? "instant" : "text";
}

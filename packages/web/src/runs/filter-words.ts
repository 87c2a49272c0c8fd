import { RUN_STATUSES } from "@esteira/core/entities/run";
import type { AvailableKeys } from "./columns.ts";
import type { Frame } from "./frame.ts";

/** The names and values that the runs have, as the filter writes them. */
export interface Catalogued {
  readonly names: readonly string[];
  valuesOf(column: string): readonly string[];
}

const ATTRIBUTES = ["run_name", "status", "user_id", "start_time", "end_time", "run_id"];
const PLAIN = /^[\p{L}_@$][\p{L}\p{N}_@$]*$/u;
const MOST_VALUES = 500;
const LONGEST = 80;

/** A key as the filter writes it: in backticks unless it is a plain word. */
export const nameOf = (kind: string, key: string): string => `${kind}.${PLAIN.test(key) ? key : `\`${key}\``}`;
export const quoted = (value: string): string => (value.includes("'") ? `"${value}"` : `'${value}'`);

export function wordsOf(available: AvailableKeys, frame: Frame | undefined): Catalogued {
  return {
    names: [
      ...available.metrics.map((key) => nameOf("metrics", key)),
      ...available.params.map((key) => nameOf("params", key)),
      ...available.tags.map((key) => nameOf("tags", key)),
      ...ATTRIBUTES.map((key) => nameOf("attributes", key)),
      "dataset.name",
      "dataset.digest",
    ],
    valuesOf: (column) => {
      if (column === "attributes.status") return RUN_STATUSES;
      const values = frame?.columns.get(column);
      if (values?.kind !== "text") return [];
      return values.texts
        .slice(0, MOST_VALUES)
        .filter((text) => text.length <= LONGEST && !(text.includes("'") && text.includes('"')))
        .sort((a, b) => a.localeCompare(b, undefined, { numeric: true }));
    },
  };
}

/** Where the filter is wrong, as characters from 0; undefined where its fault has no place. */
export function faultPlace(message: string, filter: string): { from: number; to: number } | undefined {
  const match = /\(position (\d+)\)|[Aa]t position (\d+)/.exec(message);
  if (match === null) return undefined;
  const from = Math.min(filter.length, Number(match[1] ?? match[2]) - 1);
  const word = /^(?:'[^']*'|"[^"]*"|[<>=!~]+|[^\s<>=!~()]+|.)/u.exec(filter.slice(from))?.[0] ?? "";
  return { from, to: from + Math.max(1, word.length) };
}

import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { visibleTags } from "../shell/tag-list.tsx";
import { PARENT_TAG } from "./tree.ts";

export const COLUMN_KINDS = ["attributes", "metrics", "params", "tags"] as const;
export type ColumnKind = (typeof COLUMN_KINDS)[number];

/** A column of the runs table; its id is MLflow's name for it, `metrics.auc`. */
export interface Column {
  readonly id: string;
  readonly kind: ColumnKind;
  readonly key: string;
}

export const ATTRIBUTE_KEYS = [
  "start_time",
  "duration",
  "status",
  "user_id",
  "source",
  "dataset",
  "git_commit",
  "end_time",
  "run_id",
] as const;
export type AttributeKey = (typeof ATTRIBUTE_KEYS)[number];
export const isAttributeKey = (key: string): key is AttributeKey => ATTRIBUTE_KEYS.some((known) => known === key);

/** Attributes by which the server can sort, and its names for them. */
const SORTABLE: Partial<Record<AttributeKey, string>> = {
  start_time: "start_time",
  status: "status",
  user_id: "user_id",
  end_time: "end_time",
  run_id: "run_id",
};

export const columnOf = (kind: ColumnKind, key: string): Column => ({ id: `${kind}.${key}`, kind, key });

/** The column that an id of the URL names; undefined when it names none. */
export function parseColumn(id: string): Column | undefined {
  const dot = id.indexOf(".");
  const kind = COLUMN_KINDS.find((known) => known === id.slice(0, dot));
  const key = id.slice(dot + 1);
  if (kind === undefined || key === "") return undefined;
  return kind === "attributes" && !isAttributeKey(key) ? undefined : columnOf(kind, key);
}

export type AvailableKeys = Readonly<Record<ColumnKind, readonly string[]>>;

/**
 * Every key that some of the runs have: the most frequent among runs that stand by themselves first (the trials of one
 * search would outvote them), then the most frequent of all, then by name.
 */
export function availableKeys(runs: readonly Run[]): AvailableKeys {
  const counts = { metrics: new KeyCount(), params: new KeyCount(), tags: new KeyCount() };
  for (const run of runs) {
    const nested = tagValue(run.data.tags, PARENT_TAG) !== undefined;
    counts.metrics.add(run.data.metrics, nested);
    counts.params.add(run.data.params, nested);
    counts.tags.add(visibleTags(run.data.tags), nested);
  }
  return {
    attributes: ATTRIBUTE_KEYS,
    metrics: counts.metrics.ordered(),
    params: counts.params.ordered(),
    tags: counts.tags.ordered(),
  };
}

/** How many runs have a key, in all and without the nested ones. */
class KeyCount {
  readonly #counts = new Map<string, { alone: number; all: number }>();

  add(items: readonly { key: string }[], nested: boolean): void {
    for (const { key } of items) {
      const known = this.#counts.get(key) ?? { alone: 0, all: 0 };
      this.#counts.set(key, { alone: known.alone + (nested ? 0 : 1), all: known.all + 1 });
    }
  }

  ordered(): string[] {
    return [...this.#counts]
      .sort(([a, n], [b, m]) => m.alone - n.alone || m.all - n.all || (a < b ? -1 : 1))
      .map(([key]) => key);
  }
}

const DEFAULT_METRICS = 5;
const DEFAULT_PARAMS = 4;

/** What the table shows until somebody chooses: when, how long, and the commonest metrics and params. */
export const defaultColumns = (available: AvailableKeys): readonly Column[] => [
  columnOf("attributes", "start_time"),
  columnOf("attributes", "duration"),
  ...available.metrics.slice(0, DEFAULT_METRICS).map((key) => columnOf("metrics", key)),
  ...available.params.slice(0, DEFAULT_PARAMS).map((key) => columnOf("params", key)),
];

/** The columns to show: those of the URL when it names any, in its order. */
export const shownColumns = (ids: readonly string[] | undefined, available: AvailableKeys): readonly Column[] =>
  ids === undefined
    ? defaultColumns(available)
    : [...new Set(ids)].map(parseColumn).filter((column) => column !== undefined);

/** The list after a column was ticked or unticked. A new one joins the end of its kind. */
export function toggled(shown: readonly Column[], column: Column): readonly Column[] {
  if (shown.some(({ id }) => id === column.id)) return shown.filter(({ id }) => id !== column.id);
  const rank = (kind: ColumnKind) => COLUMN_KINDS.indexOf(kind);
  const next = shown.findIndex(({ kind }) => rank(kind) > rank(column.kind));
  return next === -1 ? [...shown, column] : [...shown.slice(0, next), column, ...shown.slice(next)];
}

export interface Sort {
  readonly column: string;
  readonly descending: boolean;
}

/** The run's name sorts too, though it is not a column that can be taken away. */
export const NAME_COLUMN = "attributes.run_name";

export const isSortable = (id: string): boolean => sortField(id) !== undefined;

function sortField(id: string): string | undefined {
  if (id === NAME_COLUMN) return id;
  const column = parseColumn(id);
  if (column === undefined) return undefined;
  if (column.kind !== "attributes") return `${column.kind}.\`${column.key}\``;
  const attribute = isAttributeKey(column.key) ? SORTABLE[column.key] : undefined;
  return attribute === undefined ? undefined : `attributes.${attribute}`;
}

/** Reads `metrics.auc desc`; text that names no sortable column gives undefined. */
export function parseSort(text: string | undefined): Sort | undefined {
  const match = /^(.+) (asc|desc)$/.exec(text ?? "");
  const column = match?.[1];
  return column === undefined || !isSortable(column) ? undefined : { column, descending: match?.[2] === "desc" };
}

export const sortText = (sort: Sort | undefined): string | undefined =>
  sort && `${sort.column} ${sort.descending ? "desc" : "asc"}`;

/** What a click on a column's head does: descending, ascending, none. */
export function nextSort(current: Sort | undefined, column: string): Sort | undefined {
  if (current?.column !== column) return { column, descending: true };
  return current.descending ? { column, descending: false } : undefined;
}

/** The server's `order_by`; newest first when nothing is chosen. */
export function orderByOf(sort: Sort | undefined): readonly string[] {
  const field = sort && sortField(sort.column);
  return field === undefined ? ["attributes.start_time DESC"] : [`${field} ${sort?.descending ? "DESC" : "ASC"}`];
}

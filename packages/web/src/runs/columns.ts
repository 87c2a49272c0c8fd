import type { RunKeys } from "@esteira/core/entities/run-columns";
import { TAG_ATTRIBUTES } from "./derived.ts";

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

/** Tags that the client writes by itself are not offered, but for those that people look for. */
const isOwnTag = (key: string): boolean => key.startsWith("mlflow.") || key.startsWith("esteira.");

/** The columns there may be, the keys that most runs have first. */
export const availableKeys = (keys: RunKeys | undefined): AvailableKeys => ({
  attributes: ATTRIBUTE_KEYS,
  metrics: keys?.metrics.map(({ key }) => key) ?? [],
  params: keys?.params.map(({ key }) => key) ?? [],
  tags: keys?.tags.map(({ key }) => key).filter((key) => !isOwnTag(key)) ?? [],
});

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

/** Ids of runs say nothing by their order. */
export const isSortable = (id: string): boolean =>
  id === NAME_COLUMN || (id !== "attributes.run_id" && parseColumn(id) !== undefined);

/** What the server must be asked for to show a column. */
export function sourceColumns(id: string): readonly string[] {
  if (id === "attributes.duration") return ["attributes.start_time", "attributes.end_time"];
  if (id === "attributes.run_id") return [];
  return [TAG_ATTRIBUTES[id] ?? id];
}

/** Columns by which runs may be grouped: those whose values many runs share. */
const GROUPING_ATTRIBUTES = [
  "attributes.user_id",
  "attributes.status",
  "attributes.dataset",
  "attributes.source",
  "attributes.git_commit",
  "attributes.start_time",
];
export const groupingColumns = (available: AvailableKeys): readonly Column[] => [
  ...GROUPING_ATTRIBUTES.flatMap((id) => parseColumn(id) ?? []),
  ...available.params.map((key) => columnOf("params", key)),
  ...available.tags.map((key) => columnOf("tags", key)),
];

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

/** The list with one column moved by so many places, as far as it goes. */
export function moved(shown: readonly string[], id: string, by: number): readonly string[] {
  const from = shown.indexOf(id);
  const to = Math.max(0, Math.min(shown.length - 1, from + by));
  if (from === -1 || from === to) return shown;
  return placed(shown, id, shown[to]!, by > 0);
}

/** The list with one column put before another, or behind it. */
export function placed(shown: readonly string[], id: string, beside: string, behind: boolean): readonly string[] {
  if (id === beside) return shown;
  const rest = shown.filter((one) => one !== id);
  const at = rest.indexOf(beside) + (behind ? 1 : 0);
  return [...rest.slice(0, at), id, ...rest.slice(at)];
}

/** Pinned columns stand first, in the order in which they are shown. */
export function pinnedFirst(shown: readonly Column[], pinned: readonly string[] | undefined): readonly Column[] {
  if (pinned === undefined || pinned.length === 0) return shown;
  const isPinned = (column: Column) => pinned.includes(column.id);
  return [...shown.filter(isPinned), ...shown.filter((column) => !isPinned(column))];
}

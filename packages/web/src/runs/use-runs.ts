import { experimentId } from "@esteira/core/ids";
import type { Filter } from "@esteira/core/search/ast";
import { parseFilter } from "@esteira/core/search/filter";
import { RUN_RULES } from "@esteira/core/search/rules";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { useEffect, useMemo, useState, useSyncExternalStore } from "react";
import { runClient } from "../api/run-client.ts";
import { parseSort, sourceColumns } from "./columns.ts";
import { derived } from "./derived.ts";
import { type Display, flat, grouped, treeOf } from "./display.ts";
import type { Frame } from "./frame.ts";
import { allRows, rowsOf, sortKeys, textAt } from "./frame.ts";
import { ARCHIVED_COLUMN, type FrameStore, frameStore, MOST_RUNS } from "./frame-store.ts";
import { type Group, groupsOf, START_COLUMN } from "./grouping.ts";
import { columnsOfFilter, matches, rowsIn, rowsWhere } from "./matches.ts";
import { ordered } from "./order.ts";
import { type RunsSearch, stateOf, viewOf } from "./search.ts";

export interface RunsView {
  readonly store: FrameStore;
  /** Undefined until the first rows are here. */
  readonly frame: Frame | undefined;
  readonly isComplete: boolean;
  readonly error: unknown;
  /** What is wrong with the filter, as the parser or the server says it. */
  readonly filterFault: string | undefined;
  /** The rows that match, in order. */
  readonly rows: Int32Array;
  readonly groups: readonly Group[];
  readonly display: Display;
  /** Whether there is anything to show. */
  readonly isReady: boolean;
  /** Whether something that is shown, or that the order depends on, is on its way. */
  readonly isPending: boolean;
}

const NONE = new Int32Array();
const NO_GROUPS: readonly Group[] = [];
const NO_COLUMNS: readonly string[] = [];

/** The runs that the URL asks for, as lines of the table: filtered, sorted and grouped here, from columns that the server gave. */
export function useRuns(
  experiment: string,
  search: RunsSearch,
  /** Undefined while it is not known what to show. */
  shown: readonly string[] | undefined,
  folded: Readonly<Record<string, boolean>>,
): RunsView {
  const store = frameStore(experiment, viewOf(search));
  const stage = stateOf(search);
  const parsed = useMemo(() => parse(search.filter), [search.filter]);
  const filterColumns = useMemo(
    () => (parsed.filter === undefined ? NO_COLUMNS : columnsOfFilter(parsed.filter)),
    [parsed],
  );
  const sort = useMemo(() => parseSort(search.sort), [search.sort]);
  const groupColumns = search.groups ?? NO_COLUMNS;
  const wanted = useMemo(
    () =>
      [
        ...(filterColumns ?? NO_COLUMNS),
        ...(sort ? [sort.column] : []),
        ...groupColumns,
        ...(shown ?? NO_COLUMNS),
      ].flatMap(sourceColumns),
    [filterColumns, sort, groupColumns, shown],
  );
  const needsAll = parsed.filter !== undefined || sort !== undefined || groupColumns.length > 0;
  // Before the subscription, which begins to load.
  useEffect(() => {
    if (shown !== undefined) store.want(wanted, needsAll);
  }, [store, wanted, shown, needsAll]);
  const { frame: loaded, error, isComplete } = useSyncExternalStore(store.subscribe, store.state);
  const frame = useMemo(() => loaded && derived(loaded), [loaded]);

  const found = useMemo(
    () =>
      frame !== undefined && parsed.filter !== undefined && filterColumns !== undefined
        ? matches(parsed.filter, frame)
        : undefined,
    [frame, parsed, filterColumns],
  );
  const asksServer =
    parsed.filter !== undefined && frame !== undefined && found === undefined && isServersMatter(filterColumns, frame);
  const answered = useQuery({
    queryKey: ["run-filter", experiment, viewOf(search), search.filter, frame?.ids.length],
    enabled: asksServer,
    placeholderData: keepPreviousData,
    queryFn: ({ signal }) =>
      runClient.columns(
        {
          experimentIds: [experimentId(experiment)],
          viewType: viewOf(search),
          filter: search.filter ?? "",
          columns: [],
          maxRuns: MOST_RUNS,
        },
        undefined,
        signal,
      ),
  });
  const serverIds = asksServer ? answered.data?.runIds : undefined;

  const staged = useMemo(() => frame && stageRows(frame, stage), [frame, stage]);
  const matching = useMemo(() => {
    if (frame === undefined || parsed.fault !== undefined || (needsAll && !isComplete)) return undefined;
    if (parsed.filter === undefined) return staged;
    const mask = found ?? (serverIds && maskOf(frame, serverIds));
    return mask && staged && rowsIn(staged, mask);
  }, [frame, parsed, found, serverIds, staged, needsAll, isComplete]);

  // Rows of one value are by time, and no other sort changes that.
  const byTime = useMemo(() => {
    const start = frame?.columns.get(START_COLUMN);
    return matching === undefined || start === undefined ? matching : ordered(matching, sortKeys(start), true);
  }, [frame, matching]);
  const sorted = useMemo(() => {
    if (frame === undefined || byTime === undefined || sort === undefined) return byTime;
    const column = frame.columns.get(sort.column);
    if (column === undefined || frame.partial.has(sort.column)) return undefined;
    return ordered(byTime, sortKeys(column), sort.descending);
  }, [frame, byTime, sort]);
  // What was shown stays until its successor can be.
  const latest = useLatest(sorted, store, frame?.ids);
  const rows = latest ?? NONE;

  const groups = useMemo(() => {
    if (frame === undefined || groupColumns.length === 0) return NO_GROUPS;
    const order = {
      column: sort?.column,
      descending: sort?.descending ?? false,
      aggregate: search.agg ?? ("mean" as const),
    };
    return groupsOf(frame, rows, groupColumns, order);
  }, [frame, rows, groupColumns, sort, search.agg]);

  const display = useMemo(() => {
    if (frame === undefined) return flat(NONE);
    if (groupColumns.length > 0) return grouped(groups ?? NO_GROUPS, (id) => folded[id] === true);
    if (search.nested === false) return flat(rows);
    return treeOf(frame, rows, (id, outside) => folded[id] ?? outside);
  }, [frame, rows, groups, groupColumns, search.nested, folded]);

  const serverFault = asksServer && answered.error ? messageOf(answered.error) : undefined;
  return {
    store,
    frame,
    isComplete,
    error,
    filterFault: parsed.fault ?? serverFault,
    rows,
    groups: groups ?? NO_GROUPS,
    display,
    isReady: latest !== undefined,
    isPending:
      frame !== undefined &&
      parsed.fault === undefined &&
      serverFault === undefined &&
      (sorted === undefined || groups === undefined || !isComplete || !areAllHere(frame, wanted)),
  };
}

interface Parsed {
  readonly filter: Filter | undefined;
  readonly fault: string | undefined;
}

function parse(filter: string | undefined): Parsed {
  try {
    return { filter: parseFilter(filter, RUN_RULES), fault: undefined };
  } catch (error) {
    return { filter: undefined, fault: messageOf(error) };
  }
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

const areAllHere = (frame: Frame, columns: readonly string[]): boolean =>
  columns.every((column) => frame.columns.has(column) && !frame.partial.has(column));

/** Whether only the server can tell what matches, and not only a column is on its way. */
const isServersMatter = (columns: readonly string[] | undefined, frame: Frame): boolean =>
  columns === undefined || columns.every((column) => frame.columns.has(column) && !frame.partial.has(column));

function maskOf(frame: Frame, ids: readonly string[]): Uint8Array {
  const rows = rowsOf(frame);
  const mask = new Uint8Array(frame.ids.length);
  for (const id of ids) {
    const row = rows.get(id);
    if (row !== undefined) mask[row] = 1;
  }
  return mask;
}

/** Rows that are put away, or those that are not; all of the deleted ones. */
function stageRows(frame: Frame, stage: ReturnType<typeof stateOf>): Int32Array {
  const values = frame.columns.get(ARCHIVED_COLUMN);
  if (stage === "deleted" || values?.kind !== "text" || values.texts.length === 0) {
    return stage === "archived" ? NONE : allRows(frame);
  }
  const wanted = stage === "archived";
  return rowsWhere(Uint8Array.from(frame.ids, (_, row) => Number((textAt(values, row) === "true") === wanted)));
}

/** The value, or while there is none the one before: of the same owner, and of a list that has only grown since. */
function useLatest<T>(value: T | undefined, owner: object, list: readonly string[] | undefined): T | undefined {
  const [kept, keep] = useState({ value, owner, list });
  const isOf = kept.owner === owner && kept.list?.[0] === list?.[0] && (kept.list?.length ?? 0) <= (list?.length ?? 0);
  if (!isOf || (value !== undefined && (kept.value !== value || kept.list !== list))) {
    keep({ value, owner, list });
    return value;
  }
  return value ?? kept.value;
}

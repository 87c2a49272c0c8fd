import type { Run } from "@esteira/core/entities/run";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { runsByIdQuery, runsQuery } from "../api/queries.ts";
import { orderByOf, parseSort } from "./columns.ts";
import type { RunsSearch } from "./search.ts";
import { flat, missingParents, type RunNode, treeOf } from "./tree.ts";

/** Parents asked for in one call; those beyond it leave their children at the top. */
const PARENTS_AT_ONCE = 100;

export interface RunsView {
  readonly runs: readonly Run[];
  readonly nodes: readonly RunNode[];
  readonly error: unknown;
  readonly loading: boolean;
  readonly fetching: boolean;
  readonly hasMore: boolean;
  loadMore(): void;
  refresh(): void;
}

/** The runs that the URL asks for, page by page, as rows of the table. */
export function useRuns(experimentId: string, search: RunsSearch): RunsView {
  const query = useInfiniteQuery(
    runsQuery({
      experimentIds: [experimentId],
      filter: search.filter ?? "",
      orderBy: orderByOf(parseSort(search.sort)),
      view: search.state === "deleted" ? "DELETED_ONLY" : "ACTIVE_ONLY",
    }),
  );
  const runs = useMemo(() => query.data?.pages.flatMap((page) => page.items) ?? [], [query.data]);
  const nested = search.nested !== false;
  const missing = useMemo(() => (nested ? missingParents(runs).slice(0, PARENTS_AT_ONCE) : []), [nested, runs]);
  const parents = useQuery(runsByIdQuery([experimentId], missing)).data;
  const nodes = useMemo(() => (nested ? treeOf(runs, parents) : flat(runs)), [nested, runs, parents]);

  return {
    runs,
    nodes,
    error: query.error,
    loading: query.isPending,
    fetching: query.isFetching,
    hasMore: query.hasNextPage,
    loadMore: () => {
      if (query.hasNextPage && !query.isFetchingNextPage) void query.fetchNextPage();
    },
    refresh: () => void query.refetch(),
  };
}

import { useMemo } from "react";
import type { ColumnActions } from "./column-menu.tsx";
import { type Column, moved, placed, sortText } from "./columns.ts";
import { LEAST_WIDTH, MOST_WIDTH } from "./layout.ts";
import type { RunsSearch } from "./search.ts";

type Change = (next: Partial<RunsSearch> | ((now: RunsSearch) => Partial<RunsSearch>)) => void;

/** What heads, their menus and the picker do, as changes of the address. */
export function useColumnActions(change: Change, columns: readonly Column[]): ColumnActions {
  return useMemo(() => {
    const ids = columns.map(({ id }) => id);
    const listed = (next: readonly string[]) => change({ columns: [...next] });
    return {
      sort: (sort) => change({ sort: sortText(sort) }),
      move: (id, by) => listed(moved(ids, id, by)),
      place: (id, beside, behind) => listed(placed(ids, id, beside, behind)),
      pin: (id, on) =>
        change(({ pinned = [] }) => {
          const rest = pinned.filter((one) => one !== id);
          const next = on ? [...rest, id] : rest;
          return { pinned: next.length === 0 ? undefined : next };
        }),
      resize: (id, width) =>
        change(({ widths = {} }) => {
          const { [id]: _, ...rest } = widths;
          const next =
            width === undefined ? rest : { ...rest, [id]: Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, width)) };
          return { widths: Object.keys(next).length === 0 ? undefined : next };
        }),
      hide: (id) => listed(ids.filter((one) => one !== id)),
      group: (id) =>
        change(({ groups = [] }) => ({ groups: groups.includes(id) ? groups : [...groups, id], nested: undefined })),
    };
  }, [change, columns]);
}

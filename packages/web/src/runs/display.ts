import { type Frame, rowsOf } from "./frame.ts";
import type { Group } from "./grouping.ts";

export const PARENT_COLUMN = "tags.mlflow.parentRunId";

/** One line of the table. */
export type Line =
  | {
      readonly kind: "run";
      readonly row: number;
      readonly depth: number;
      /** How many runs of the table are nested in it. */
      readonly children: number;
      /** A parent that the filter did not find, shown because of its children. */
      readonly outside: boolean;
    }
  | { readonly kind: "group"; readonly group: Group; readonly depth: number };

/** The lines of the table, of which only those in view are made. */
export interface Display {
  readonly length: number;
  /** Whether some run has others nested in it. */
  readonly folding: boolean;
  lineAt(index: number): Line | undefined;
}

/** Every run by itself, in this order. */
export const flat = (rows: Int32Array): Display => ({
  length: rows.length,
  folding: false,
  lineAt: (index) => {
    const row = rows[index];
    return row === undefined ? undefined : { kind: "run", row, depth: 0, children: 0, outside: false };
  },
});

const ON_THE_WAY = 2;

const parentsByFrame = new WeakMap<Frame, Int32Array | null>();

/** For each row that of its parent, -1 where it has none in the frame; undefined when no run has one. */
function parentRows(frame: Frame): Int32Array | undefined {
  let parents = parentsByFrame.get(frame);
  if (parents === undefined) {
    const values = frame.columns.get(PARENT_COLUMN);
    if (values?.kind !== "text" || values.texts.length === 0) parents = null;
    else {
      const rows = rowsOf(frame);
      const byCode = Int32Array.from(values.texts, (id) => rows.get(id) ?? -1);
      parents = values.codes.map((code) => byCode[code] ?? -1);
    }
    parentsByFrame.set(frame, parents);
  }
  return parents ?? undefined;
}

/**
 * Runs under their parents, families in the order in which their first member appears among `rows`. A circle of parents is
 * cut at the run that appears first. `isOpen` is asked of every parent: what it is open by default, it says itself.
 */
export function treeOf(frame: Frame, rows: Int32Array, isOpen: (id: string, outside: boolean) => boolean): Display {
  const parents = parentRows(frame);
  if (parents === undefined) return flat(rows);
  const inside = new Uint8Array(frame.ids.length);
  for (const row of rows) inside[row] = 1;
  const children = new Map<number, number[]>();
  const placed = new Uint8Array(frame.ids.length);
  const roots: number[] = [];
  // From a run to its top: what is met on the way, outside of the filter too, gets its place.
  for (const row of rows) {
    const path: number[] = [];
    let at = row;
    while (placed[at] === 0) {
      placed[at] = ON_THE_WAY;
      path.push(at);
      const parent = parents[at] ?? -1;
      if (parent === -1 || placed[parent] === ON_THE_WAY) {
        roots.push(at);
        path.pop();
        placed[at] = 1;
        break;
      }
      at = parent;
    }
    for (const child of path) placed[child] = 1;
    for (const child of path) {
      const parent = parents[child]!;
      const known = children.get(parent);
      if (known === undefined) children.set(parent, [child]);
      else known.push(child);
    }
  }
  if (children.size === 0) return flat(rows);

  const lines: number[] = [];
  const depths: number[] = [];
  // A stack of our own: a chain of runs may be longer than the browser's.
  const open = roots.toReversed().map((row) => ({ row, depth: 0 }));
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const { row, depth } = next;
    lines.push(row);
    depths.push(depth);
    const own = children.get(row);
    if (own === undefined || !isOpen(frame.ids[row]!, inside[row] === 0)) continue;
    for (const child of own.toReversed()) open.push({ row: child, depth: depth + 1 });
  }
  return {
    length: lines.length,
    folding: true,
    lineAt: (index) => {
      const row = lines[index];
      if (row === undefined) return undefined;
      const count = children.get(row)?.length ?? 0;
      return { kind: "run", row, depth: depths[index]!, children: count, outside: inside[row] === 0 };
    },
  };
}

/** Groups, and of the open ones what is in them. */
export function grouped(groups: readonly Group[], isOpen: (id: string) => boolean): Display {
  interface Span {
    readonly start: number;
    readonly depth: number;
    /** A group's own line, or the rows of one. */
    readonly what: Group | Int32Array;
  }
  const spans: Span[] = [];
  let length = 0;
  const add = (group: Group, depth: number) => {
    spans.push({ start: length, depth, what: group });
    length += 1;
    if (!isOpen(group.id)) return;
    if (group.groups.length > 0) for (const inner of group.groups) add(inner, depth + 1);
    else {
      spans.push({ start: length, depth: depth + 1, what: group.rows });
      length += group.rows.length;
    }
  };
  for (const group of groups) add(group, 0);
  return {
    length,
    folding: true,
    lineAt: (index) => {
      if (index < 0 || index >= length) return undefined;
      let low = 0;
      let high = spans.length - 1;
      while (low < high) {
        const middle = (low + high + 1) >> 1;
        if (spans[middle]!.start <= index) low = middle;
        else high = middle - 1;
      }
      const { start, depth, what } = spans[low]!;
      if (!(what instanceof Int32Array)) return { kind: "group", group: what, depth };
      return { kind: "run", row: what[index - start]!, depth, children: 0, outside: false };
    },
  };
}

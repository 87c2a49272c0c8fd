import type { CSSProperties } from "react";
import { type Column, NAME_COLUMN } from "./columns.ts";
import classes from "./runs-table.module.css";

/** The two rows of heads come first. */
export const HEAD_ROWS = 2;
export const PICK_WIDTH = 36;
const NARROW_NAME = 158;
const WIDTHS: Readonly<Record<string, number>> = {
  [NAME_COLUMN]: 240,
  "attributes.run_id": 280,
  "attributes.source": 190,
  "attributes.duration": 105,
};
const DEFAULT_WIDTH = 125;
export const LEAST_WIDTH = 60;
export const MOST_WIDTH = 2000;

/** Where columns stand and how wide they are, in pixels. */
export interface Layout {
  readonly widths: ReadonlyMap<string, number>;
  /** Distance from the left edge of those that stay there. */
  readonly pinned: ReadonlyMap<string, number>;
  /** Columns of numbers, which stand at the right. */
  readonly right: ReadonlySet<string>;
  readonly total: number;
}

export interface LayoutOptions {
  readonly widths: Readonly<Record<string, number>> | undefined;
  readonly pinned: readonly string[] | undefined;
  readonly right: ReadonlySet<string>;
  /** A phone: nothing but the name stays at the left. */
  readonly narrow: boolean;
  /** Names need room for what they are nested in. */
  readonly grouped: boolean;
}

export function layoutOf(columns: readonly Column[], options: LayoutOptions): Layout {
  const { widths: chosen, narrow } = options;
  const name = narrow ? NARROW_NAME : options.grouped ? 300 : (WIDTHS[NAME_COLUMN] ?? DEFAULT_WIDTH);
  const widths = new Map<string, number>([[NAME_COLUMN, chosen?.[NAME_COLUMN] ?? name]]);
  const pinned = new Map<string, number>();
  let left = PICK_WIDTH + (widths.get(NAME_COLUMN) ?? 0);
  let total = left;
  for (const { id } of columns) {
    const width = chosen?.[id] ?? WIDTHS[id] ?? DEFAULT_WIDTH;
    widths.set(id, width);
    total += width;
    if (narrow || options.pinned?.includes(id) !== true) continue;
    pinned.set(id, left);
    left += width;
  }
  return { widths, pinned, right: options.right, total };
}

/** Class and style of a column's cell. */
export function placeOf(
  layout: Layout,
  columns: readonly Column[],
  at: number,
): { className: string; style?: CSSProperties } {
  const column = columns[at];
  if (column === undefined) return { className: "" };
  const left = layout.pinned.get(column.id);
  const names = [
    layout.right.has(column.id) ? classes.numeric : "",
    column.kind !== columns[at - 1]?.kind ? classes.groupStart : "",
    left === undefined ? "" : classes.pinned,
  ];
  const className = names.filter(Boolean).join(" ");
  return left === undefined ? { className } : { className, style: { left } };
}

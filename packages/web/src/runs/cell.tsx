import { isRunStatus } from "@esteira/core/entities/run";
import type { ReactNode } from "react";
import type { Format } from "../i18n/format.ts";
import { Moment } from "../shell/moment.tsx";
import type { Column } from "./columns.ts";
import { type Frame, numberAt, textAt } from "./frame.ts";
import { isNumeric } from "./grouping.ts";
import classes from "./runs-table.module.css";
import { StatusBadge } from "./status-badge.tsx";

/** Texts longer than this are cut in a cell: nobody reads them there, and the browser need not lay them out. */
const LONGEST = 300;
const cut = (value: string) => (value.length > LONGEST ? `${value.slice(0, LONGEST)}…` : value);

/** What a run has in a column. */
export function cellOf(frame: Frame, column: Column, row: number, format: Format): ReactNode {
  if (column.id === "attributes.run_id") return frame.ids[row];
  const values = frame.columns.get(column.id);
  if (values === undefined) return <span className={classes.waiting} />;
  if (values.kind === "text") {
    const text = textAt(values, row);
    if (text === undefined) return waiting(frame, column);
    if (column.id === "attributes.status") return isRunStatus(text) ? <StatusBadge status={text} /> : text;
    return cut(column.id === "attributes.git_commit" ? text.slice(0, 8) : text);
  }
  const value = numberAt(values, row);
  if (value === undefined) return waiting(frame, column);
  switch (column.id) {
    case "attributes.start_time":
    case "attributes.end_time":
      return <Moment ms={value} />;
    case "attributes.duration":
      return format.duration(value);
    default:
      return format.metric(value);
  }
}

/** A value that may be on its way still, or nothing. */
const waiting = (frame: Frame, column: Column): ReactNode =>
  frame.partial.has(column.id) ? <span className={classes.waiting} /> : null;

/** The whole value, for a cell's tooltip; undefined where the cell has one of its own. */
export function cellTitle(frame: Frame, column: Column, row: number, format: Format): string | undefined {
  const values = frame.columns.get(column.id);
  if (values === undefined) return undefined;
  if (values.kind === "text") return column.id === "attributes.status" ? undefined : textAt(values, row);
  const value = numberAt(values, row);
  return value === undefined || column.kind !== "metrics" ? undefined : format.exact(value);
}

/** Numbers stand at the right of their column; times do not. */
export function standsRight(frame: Frame, column: Column): boolean {
  if (column.kind === "metrics" || column.id === "attributes.duration") return true;
  const values = frame.columns.get(column.id);
  return column.kind === "params" && values !== undefined && isNumeric(values);
}

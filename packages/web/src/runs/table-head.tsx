import type { Header, Table } from "@tanstack/react-table";
import type { ReactNode } from "react";
import { useText } from "../i18n/use-text.tsx";
import { DownIcon, UpIcon } from "../shell/icons.tsx";
import { columnTitle } from "./column-title.ts";
import { type Column, isSortable, NAME_COLUMN, type Sort } from "./columns.ts";
import classes from "./runs-table.module.css";
import type { RunNode } from "./tree.ts";

interface TableHeadProps {
  readonly table: Table<RunNode>;
  readonly columns: readonly Column[];
  readonly numeric: ReadonlySet<string>;
  readonly sort: Sort | undefined;
  onSort(column: string): void;
  /** The box that selects every row. */
  readonly pick: ReactNode;
}

/** Two lines: the kinds of columns, and the columns with their sort and width. */
export function TableHead({ table, columns, numeric, sort, onSort, pick }: TableHeadProps) {
  const text = useText();
  const heads = table.getHeaderGroups()[0]?.headers ?? [];
  return (
    <thead>
      <tr className={classes.groups}>
        <td className={`${classes.pinned} ${classes.pick}`} />
        <td className={classes.pinned} />
        {runsOfKind(columns).map(({ first, length }) => (
          <th key={first.id} colSpan={length} scope="colgroup" className={classes.groupStart}>
            {first.kind === "attributes" ? "" : text.runs[first.kind]}
          </th>
        ))}
      </tr>
      <tr className={classes.heads}>
        <th className={`${classes.pinned} ${classes.pick}`}>{pick}</th>
        {heads.map((header, at) => {
          const column = columns[at - 1];
          const title = column === undefined ? text.runs.runName : columnTitle(column, text);
          const sorted = sort?.column === header.id ? sort : undefined;
          return (
            <th
              key={header.id}
              scope="col"
              aria-sort={sorted ? (sorted.descending ? "descending" : "ascending") : undefined}
              className={[
                header.id === NAME_COLUMN ? classes.pinned : "",
                numeric.has(header.id) ? classes.numeric : "",
                column && column.kind !== columns[at - 2]?.kind ? classes.groupStart : "",
              ].join(" ")}
            >
              <SortButton id={header.id} title={title} sorted={sorted} onSort={onSort} />
              <Grip header={header} title={title} />
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

function SortButton(props: { id: string; title: string; sorted: Sort | undefined; onSort(column: string): void }) {
  const text = useText();
  if (!isSortable(props.id)) {
    return (
      <span className={`${classes.head} ${classes.plain}`} title={props.title}>
        <span>{props.title}</span>
      </span>
    );
  }
  return (
    <button
      type="button"
      className={classes.head}
      title={text.runs.sortBy(props.title)}
      onClick={() => props.onSort(props.id)}
    >
      <span>{props.title}</span>
      {props.sorted ? props.sorted.descending ? <DownIcon size={12} /> : <UpIcon size={12} /> : null}
    </button>
  );
}

/** Changes a column's width by dragging; arrows are left to the browser's own zoom, widths being a comfort. */
const Grip = ({ header, title }: { header: Header<RunNode, unknown>; title: string }) => {
  const text = useText();
  return (
    <button
      type="button"
      tabIndex={-1}
      className={classes.grip}
      aria-label={text.runs.resize(title)}
      onMouseDown={header.getResizeHandler()}
      onTouchStart={header.getResizeHandler()}
      onDoubleClick={() => header.column.resetSize()}
    />
  );
};

/** Neighbouring columns of one kind stand under one title. */
function runsOfKind(columns: readonly Column[]): readonly { first: Column; length: number }[] {
  const groups: { first: Column; length: number }[] = [];
  for (const column of columns) {
    const open = groups.at(-1);
    if (open?.first.kind === column.kind) open.length += 1;
    else groups.push({ first: column, length: 1 });
  }
  return groups;
}

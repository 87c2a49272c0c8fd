import { type ReactNode, useRef, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { DownIcon, UpIcon } from "../shell/icons.tsx";
import { type ColumnActions, ColumnMenu } from "./column-menu.tsx";
import { columnTitle } from "./column-title.ts";
import { type Column, isSortable, NAME_COLUMN, nextSort, type Sort } from "./columns.ts";
import { type Layout, LEAST_WIDTH, MOST_WIDTH, placeOf } from "./layout.ts";
import classes from "./runs-table.module.css";

interface TableHeadProps {
  readonly columns: readonly Column[];
  readonly layout: Layout;
  readonly sort: Sort | undefined;
  readonly groupable: ReadonlySet<string>;
  readonly actions: ColumnActions;
  /** The box that selects every row. */
  readonly pick: ReactNode;
}

/** Where a dragged column would be put. */
interface Drop {
  readonly id: string;
  readonly behind: boolean;
}

/** Two lines: the kinds of columns, and the columns with their sort, place and width. */
export function TableHead({ columns, layout, sort, groupable, actions, pick }: TableHeadProps) {
  const text = useText();
  const [dragged, setDragged] = useState<string>();
  const [drop, setDrop] = useState<Drop>();
  const head = (id: string, column: Column | undefined, title: string) => (
    <>
      <SortButton id={id} title={title} sort={sort} onSort={actions.sort} />
      <ColumnMenu
        column={column}
        id={id}
        title={title}
        width={layout.widths.get(id) ?? LEAST_WIDTH}
        isPinned={layout.pinned.has(id)}
        canGroup={groupable.has(id)}
        actions={actions}
      />
      <Grip id={id} title={title} width={layout.widths.get(id) ?? LEAST_WIDTH} onResize={actions.resize} />
    </>
  );
  return (
    <thead>
      <tr className={classes.groups}>
        <td className={`${classes.pinned} ${classes.pick}`} />
        <td className={`${classes.pinned} ${classes.nameColumn}`} />
        {kindsOf(columns).map(({ first, at, length }) => {
          const place = placeOf(layout, columns, at);
          const isPinned = layout.pinned.has(first.id) && length === 1;
          const className = `${classes.groupStart} ${isPinned ? classes.pinned : ""}`;
          const style = isPinned ? place.style : undefined;
          // A head without words is none.
          if (first.kind === "attributes")
            return <td key={first.id} colSpan={length} className={className} style={style} />;
          return (
            <th key={first.id} colSpan={length} scope="colgroup" className={className} style={style}>
              {text.runs[first.kind]}
            </th>
          );
        })}
      </tr>
      <tr className={classes.heads}>
        <th className={`${classes.pinned} ${classes.pick}`} scope="col">
          {pick}
        </th>
        <th
          scope="col"
          aria-sort={sortWord(sort, NAME_COLUMN)}
          className={`${classes.pinned} ${classes.nameColumn} ${classes.headCell}`}
        >
          {head(NAME_COLUMN, undefined, text.runs.runName)}
        </th>
        {columns.map((column, at) => {
          const { className, style } = placeOf(layout, columns, at);
          return (
            <th
              key={column.id}
              scope="col"
              aria-sort={sortWord(sort, column.id)}
              className={`${className} ${classes.headCell}`}
              style={style}
              draggable
              data-dragged={dragged === column.id || undefined}
              data-drop={
                drop?.id === column.id && dragged !== column.id ? (drop.behind ? "behind" : "before") : undefined
              }
              onDragStart={(event) => {
                event.dataTransfer.effectAllowed = "move";
                event.dataTransfer.setData("text/plain", column.id);
                setDragged(column.id);
              }}
              onDragOver={(event) => {
                if (dragged === undefined) return;
                event.preventDefault();
                const { left, width } = event.currentTarget.getBoundingClientRect();
                setDrop({ id: column.id, behind: event.clientX > left + width / 2 });
              }}
              onDragEnd={() => {
                setDragged(undefined);
                setDrop(undefined);
              }}
              onDrop={(event) => {
                event.preventDefault();
                if (dragged !== undefined && drop !== undefined) actions.place(dragged, drop.id, drop.behind);
              }}
            >
              {head(column.id, column, columnTitle(column, text))}
            </th>
          );
        })}
      </tr>
    </thead>
  );
}

const sortWord = (sort: Sort | undefined, id: string) =>
  sort?.column === id ? (sort.descending ? ("descending" as const) : ("ascending" as const)) : undefined;

interface SortButtonProps {
  readonly id: string;
  readonly title: string;
  readonly sort: Sort | undefined;
  onSort(sort: Sort | undefined): void;
}

function SortButton({ id, title, sort, onSort }: SortButtonProps) {
  const text = useText();
  if (!isSortable(id)) {
    return (
      <span className={`${classes.head} ${classes.plain}`} title={title}>
        <span>{title}</span>
      </span>
    );
  }
  return (
    <button
      type="button"
      className={classes.head}
      title={text.runs.sortBy(title)}
      onClick={() => onSort(nextSort(sort, id))}
    >
      <span dir="auto">{title}</span>
      {sort?.column === id ? sort.descending ? <DownIcon size={12} /> : <UpIcon size={12} /> : null}
    </button>
  );
}

interface GripProps {
  readonly id: string;
  readonly title: string;
  readonly width: number;
  onResize(id: string, width: number | undefined): void;
}

/** Changes a column's width by dragging; the head's menu does it by keys. */
function Grip({ id, title, width, onResize }: GripProps) {
  const text = useText();
  const from = useRef<{ x: number; width: number }>(undefined);
  return (
    <button
      type="button"
      tabIndex={-1}
      className={classes.grip}
      aria-label={text.runs.resize(title)}
      draggable
      onDragStart={(event) => {
        event.preventDefault();
        event.stopPropagation();
      }}
      onPointerDown={(event) => {
        event.currentTarget.setPointerCapture(event.pointerId);
        from.current = { x: event.clientX, width };
      }}
      onPointerMove={(event) => {
        if (from.current === undefined) return;
        onResize(id, Math.round(within(from.current.width + event.clientX - from.current.x)));
      }}
      onPointerUp={() => {
        from.current = undefined;
      }}
      onDoubleClick={() => onResize(id, undefined)}
    />
  );
}

const within = (width: number) => Math.min(MOST_WIDTH, Math.max(LEAST_WIDTH, width));

/** Neighbouring columns of one kind stand under one title. */
function kindsOf(columns: readonly Column[]): readonly { first: Column; at: number; length: number }[] {
  const kinds: { first: Column; at: number; length: number }[] = [];
  for (const [at, column] of columns.entries()) {
    const open = kinds.at(-1);
    if (open?.first.kind === column.kind) open.length += 1;
    else kinds.push({ first: column, at, length: 1 });
  }
  return kinds;
}

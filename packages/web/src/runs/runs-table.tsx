import { useNavigate } from "@tanstack/react-router";
import { type KeyboardEvent, type MouseEvent, useCallback, useMemo, useRef } from "react";
import { useText } from "../i18n/use-text.tsx";
import { standsRight } from "./cell.tsx";
import type { ColumnActions } from "./column-menu.tsx";
import { type Column, NAME_COLUMN, type Sort } from "./columns.ts";
import type { Display } from "./display.ts";
import type { Frame } from "./frame.ts";
import { GroupLine } from "./group-line.tsx";
import type { Aggregate } from "./grouping.ts";
import { HEAD_ROWS, layoutOf, PICK_WIDTH } from "./layout.ts";
import { PickBox } from "./pick-box.tsx";
import { HEAD_HEIGHT, ROW_HEIGHT, scrolledTo } from "./row-window.ts";
import { RunLine } from "./run-line.tsx";
import classes from "./runs-table.module.css";
import type { RunsSearch } from "./search.ts";
import { TableHead } from "./table-head.tsx";
import { useNarrow } from "./use-narrow.ts";
import { useRowWindow } from "./use-row-window.ts";

export interface RunsTableProps {
  readonly experiment: string;
  readonly frame: Frame;
  readonly rows: Int32Array;
  readonly display: Display;
  readonly columns: readonly Column[];
  readonly search: RunsSearch;
  readonly sort: Sort | undefined;
  readonly groupable: ReadonlySet<string>;
  readonly actions: ColumnActions;
  readonly aggregate: Aggregate;
  readonly folded: Readonly<Record<string, boolean>>;
  onFold(id: string, open: boolean): void;
  readonly selected: ReadonlySet<string>;
  onSelect(runIds: readonly string[], selected: boolean): void;
}

/** The runs as a virtual table: only the rows in view are in the page, whatever their number. */
export function RunsTable(props: RunsTableProps) {
  const text = useText();
  const { frame, display, columns, search, selected, onSelect } = props;
  const narrow = useNarrow();
  const grouped = (search.groups?.length ?? 0) > 0;
  const layout = useMemo(() => {
    const right = new Set(columns.filter((column) => standsRight(frame, column)).map(({ id }) => id));
    return layoutOf(columns, { widths: search.widths, pinned: search.pinned, right, narrow, grouped });
  }, [frame, columns, search.widths, search.pinned, narrow, grouped]);
  const scroll = useRef<HTMLDivElement>(null);
  const { from, to } = useRowWindow(scroll, display.length);
  const before = from * ROW_HEIGHT;
  const after = (display.length - to) * ROW_HEIGHT;
  const span = columns.length + 2;

  const idsOf = useCallback(
    (index: number): readonly string[] => {
      const line = display.lineAt(index);
      if (line === undefined) return [];
      const rows = line.kind === "run" ? [line.row] : [...line.group.rows];
      return rows.map((row) => frame.ids[row] ?? "");
    },
    [display, frame],
  );
  const lastPicked = useRef<number>(undefined);
  const pick = useCallback(
    (index: number, on: boolean, range: boolean) => {
      const from = range ? (lastPicked.current ?? index) : index;
      lastPicked.current = index;
      const ids: string[] = [];
      for (let at = Math.min(from, index); at <= Math.max(from, index); at++) ids.push(...idsOf(at));
      onSelect(ids, on);
    },
    [idsOf, onSelect],
  );
  const pickedOf = useMemo(() => {
    const known = new WeakMap<Int32Array, number>();
    return (rows: Int32Array): "none" | "some" | "all" => {
      if (selected.size === 0) return "none";
      let count = known.get(rows);
      if (count === undefined) {
        count = 0;
        for (const row of rows) if (selected.has(frame.ids[row] ?? "")) count++;
        known.set(rows, count);
      }
      return count === 0 ? "none" : count === rows.length ? "all" : "some";
    };
  }, [selected, frame]);
  const all = pickedOf(props.rows);

  /** Arrow keys go from row to row, in the same place of it; right and left show and hide what is in one. */
  const walk = (event: KeyboardEvent<HTMLElement>) => {
    const { target } = event;
    if (!(target instanceof HTMLElement)) return;
    const row = target.closest<HTMLElement>("tr[data-index]");
    const stop = target.dataset.stop;
    if (row === null || stop === undefined) return;
    const index = Number(row.dataset.index);
    const line = display.lineAt(index);
    const steps: Readonly<Record<string, number>> = {
      ArrowDown: 1,
      ArrowUp: -1,
      PageDown: 20,
      PageUp: -20,
      Home: -display.length,
      End: display.length,
    };
    const step = steps[event.key];
    if (step !== undefined) {
      event.preventDefault();
      const next = Math.max(0, Math.min(display.length - 1, index + step));
      const frame = scroll.current;
      if (frame !== null) frame.scrollTop = scrolledTo(next, frame.scrollTop, frame.clientHeight);
      focusWhenThere(frame, next, stop);
    } else if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const id = line?.kind === "group" ? line.group.id : line && line.children > 0 ? frame.ids[line.row] : undefined;
      if (id === undefined) return;
      event.preventDefault();
      props.onFold(id, event.key === "ArrowRight");
    } else if (event.key === " " && stop === "name") {
      event.preventDefault();
      const isOn = line?.kind === "group" ? pickedOf(line.group.rows) === "all" : selected.has(idsOf(index)[0] ?? "");
      pick(index, !isOn, event.shiftKey);
    }
  };

  const navigate = useNavigate();
  /** A click on a run's name, unless it asks for another tab. */
  const follow = (event: MouseEvent<HTMLElement>) => {
    const { target } = event;
    const runId = target instanceof Element ? target.closest<HTMLElement>("a[data-run]")?.dataset.run : undefined;
    const isPlain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (runId === undefined || !isPlain || event.defaultPrevented) return;
    event.preventDefault();
    void navigate({ to: "/experiments/$experimentId/runs/$runId", params: { experimentId: props.experiment, runId } });
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: keys and clicks on links and boxes arrive here.
    <div className={classes.frame} ref={scroll} onKeyDown={walk} onClick={follow}>
      <table
        className={classes.table}
        style={{ width: layout.total }}
        aria-rowcount={display.length + HEAD_ROWS}
        aria-label={text.runs.title}
      >
        <colgroup>
          <col style={{ width: PICK_WIDTH }} />
          {[NAME_COLUMN, ...columns.map(({ id }) => id)].map((id) => (
            <col key={id} style={{ width: layout.widths.get(id) }} />
          ))}
        </colgroup>
        <TableHead
          columns={columns}
          layout={layout}
          sort={props.sort}
          groupable={props.groupable}
          actions={props.actions}
          pick={
            <PickBox
              label={text.runs.selectAll}
              checked={all === "all"}
              some={all === "some"}
              onChange={(on) =>
                onSelect(
                  [...props.rows].map((row) => frame.ids[row] ?? ""),
                  on,
                )
              }
            />
          }
        />
        <tbody>
          {before > 0 ? <Spacer height={before} span={span} /> : null}
          {Array.from({ length: to - from }, (_, at) => from + at).map((index) => {
            const line = display.lineAt(index);
            if (line === undefined) return null;
            if (line.kind === "group") {
              return (
                <GroupLine
                  key={line.group.id}
                  frame={frame}
                  rows={props.rows}
                  group={line.group}
                  depth={line.depth}
                  index={index}
                  open={props.folded[line.group.id] === true}
                  picked={pickedOf(line.group.rows)}
                  columns={columns}
                  layout={layout}
                  aggregate={props.aggregate}
                  onPick={pick}
                  onFold={props.onFold}
                />
              );
            }
            const id = frame.ids[line.row] ?? "";
            return (
              <RunLine
                key={id}
                experiment={props.experiment}
                frame={frame}
                row={line.row}
                depth={line.depth}
                nested={line.children}
                outside={line.outside}
                index={index}
                open={props.folded[id] ?? line.outside}
                folding={display.folding}
                selected={selected.has(id)}
                columns={columns}
                layout={layout}
                onPick={pick}
                onFold={props.onFold}
              />
            );
          })}
          {after > 0 ? <Spacer height={after} span={span} /> : null}
        </tbody>
      </table>
    </div>
  );
}

/** Stands for the rows above or below those in the page. */
const Spacer = ({ height, span }: { height: number; span: number }) => (
  <tr>
    <td colSpan={span} style={{ height, padding: 0, border: 0 }} />
  </tr>
);

const TRIES = 10;

/** A row that was scrolled to is drawn a frame later. */
function focusWhenThere(root: HTMLElement | null, index: number, stop: string, tries = TRIES): void {
  const found = root?.querySelector<HTMLElement>(`tr[data-index="${index}"] [data-stop="${stop}"]`);
  if (found) {
    found.focus({ preventScroll: true });
    // The heads cover what is under them.
    const frame = root?.getBoundingClientRect();
    const row = found.closest("tr")?.getBoundingClientRect();
    if (frame && row && row.top < frame.top + HEAD_HEIGHT) root?.scrollBy(0, row.top - frame.top - HEAD_HEIGHT);
  } else if (tries > 0) requestAnimationFrame(() => focusWhenThere(root, index, stop, tries - 1));
}

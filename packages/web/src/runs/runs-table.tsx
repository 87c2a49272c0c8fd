import { type ColumnDef, getCoreRowModel, getExpandedRowModel, useReactTable } from "@tanstack/react-table";
import { useVirtualizer } from "@tanstack/react-virtual";
import { useCallback, useEffect, useMemo, useRef, useState } from "react";
import { useText } from "../i18n/use-text.tsx";
import { isNumeric } from "./cell.tsx";
import { type Column, NAME_COLUMN, type Sort } from "./columns.ts";
import { PickBox } from "./pick-box.tsx";
import { RunLine } from "./run-line.tsx";
import classes from "./runs-table.module.css";
import { TableHead } from "./table-head.tsx";
import type { RunNode } from "./tree.ts";

const ROW_HEIGHT = 32;
const PICK_WIDTH = 36;
/** Rows from the end at which the next page is asked for. */
const AHEAD = 40;
const SAMPLE = 30;
const WIDTHS: Readonly<Record<string, number>> = {
  [NAME_COLUMN]: 240,
  "attributes.run_id": 280,
  "attributes.source": 190,
  "attributes.duration": 105,
};
const DEFAULT_WIDTH = 125;

export interface RunsTableProps {
  readonly nodes: readonly RunNode[];
  readonly columns: readonly Column[];
  readonly sort: Sort | undefined;
  onSort(column: string): void;
  readonly selected: ReadonlySet<string>;
  onSelect(runIds: readonly string[], selected: boolean): void;
  readonly hasMore: boolean;
  loadMore(): void;
}

/** The runs as a virtual table: only the rows in view are in the page, whatever their number. */
export function RunsTable(props: RunsTableProps) {
  const text = useText();
  const [folded, setFolded] = useState<Readonly<Record<string, boolean>>>({});
  // A parent that is here only because of its children shows them, unless somebody has folded it.
  const expanded = useMemo(
    () => ({
      ...Object.fromEntries(props.nodes.filter((node) => node.outside).map(({ run }) => [run.info.runId, true])),
      ...folded,
    }),
    [props.nodes, folded],
  );
  const narrow = useNarrow();
  const definitions = useMemo<ColumnDef<RunNode>[]>(
    () =>
      [NAME_COLUMN, ...props.columns.map(({ id }) => id)].map((id) => ({
        id,
        size: id === NAME_COLUMN && narrow ? 170 : (WIDTHS[id] ?? DEFAULT_WIDTH),
        minSize: 60,
      })),
    [props.columns, narrow],
  );
  const data = useMemo(() => [...props.nodes], [props.nodes]);
  const table = useReactTable({
    data,
    columns: definitions,
    state: { expanded },
    getRowId: (node) => node.run.info.runId,
    getSubRows: (node) => [...node.children],
    getCoreRowModel: getCoreRowModel(),
    getExpandedRowModel: getExpandedRowModel(),
    columnResizeMode: "onChange",
    autoResetExpanded: false,
  });
  const { rows } = table.getRowModel();
  const fold = useCallback((id: string, open: boolean) => setFolded((before) => ({ ...before, [id]: open })), []);
  const frame = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: rows.length,
    getScrollElement: () => frame.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 14,
  });
  const shown = virtual.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  const { hasMore, loadMore } = props;
  useEffect(() => {
    if (hasMore && last >= rows.length - AHEAD) loadMore();
  }, [hasMore, loadMore, last, rows.length]);

  const numeric = useMemo(() => {
    const sample = props.nodes.slice(0, SAMPLE).flatMap((node) => [node.run, ...node.children.map(({ run }) => run)]);
    return new Set(props.columns.filter((column) => isNumeric(column, sample)).map(({ id }) => id));
  }, [props.columns, props.nodes]);
  const before = shown[0]?.start ?? 0;
  const after = virtual.getTotalSize() - (shown.at(-1)?.end ?? 0);
  const allIds = rows.map((row) => row.id);
  const picked = allIds.filter((id) => props.selected.has(id)).length;
  const span = props.columns.length + 2;
  const folding = props.nodes.some((node) => node.children.length > 0);

  return (
    <div className={classes.frame} ref={frame}>
      <table
        className={classes.table}
        style={{ width: table.getTotalSize() + PICK_WIDTH }}
        aria-rowcount={rows.length + 2}
      >
        <colgroup>
          <col style={{ width: PICK_WIDTH }} />
          {table.getAllLeafColumns().map((column) => (
            <col key={column.id} style={{ width: column.getSize() }} />
          ))}
        </colgroup>
        <TableHead
          table={table}
          columns={props.columns}
          numeric={numeric}
          sort={props.sort}
          onSort={props.onSort}
          pick={
            <PickBox
              label={text.runs.selectAll}
              checked={picked > 0 && picked === allIds.length}
              some={picked > 0 && picked < allIds.length}
              onChange={(checked) => props.onSelect(allIds, checked)}
            />
          }
        />
        <tbody>
          {before > 0 ? <Spacer height={before} span={span} /> : null}
          {shown.map(({ index }) => {
            const row = rows[index]!;
            return (
              <RunLine
                key={row.id}
                node={row.original}
                depth={row.depth}
                index={index}
                open={row.getIsExpanded()}
                folding={folding}
                selected={props.selected.has(row.id)}
                columns={props.columns}
                numeric={numeric}
                onSelect={props.onSelect}
                onFold={fold}
              />
            );
          })}
          {after > 0 ? <Spacer height={after} span={span} /> : null}
        </tbody>
      </table>
      {hasMore ? <div className={classes.more}>{text.runs.loadingMore}</div> : null}
    </div>
  );
}

/** Stands for the rows above or below those in the page. */
const Spacer = ({ height, span }: { height: number; span: number }) => (
  <tr>
    <td colSpan={span} style={{ height, padding: 0, border: 0 }} />
  </tr>
);

function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia("(max-width: 600px)").matches);
  useEffect(() => {
    const query = matchMedia("(max-width: 600px)");
    const change = () => setNarrow(query.matches);
    query.addEventListener("change", change);
    return () => query.removeEventListener("change", change);
  }, []);
  return narrow;
}

import type { ReactNode } from "react";
import { focusScroll } from "./focus-scroll.ts";
import classes from "./table.module.css";

export interface HeadCell {
  readonly title: ReactNode;
  readonly kind?: "number" | "nowrap";
}

/** A table of few rows. Each row has as many cells as there are heads. */
export function SmallTable({
  head,
  rows,
}: {
  head: readonly HeadCell[];
  rows: readonly { readonly key: string; readonly cells: readonly ReactNode[] }[];
}) {
  return (
    <div className={classes.frame} ref={focusScroll}>
      <table className={classes.table}>
        <thead>
          <tr>{head.map(headCell)}</tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={row.key}>{row.cells.map((cell, column) => bodyCell(cell, column, head[column]))}</tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

const className = (cell: HeadCell | undefined) => (cell?.kind ? classes[cell.kind] : undefined);

const headCell = (cell: HeadCell, column: number) => (
  <th key={`head ${column}`} scope="col" className={cell.kind === "number" ? classes.number : undefined}>
    {cell.title}
  </th>
);

const bodyCell = (cell: ReactNode, column: number, head: HeadCell | undefined) => (
  <td key={`cell ${column}`} className={className(head)}>
    {cell}
  </td>
);

import { SmallTable } from "../shell/small-table.tsx";

/** Rows of texts under the names of their columns. */
export function RowTable({ columns, rows }: { columns: readonly string[]; rows: readonly (readonly string[])[] }) {
  return (
    <SmallTable
      head={columns.map((title) => ({ title }))}
      rows={rows.map((cells, at) => ({ key: String(at), cells: columns.map((_, column) => cells[column] ?? "") }))}
    />
  );
}

import { z } from "zod";
import { cellText } from "./parquet.ts";

export interface LoggedTable {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const split = z.object({ columns: z.array(z.string()).min(1), data: z.array(z.array(z.unknown())) });

/** A table as `mlflow.log_table` writes it (`{"columns": [...], "data": [[...]]}`); undefined of any other JSON. */
export function loggedTable(value: unknown): LoggedTable | undefined {
  const { data } = split.safeParse(value);
  return data && { columns: data.columns, rows: data.data.map((row) => row.map(cellText)) };
}

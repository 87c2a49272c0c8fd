import { z } from "zod";
import type { NumberColumn, RunColumnsPage, RunKeys, TextColumn } from "../entities/run-columns.ts";
import { type RunId, runId } from "../ids.ts";
import { list } from "./scalars.ts";

const numberColumn = z.object({
  column: z.string(),
  kind: z.literal("number"),
  numbers: list<number | "NaN" | null>({}, "For each run a number, NaN as text, or null where it has none."),
});
const textColumn = z.object({
  column: z.string(),
  kind: z.literal("text"),
  texts: list<string>({ type: "string" }, "The different texts."),
  codes: list<number>({ type: "integer" }, "For each run the place of its text in `texts`, or -1."),
  is_cut: z.boolean().default(false),
});

/** What a client reads: without ids where they are those of the frame that it named. */
export interface RunColumnsAnswer extends Omit<RunColumnsPage, "runIds"> {
  readonly runIds: readonly RunId[] | undefined;
}

export const runColumnsWire = z
  .object({
    frame: z.string(),
    run_ids: list<string>({ type: "string" }, "Absent where they are those of the frame that was named.").optional(),
    has_more: z.boolean().default(false),
    columns: z.array(z.discriminatedUnion("kind", [numberColumn, textColumn])).default([]),
  })
  .transform(
    (wire): RunColumnsAnswer => ({
      frame: wire.frame,
      runIds: wire.run_ids?.map(runId),
      hasMore: wire.has_more,
      columns: wire.columns.map((column): NumberColumn | TextColumn =>
        column.kind === "number"
          ? { ...column, numbers: column.numbers.map((value) => (value === "NaN" ? Number.NaN : value)) }
          : { column: column.column, kind: "text", texts: column.texts, codes: column.codes, isCut: column.is_cut },
      ),
    }),
  );

/** `known` is the name of the list of runs that the client has. */
export const runColumnsToWire = ({ frame, runIds, hasMore, columns }: RunColumnsPage, known: string | undefined) => ({
  frame,
  ...(frame === known ? {} : { run_ids: runIds }),
  has_more: hasMore,
  columns: columns.map((column) =>
    column.kind === "number"
      ? {
          column: column.column,
          kind: column.kind,
          numbers: column.numbers.map((value) => (value === null ? null : nanOrNumber(value))),
        }
      : { column: column.column, kind: column.kind, texts: column.texts, codes: column.codes, is_cut: column.isCut },
  ),
});

const nanOrNumber = (value: number): number | "NaN" => (Number.isNaN(value) ? "NaN" : value);

const keyCounts = z.array(z.object({ key: z.string(), count: z.number().int() })).default([]);
export const runKeysWire = z
  .object({ metrics: keyCounts, params: keyCounts, tags: keyCounts })
  .transform((wire): RunKeys => wire);

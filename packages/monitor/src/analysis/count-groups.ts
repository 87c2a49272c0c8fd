/** Row groups of Parquet files counted, on a thread of its own where there are many. */

import { openParquet, type ParquetSource } from "@esteira/models/batch/parquet-source";
import { Counting, type Counts, type Measured, numbersOf, type Span } from "./counts.ts";

/** What to count, as plain data. */
export interface CountTask {
  readonly measured: readonly Measured[];
  readonly span: Span;
  readonly offsetHours: number;
  /** The column of instants: milliseconds, or Parquet's own timestamps. */
  readonly time: string;
  readonly parts: readonly GroupOfFile[];
}

export interface GroupOfFile {
  readonly path: string;
  readonly group: number;
}

/** Opens a file so that columns of numbers come as numbers. */
export const openDecisions = (path: string): Promise<ParquetSource> =>
  openParquet(path, { wanted: (names) => names, isNumber: () => true }, Number.POSITIVE_INFINITY);

/** Cells that are in memory at once, 8 bytes each. */
const CELLS_AT_ONCE = 4 << 20;

/** Some columns of one group are in memory at a time: as many as are small together, or one. */
export async function countGroups(task: CountTask): Promise<Counts> {
  const counting = new Counting(task.measured, task.span, task.offsetHours);
  const columns = task.measured.map(({ column }) => column);
  let [path, source]: [string | undefined, ParquetSource | undefined] = [undefined, undefined];
  for (const part of task.parts) {
    if (source === undefined || path !== part.path) [path, source] = [part.path, await openDecisions(part.path)];
    const [times] = await source.readCells(part.group, [task.time]);
    const inside = counting.addTimes(numbersOf(times!, undefined));
    if (inside?.length === 0) continue;
    const atOnce = Math.max(1, Math.floor(CELLS_AT_ONCE / source.groups[part.group]!));
    for (let from = 0; from < columns.length; from += atOnce) {
      const cells = await source.readCells(part.group, columns.slice(from, from + atOnce));
      cells.forEach((column, at) => {
        counting.addColumn(from + at, column, inside);
      });
    }
  }
  return counting.counts;
}

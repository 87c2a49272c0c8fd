import { CategoryWindow } from "@esteira/lifecycle/monitoring/distribution/category-window";
import type { NumberReference } from "@esteira/lifecycle/monitoring/distribution/number-reference";
import { NumberWindow } from "@esteira/lifecycle/monitoring/distribution/number-window";
import { hoursOfWeek } from "@esteira/lifecycle/monitoring/distribution/season";

const HOUR = 3_600_000;

/** What a column is counted against: numbers against a reference, categories by their names. */
export type Measured =
  | { readonly kind: "number"; readonly column: string; readonly reference: NumberReference }
  | { readonly kind: "category"; readonly column: string };

/** Half-open, milliseconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * What came in a span of time, column by column: as much memory for ten rows as for ten million. Counts of parts add up to those of the whole, and
 * travel between threads as plain data.
 */
export interface Counts {
  readonly rows: number;
  /** The first and the last row; infinite of none. */
  readonly first: number;
  readonly last: number;
  /** By hour of the week, as `hoursOfWeek` has them. */
  readonly hoursOfWeek: Float64Array;
  /** Rows by the instant at which an hour begins. */
  readonly hours: ReadonlyMap<number, number>;
  /** In the order in which the columns were asked for. */
  readonly columns: readonly (NumberCounts | CategoryCounts)[];
}

type NumberCounts = Pick<NumberWindow, "reference" | "cells" | "sums" | "missing">;
type CategoryCounts = Pick<CategoryWindow, "counts" | "missing">;

export class Counting {
  readonly #span: Span;
  readonly #offsetHours: number;
  readonly #windows: readonly (NumberWindow | CategoryWindow)[];
  readonly #hours = new Map<number, number>();
  readonly #hoursOfWeek: Float64Array;
  #rows = 0;
  #first = Number.POSITIVE_INFINITY;
  #last = Number.NEGATIVE_INFINITY;

  /** @param offsetHours local time less UTC. */
  constructor(measured: readonly Measured[], span: Span, offsetHours: number) {
    this.#span = span;
    this.#offsetHours = offsetHours;
    this.#windows = measured.map((one) =>
      one.kind === "number" ? new NumberWindow(one.reference) : new CategoryWindow(),
    );
    this.#hoursOfWeek = hoursOfWeek([], offsetHours);
  }

  /** Counts the rows' instants, and tells which rows lie in the span: all of them where it is undefined. */
  addTimes(times: Float64Array): Uint32Array | undefined {
    const inside = this.#inside(times);
    const kept = inside === undefined ? times : Float64Array.from(inside, (row) => times[row]!);
    this.#rows += kept.length;
    for (const time of kept) {
      const hour = Math.floor(time / HOUR) * HOUR;
      this.#hours.set(hour, (this.#hours.get(hour) ?? 0) + 1);
      if (time < this.#first) this.#first = time;
      if (time > this.#last) this.#last = time;
    }
    hoursOfWeek(kept, this.#offsetHours).forEach((count, cell) => {
      this.#hoursOfWeek[cell]! += count;
    });
    return inside;
  }

  /** Counts a column's cells, of the rows that `addTimes` has told. */
  addColumn(at: number, cells: ArrayLike<unknown>, inside: Uint32Array | undefined): void {
    const window = this.#windows[at]!;
    if (window instanceof NumberWindow) window.add(numbersOf(cells, inside));
    else window.add(categoriesOf(cells, inside));
  }

  /** Adds what another thread has counted of the same columns in the same span. */
  merge(other: Counts): void {
    this.#rows += other.rows;
    this.#first = Math.min(this.#first, other.first);
    this.#last = Math.max(this.#last, other.last);
    for (const [hour, count] of other.hours) this.#hours.set(hour, (this.#hours.get(hour) ?? 0) + count);
    other.hoursOfWeek.forEach((count, cell) => {
      this.#hoursOfWeek[cell]! += count;
    });
    this.#windows.forEach((window, at) => {
      const counts = other.columns[at]!;
      if (window instanceof NumberWindow && "cells" in counts) window.merge(counts);
      else if (window instanceof CategoryWindow && "counts" in counts) window.merge(counts);
    });
  }

  get counts(): Counts {
    return {
      rows: this.#rows,
      first: this.#first,
      last: this.#last,
      hoursOfWeek: this.#hoursOfWeek,
      hours: this.#hours,
      columns: this.#windows.map((window) =>
        window instanceof NumberWindow
          ? { reference: window.reference, cells: window.cells, sums: window.sums, missing: window.missing }
          : { counts: window.counts, missing: window.missing },
      ),
    };
  }

  #inside(times: Float64Array): Uint32Array | undefined {
    const { from, to } = this.#span;
    let count = 0;
    for (const time of times) if (time >= from && time < to) count++;
    if (count === times.length) return undefined;
    const rows = new Uint32Array(count);
    let at = 0;
    for (let row = 0; row < times.length; row++) if (times[row]! >= from && times[row]! < to) rows[at++] = row;
    return rows;
  }
}

/** Cells as numbers, NaN for what is none. */
export function numbersOf(cells: ArrayLike<unknown>, rows: Uint32Array | undefined): Float64Array {
  if (rows === undefined && cells instanceof Float64Array) return cells;
  const values = new Float64Array(rows?.length ?? cells.length);
  for (let at = 0; at < values.length; at++) values[at] = numberOf(cells[rows === undefined ? at : rows[at]!]);
  return values;
}

/** Instants are milliseconds, flags 0 and 1. */
function numberOf(cell: unknown): number {
  if (typeof cell === "number") return cell;
  if (typeof cell === "bigint" || typeof cell === "boolean") return Number(cell);
  return cell instanceof Date ? cell.getTime() : Number.NaN;
}

export function categoriesOf(
  cells: ArrayLike<unknown>,
  rows: Uint32Array | undefined,
): ArrayLike<number | string | null> {
  if (rows === undefined && cells instanceof Float64Array) return cells;
  return Array.from({ length: rows?.length ?? cells.length }, (_, at) =>
    categoryOf(cells[rows === undefined ? at : rows[at]!]),
  );
}

function categoryOf(cell: unknown): number | string | null {
  if (cell === null || cell === undefined) return null;
  if (typeof cell === "number" || typeof cell === "string") return cell;
  return typeof cell === "bigint" || typeof cell === "boolean" ? Number(cell) : String(cell);
}

import type { Batch } from "@esteira/models/batch/batch";
import type { KnownLate } from "../gates/evidence.ts";
import { instantOrNone } from "./cells.ts";

/** An input, and the column that says when its value became known. */
export interface KnownColumn {
  readonly feature: string;
  readonly column: string;
}

/** Counts the rows whose inputs became known only after what they are about. An empty cell says nothing of its row. */
export class KnownLateCounter {
  readonly #file: string;
  readonly #counts: { readonly known: KnownColumn; told: number; late: number; longest: number }[];

  constructor(file: string, columns: readonly KnownColumn[]) {
    this.#file = file;
    this.#counts = columns.map((known) => ({ known, told: 0, late: 0, longest: 0 }));
  }

  /**
   * @param times of the batch's rows, milliseconds since the epoch.
   * @param before rows of the file that came before the batch.
   */
  add(batch: Batch, times: Float64Array, before: number): void {
    for (const count of this.#counts) {
      const { column } = count.known;
      const cells = batch.columns[batch.names.indexOf(column)];
      for (let row = 0; row < batch.rowCount; row++) {
        const known = instantOrNone(cells?.[row], { file: this.#file, column, row: before + row + 1 });
        if (Number.isNaN(known)) continue;
        count.told++;
        const delay = known - (times[row] ?? Number.NaN);
        if (!(delay > 0)) continue;
        count.late++;
        count.longest = Math.max(count.longest, delay);
      }
    }
  }

  found(): readonly KnownLate[] {
    return this.#counts.map(({ known, told, late, longest }) => ({ ...known, told, late, longest }));
  }
}

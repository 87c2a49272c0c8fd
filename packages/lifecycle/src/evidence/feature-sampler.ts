import type { Column, ColumnarTable } from "@esteira/models/format/table";
import type { FeatureSample } from "../monitoring/drift.ts";
import { categoryOf } from "./cells.ts";
import { Codes } from "./codes.ts";
import { RowSample } from "./row-sample.ts";

/** Rows of a file that are kept for drift, for latency and for what moves the score. */
const ROWS = 40_000;

/** Samples of one model's inputs from several files: a category has one code in all of them. NaN is a missing value. */
export class FeatureSampler {
  /** The inputs, in the model's order. */
  readonly names: readonly string[];
  readonly #codes: (Codes | undefined)[];

  constructor(names: readonly string[]) {
    this.names = names;
    this.#codes = names.map(() => undefined);
  }

  /** Offers a table's rows, as the model would read them. Columns that it lacks are missing values. */
  offer(sample: RowSample, table: ColumnarTable): void {
    const columns = this.names.map((name): Column | undefined => table.columns[table.names.indexOf(name)]);
    for (let row = 0; row < table.rowCount; row++)
      sample.offer(() => Float64Array.from(columns, (cells, at) => this.#number(cells?.[row], at)));
  }

  newSample(): RowSample {
    return new RowSample(ROWS);
  }

  #number(cell: unknown, at: number): number {
    if (typeof cell === "number") return cell;
    if (cell === null || cell === undefined || cell === "") return Number.NaN;
    if (typeof cell === "bigint") return Number(cell);
    if (cell instanceof Date) return cell.getTime();
    this.#codes[at] ??= new Codes();
    return this.#codes[at].codeOf(categoryOf(cell));
  }

  /** Each input in both samples, with its share of the model. */
  compared(reference: RowSample, current: RowSample, shareOf: (name: string) => number): FeatureSample[] {
    return this.names.map((name, at) => ({
      name,
      kind: this.#codes[at] === undefined ? "number" : "category",
      reference: reference.column(at),
      current: current.column(at),
      importance: shareOf(name),
    }));
  }

  /** Whether an input holds words: such a sample cannot be given to a model again. */
  get hasCategories(): boolean {
    return this.#codes.some((codes) => codes !== undefined);
  }
}

/** A decision as a ledger holds it, and rows as columns. */

import { FEATURE_PREFIX, FIXED_COLUMNS, type LedgerColumn, REASONS, SUBJECTS } from "./columns.ts";
import { addModel, type NotedModel } from "./part-notes.ts";
import type { Rows } from "./part-writer.ts";

export interface LedgerRow {
  readonly id: string;
  /** When it was decided, and when what it is about happened; milliseconds since the epoch. */
  readonly at: number;
  readonly eventAt: number | null;
  readonly model: { readonly name: string; readonly version: string; readonly digest: string };
  readonly arm: string | null;
  readonly score: number | null;
  readonly threshold: number | null;
  readonly action: string | null;
  readonly latencyMs: number | null;
  /** Pseudonyms. */
  readonly subjects: readonly string[];
  /** The strongest first. */
  readonly reasons: readonly { readonly feature: string; readonly contribution: number }[];
  readonly weight: number;
  readonly erased: boolean;
  readonly source: string;
  readonly sequence: number;
  /** Of the record's key; null where there is none. */
  readonly slot: number | null;
  /** What the model was shown: names, and a value each. Rows of one model share the list of names. */
  readonly names: readonly string[];
  readonly values: ArrayLike<unknown>;
}

/** Cells of the fixed columns, in their order. */
const fixedCells = ({ model, subjects, reasons, ...row }: LedgerRow): readonly unknown[] => [
  ...[row.id, row.at, row.eventAt, model.name, model.version, model.digest, row.arm],
  ...[row.score, row.threshold, row.action, row.latencyMs],
  ...Array.from({ length: SUBJECTS }, (_, i) => subjects[i] ?? null),
  ...Array.from({ length: REASONS }, (_, i) => reasons[i]?.feature ?? null),
  ...Array.from({ length: REASONS }, (_, i) => reasons[i]?.contribution ?? null),
  ...[row.weight, row.erased, row.source, row.sequence, row.slot],
];

export interface LedgerTable {
  readonly columns: readonly LedgerColumn[];
  readonly rows: Rows;
  readonly models: readonly NotedModel[];
}

/** Rows as columns. A feature is of numbers when all its values are; else its values become text. */
export function tableOf(rows: readonly LedgerRow[]): LedgerTable {
  const fixed = FIXED_COLUMNS.map((): unknown[] => []);
  const features = new Map<string, FeatureCells>();
  const places = new Map<readonly string[], readonly FeatureCells[]>();
  const models = new Map<string, NotedModel>();
  rows.forEach((row, at) => {
    fixedCells(row).forEach((cell, i) => {
      fixed[i]!.push(cell);
    });
    let cells = places.get(row.names);
    if (cells === undefined) {
      cells = row.names.map((name) => {
        const known = features.get(name) ?? new FeatureCells(rows.length);
        features.set(name, known);
        return known;
      });
      places.set(row.names, cells);
      addModel(models, { ...row.model, features: [...row.names] });
    }
    for (let i = 0; i < cells.length; i++) cells[i]!.set(at, row.values[i]);
  });
  const named = [...features].sort(([a], [b]) => (a < b ? -1 : 1));
  return {
    columns: [
      ...FIXED_COLUMNS,
      ...named.map(([name, cells]): LedgerColumn => ({ name: `${FEATURE_PREFIX}${name}`, kind: cells.kind })),
    ],
    rows: [...fixed, ...named.map(([, { cells }]) => cells)],
    models: [...models.values()],
  };
}

/** The values of one feature: numbers, NaN where missing, until one is none; from then on any values. */
class FeatureCells {
  readonly #numbers: Float64Array;
  #any: unknown[] | undefined;

  constructor(rows: number) {
    this.#numbers = new Float64Array(rows).fill(Number.NaN);
  }

  set(row: number, value: unknown): void {
    const cell = typeof value === "boolean" || typeof value === "bigint" ? Number(value) : value;
    if (cell === null || cell === undefined) return;
    if (typeof cell === "number" && this.#any === undefined) this.#numbers[row] = cell;
    else {
      this.#any ??= Array.from(this.#numbers, (number) => (Number.isNaN(number) ? null : number));
      this.#any[row] = cell instanceof Date ? cell.toISOString() : cell;
    }
  }

  get kind(): "number" | "text" {
    return this.#any === undefined ? "number" : "text";
  }

  get cells(): ArrayLike<unknown> {
    return this.#any ?? this.#numbers;
  }
}

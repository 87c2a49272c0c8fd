import { invalid } from "@esteira/core/errors";
import type { Grouping } from "@esteira/models/evaluation/groups";
import { tieKeysOf } from "@esteira/models/evaluation/ranking";
import type { TrainingData } from "@esteira/models/training/trainer";
import type { FeatureTable } from "../features/offline.ts";
import { DAY, type Span } from "../job/timeline.ts";
import type { Ledger } from "../ledger/ledger.ts";

/** Consecutive ledger rows, [from, to). */
export interface RowRange {
  readonly from: number;
  readonly to: number;
}

/** The rows of a span of time. */
export function rowsIn(ledger: Ledger, span: Span): RowRange {
  return { from: firstRowAt(ledger, span.from), to: firstRowAt(ledger, span.to) };
}

/** The first row at or after an instant. */
function firstRowAt(ledger: Ledger, instant: number): number {
  const time = ledger.transfers.time;
  let low = 0;
  let high = ledger.rows;
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (time[middle]! < instant) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The labels that were known at `asOf`: 1 for an accepted fraud report known by then, 0 for all else. */
function labelsAsOf(ledger: Ledger, range: RowRange, asOf: number): Uint8Array {
  const { fraud, knownAt } = ledger.labels;
  const labels = new Uint8Array(range.to - range.from);
  for (let row = range.from; row < range.to; row++) {
    if (fraud[row] === 1 && knownAt[row]! <= asOf) labels[row - range.from] = 1;
  }
  return labels;
}

/** A view on the feature table's rows: nothing is copied. Refuses rows of one class, which nothing can be learned from. */
export function trainingData(
  ledger: Ledger,
  table: FeatureTable,
  range: RowRange,
  asOf: number,
  use: string,
): TrainingData {
  const labels = labelsAsOf(ledger, range, asOf);
  const frauds = labels.reduce((sum, label) => sum + label, 0);
  if (frauds === 0 || frauds === labels.length) {
    throw invalid(
      `The ${use} span has ${labels.length} transfers, of which ${frauds} are known frauds: both classes are needed. Give more transfers or a longer period.`,
    );
  }
  return {
    featureNames: table.names,
    rows: labels.length,
    values: valuesOf(table, range),
    labels,
  };
}

export function valuesOf(table: FeatureTable, range: RowRange): Float32Array {
  const width = table.names.length;
  return table.values.subarray((range.from - table.firstRow) * width, (range.to - table.firstRow) * width);
}

/** What an evaluation needs of rows besides their scores. */
export interface EvaluationRows {
  readonly labels: Uint8Array;
  /** R$, or the source's currency. */
  readonly amounts: Float64Array;
  readonly tieKeys: Uint32Array;
  readonly days: Int32Array;
  readonly clusters: Int32Array;
  readonly typology: Uint8Array;
  readonly typologyNames: readonly string[];
  readonly slices: Readonly<Record<string, Grouping>>;
}

export function evaluationRows(ledger: Ledger, range: RowRange, asOf: number): EvaluationRows {
  const rows = range.to - range.from;
  const labels = labelsAsOf(ledger, range, asOf);
  const amounts = new Float64Array(rows);
  const days = new Int32Array(rows);
  const clusters = new Int32Array(rows);
  // The cause of a fraud is known with its report: of what is not (yet) known to be fraud there is none.
  const typology = new Uint8Array(rows);
  for (let at = 0; at < rows; at++) {
    const row = range.from + at;
    amounts[at] = ledger.transfers.amountCents[row]! / 100;
    days[at] = Math.floor((ledger.transfers.time[row]! + ledger.utcOffset) / DAY);
    clusters[at] = ledger.transfers.payer[row]!;
    if (labels[at] === 1) typology[at] = ledger.labels.typology[row]!;
  }
  const slices: Record<string, Grouping> = {};
  for (const name of ["payerAgeBand", "payerRegion"] as const) {
    const codes = ledger.slices[name];
    const names = ledger.sliceNames[name];
    if (codes && names) slices[name] = { codes: codes.subarray(range.from, range.to), names };
  }
  return {
    labels,
    amounts,
    tieKeys: tieKeysOf(rows, (at) => ledger.idOf(range.from + at)),
    days,
    clusters,
    typology,
    typologyNames: ledger.typologies,
    slices,
  };
}

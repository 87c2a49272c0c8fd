import { invalid } from "@esteira/core/errors";
import { emptyTransfer, type Ledger, readTransfer } from "../ledger/ledger.ts";
import { availableFeatures, CATALOGUE, planFeatures } from "./catalogue.ts";
import type { FeatureDefinition } from "./feature.ts";
import { FeatureState } from "./feature-state.ts";
import type { Holidays } from "./state/calendar.ts";
import type { KnownFraud } from "./state/known-frauds.ts";
import { PREFETCH_ROWS } from "./state/prefetch.ts";

/** Features of consecutive ledger rows. */
export interface FeatureTable {
  /** Column names, and the definitions they came from. */
  readonly names: readonly string[];
  readonly features: readonly FeatureDefinition[];
  /** Number of rows in `values`. */
  readonly rows: number;
  /** Ledger row of the table's first row. */
  readonly firstRow: number;
  /** Row-major, `rows * names.length`. */
  readonly values: Float32Array;
}

export interface FeatureTableOptions {
  /** Default CATALOGUE. Features whose columns the ledger lacks are left out. */
  readonly catalogue?: readonly FeatureDefinition[];
  /** Rows to write, [from, to); the rows before still count as the past. Default the whole ledger. */
  readonly from?: number;
  readonly to?: number;
  /** Default "BR". */
  readonly holidays?: Holidays;
}

/**
 * Computes the features of rows [from, to) in one pass over the ledger, labels entering as they become known.
 * Throws INVALID_PARAMETER_VALUE when times go back, or the range does not fit the ledger.
 */
export function computeFeatures(ledger: Ledger, options: FeatureTableOptions = {}): FeatureTable {
  const from = options.from ?? 0;
  const to = options.to ?? ledger.rows;
  if (!(Number.isInteger(from) && Number.isInteger(to) && from >= 0 && from <= to && to <= ledger.rows)) {
    throw invalid(`Rows [${from}, ${to}) are not a range of this ledger, which has ${ledger.rows} rows.`);
  }
  const features = availableFeatures(ledger.transfers, options.catalogue ?? CATALOGUE);
  const names = features.map((feature) => feature.name);
  const state = new FeatureState({
    plan: planFeatures(names),
    utcOffset: ledger.utcOffset,
    holidays: options.holidays ?? "BR",
    expected: { accounts: ledger.accounts, devices: ledger.devices, events: to },
  });
  const width = features.length;
  const values = new Float32Array((to - from) * width);
  const transfer = emptyTransfer();
  const frauds = labelSchedule(ledger);
  let nextFraud = 0;
  for (let row = 0; row < to; row++) {
    if (row % PREFETCH_ROWS === 0) state.prefetch(ledger.transfers, row);
    readTransfer(ledger.transfers, row, transfer);
    if (transfer.time < state.clock) throw outOfOrder(row);
    while (nextFraud < frauds.count && frauds.visibleFrom[nextFraud]! <= row) {
      state.learn(knownFraud(ledger, frauds.rows[nextFraud++]!));
    }
    if (row >= from) state.process(transfer, values, (row - from) * width);
    else state.update(transfer);
  }
  return { names, features, rows: to - from, firstRow: from, values };
}

/** Frauds that ever become known, in the order in which rows begin to see them. */
export interface LabelSchedule {
  readonly count: number;
  /** Ledger rows of the frauds. */
  readonly rows: Int32Array;
  /** The first row that may see each: the first with time >= knownAt, never the fraud's own row nor one before it. */
  readonly visibleFrom: Int32Array;
}

/** Works out when each known fraud enters the features. */
export function labelSchedule(ledger: Ledger): LabelSchedule {
  const { fraud, knownAt } = ledger.labels;
  const time = ledger.transfers.time;
  const found: number[] = [];
  const first = new Map<number, number>();
  for (let row = 0; row < ledger.rows; row++) {
    const known = knownAt[row]!;
    if (fraud[row] !== 1 || Number.isNaN(known)) continue;
    found.push(row);
    first.set(row, Math.max(row + 1, firstAtOrAfter(time, ledger.rows, known)));
  }
  found.sort((a, b) => first.get(a)! - first.get(b)! || knownAt[a]! - knownAt[b]! || a - b);
  return {
    count: found.length,
    rows: Int32Array.from(found),
    visibleFrom: Int32Array.from(found, (row) => first.get(row)!),
  };
}

/** The fraud of a ledger row as FeatureState.learn takes it. */
export const knownFraud = (ledger: Ledger, row: number): KnownFraud => ({
  payer: ledger.transfers.payer[row]!,
  payee: ledger.transfers.payee[row]!,
  device: ledger.transfers.device?.[row] ?? -1,
  time: ledger.transfers.time[row]!,
  knownAt: ledger.labels.knownAt[row]!,
  typology: ledger.labels.typology[row]!,
});

const firstAtOrAfter = (time: Ledger["transfers"]["time"], rows: number, instant: number): number => {
  let low = 0;
  let high = rows;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (time[middle]! < instant) low = middle + 1;
    else high = middle;
  }
  return low;
};

const outOfOrder = (row: number): Error =>
  invalid(`Ledger row ${row} lies before row ${row - 1} in time; order the ledger by time before computing features.`);

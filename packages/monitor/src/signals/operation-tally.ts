import { invalid } from "@esteira/core/errors";
import { LatencyHistogram } from "./latency-histogram.ts";

/** Decisions as they come from the ledger, one row each, in any order of time. */
export interface OperationRows {
  /** Milliseconds since the epoch. */
  readonly at: ArrayLike<number>;
  readonly version: readonly string[];
  /** `shadow` answers nobody: it is told apart and left out of what all decide together. */
  readonly arm: readonly string[];
  /** 1 when it was alerted. */
  readonly alerted: ArrayLike<number>;
  /** In the currency's unit; NaN where it is not known. */
  readonly amount: ArrayLike<number>;
  /** Milliseconds; NaN where it was not measured. */
  readonly latencyMs: ArrayLike<number>;
  /** Of each feature, 1 where its value was missing. */
  readonly missing: Readonly<Record<string, ArrayLike<number>>>;
  /** How many decisions a row stands for, where the ledger keeps a sample of them. */
  readonly weight?: ArrayLike<number> | undefined;
}

/** What was counted of one version on one arm, or of all together. */
export class OperationCounts {
  decisions = 0;
  alerts = 0;
  moneyAlerted = 0;
  readonly latency: LatencyHistogram;
  readonly missing = new Map<string, number>();

  constructor(latencyTargetMs: number) {
    this.latency = new LatencyHistogram(latencyTargetMs);
  }

  merge(other: OperationCounts): void {
    this.decisions += other.decisions;
    this.alerts += other.alerts;
    this.moneyAlerted += other.moneyAlerted;
    this.latency.merge(other.latency);
    for (const [feature, count] of other.missing) this.missing.set(feature, (this.missing.get(feature) ?? 0) + count);
  }
}

export interface ArmCounts {
  readonly version: string;
  readonly arm: string;
  readonly counts: OperationCounts;
}

const MINUTE = 60_000;

/**
 * Counts of decisions by minute, version and arm, from which any window of whole minutes is put together. Memory grows with the minutes that are
 * kept, the arms and the features, never with the decisions.
 */
export class OperationTally {
  readonly #keepMs: number;
  readonly #latencyTargetMs: number;
  readonly #minutes = new Map<number, Map<string, ArmCounts>>();
  #newest = Number.NEGATIVE_INFINITY;

  /** `keepMs`: minutes that are older than this before the newest decision are forgotten. */
  constructor(options: { readonly keepMs: number; readonly latencyTargetMs: number }) {
    if (!(options.keepMs > 0)) throw invalid(`keepMs is ${options.keepMs}; give how long minutes are kept, above 0.`);
    this.#keepMs = options.keepMs;
    this.#latencyTargetMs = options.latencyTargetMs;
  }

  /** When the newest decision before `at` was made, to the minute where there are later ones; -Infinity without any that is kept. */
  newestBefore(at: number): number {
    if (this.#newest < at) return this.#newest;
    const minutes = [...this.#minutes.keys()].filter((minute) => minute * MINUTE < at);
    return minutes.length === 0 ? Number.NEGATIVE_INFINITY : Math.min(at, (Math.max(...minutes) + 1) * MINUTE);
  }

  add(rows: OperationRows): void {
    const features = Object.entries(rows.missing);
    for (let row = 0; row < rows.at.length; row++) {
      const at = rows.at[row]!;
      if (at < this.#newest - this.#keepMs) continue;
      this.#newest = Math.max(this.#newest, at);
      const counts = this.#countsOf(Math.floor(at / MINUTE), rows.version[row]!, rows.arm[row]!);
      const weight = rows.weight?.[row] ?? 1;
      const amount = rows.amount[row]!;
      counts.decisions += weight;
      if (rows.alerted[row] === 1) {
        counts.alerts += weight;
        if (Number.isFinite(amount)) counts.moneyAlerted += weight * amount;
      }
      counts.latency.add(rows.latencyMs[row]!, weight);
      for (const [feature, missing] of features)
        counts.missing.set(feature, (counts.missing.get(feature) ?? 0) + (missing[row] === 1 ? weight : 0));
    }
    this.#forget();
  }

  /** Of the minutes that begin in `[to - windowMs, to)`, each version on each arm. */
  between(to: number, windowMs: number): readonly ArmCounts[] {
    const found = new Map<string, ArmCounts>();
    const first = Math.ceil((to - windowMs) / MINUTE);
    const last = Math.ceil(to / MINUTE);
    for (let minute = first; minute < last; minute++) {
      for (const [key, { version, arm, counts }] of this.#minutes.get(minute) ?? []) {
        let merged = found.get(key);
        if (merged === undefined) {
          merged = { version, arm, counts: new OperationCounts(this.#latencyTargetMs) };
          found.set(key, merged);
        }
        merged.counts.merge(counts);
      }
    }
    return [...found.values()];
  }

  #countsOf(minute: number, version: string, arm: string): OperationCounts {
    let arms = this.#minutes.get(minute);
    if (arms === undefined) {
      arms = new Map();
      this.#minutes.set(minute, arms);
    }
    const key = JSON.stringify([version, arm]);
    let found = arms.get(key);
    if (found === undefined) {
      found = { version, arm, counts: new OperationCounts(this.#latencyTargetMs) };
      arms.set(key, found);
    }
    return found.counts;
  }

  #forget(): void {
    const oldest = Math.floor((this.#newest - this.#keepMs) / MINUTE);
    for (const minute of this.#minutes.keys()) if (minute < oldest) this.#minutes.delete(minute);
  }
}

/**
 * How the models of a server have done since what they are was last changed: the figures by which a canary is judged. The
 * server's metrics count for ever and for everybody; these begin anew with each change, and know which variant it was.
 */

import type { VariantSight } from "./dispatcher.ts";
import type { ShadowSight } from "./shadow.ts";
import type { Variant } from "./traffic.ts";

/** Seconds are those that the model took. Quantiles are of the newest 10,000; absent where there is nothing. */
export interface VariantFigures {
  readonly requests: number;
  /** Requests on which the model threw, whosever fault it was: variants get the same callers. */
  readonly failed: number;
  readonly seconds?: Quantiles;
}

export interface ShadowFigures {
  /** Requests that it answered too, that it failed on, and that it missed under load. */
  readonly compared: number;
  readonly failed: number;
  readonly missed: number;
  /** Between a row's answer and its own, in the unit of the answer; null is infinite, for answers of another shape. */
  readonly difference?: Quantiles;
  /** The answer and its own, of the newest 1,000 rows that both answered with a number: what an alert's threshold would make of them. */
  readonly scores?: readonly (readonly [number, number])[];
}

export interface Quantiles {
  readonly p50: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export interface ObservationFigures {
  /** Which change they are of, as it was told to `begin`. */
  readonly generation: number;
  /** Since then. */
  readonly seconds: number;
  readonly primary: VariantFigures;
  readonly canary: VariantFigures;
  readonly shadow: ShadowFigures;
}

export interface Observation {
  /** Forgets what was, and counts for this generation from now on. */
  begin(generation: number): void;
  record(sight: VariantSight): void;
  recordShadow(sight: ShadowSight): void;
  read(): ObservationFigures;
}

const KEPT = 10_000;
const KEPT_SCORES = 1000;

/** The newest values, and the largest of all. */
class Sample {
  readonly #values = new Float64Array(KEPT);
  #count = 0;
  #max = Number.NEGATIVE_INFINITY;

  add(value: number): void {
    this.#values[this.#count++ % KEPT] = value;
    this.#max = Math.max(this.#max, value);
  }

  quantiles(): Quantiles | undefined {
    if (this.#count === 0) return undefined;
    const sorted = this.#values.slice(0, Math.min(this.#count, KEPT)).sort();
    const at = (share: number): number | null => finite(sorted[Math.ceil(share * sorted.length) - 1] ?? 0);
    return { p50: at(0.5), p99: at(0.99), max: finite(this.#max) };
  }
}

const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);

export function createObservation(): Observation {
  let state = empty(0);
  const figures = (variant: Variant): VariantFigures => {
    const { requests, failed, seconds } = state[variant];
    const quantiles = seconds.quantiles();
    return { requests, failed, ...(quantiles && { seconds: quantiles }) };
  };
  return {
    begin(generation) {
      state = empty(generation);
    },
    record({ variant, seconds, failed }) {
      const of = state[variant];
      of.requests++;
      if (failed) of.failed++;
      of.seconds.add(seconds);
    },
    recordShadow(sight) {
      state.shadow[sight.kind]++;
      if (sight.kind !== "compared") return;
      for (const value of sight.differences) state.shadow.difference.add(value);
      for (const pair of sight.scores) state.shadow.scores[state.shadow.scored++ % KEPT_SCORES] = pair;
    },
    read() {
      const { generation, shadow, began } = state;
      const { compared, failed, missed, scores } = shadow;
      const difference = shadow.difference.quantiles();
      return {
        generation,
        seconds: (performance.now() - began) / 1000,
        primary: figures("primary"),
        canary: figures("canary"),
        shadow: {
          ...{ compared, failed, missed },
          ...(difference && { difference }),
          ...(scores.length > 0 && { scores: [...scores] }),
        },
      };
    },
  };
}

const variant = () => ({ requests: 0, failed: 0, seconds: new Sample() });
const empty = (generation: number) => ({
  generation,
  began: performance.now(),
  primary: variant(),
  canary: variant(),
  shadow: {
    ...{ compared: 0, failed: 0, missed: 0, difference: new Sample() },
    scores: [] as (readonly [number, number])[],
    scored: 0,
  },
});

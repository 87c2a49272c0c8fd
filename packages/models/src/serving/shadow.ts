/**
 * A model that is asked what callers ask and whose answers nobody gets: what would change if it were the primary. It works
 * when the answer has gone out, and only so much at a time: under load it misses requests, and says how many.
 */

import { isRecord, type Prediction } from "../flavors/flavor.ts";
import { askModel, type Question } from "./dispatcher.ts";
import type { ModelHolder } from "./model-holder.ts";

/** What was seen of one request. */
export type ShadowSight =
  | {
      readonly kind: "compared";
      readonly differences: readonly number[];
      /** The caller's answer and its own, of each row that both answer with a number. */
      readonly scores: readonly (readonly [number, number])[];
      readonly seconds: number;
    }
  | { readonly kind: "failed" }
  | { readonly kind: "missed" };

export interface Shadow {
  /** `answered` is what the caller got. Returns at once. */
  compare(question: Question, answered: readonly Prediction[]): void;
}

/** The largest difference between two answers of a row; infinite when they are not of one shape. */
export function differenceOf(one: Prediction | undefined, other: Prediction | undefined): number {
  if (typeof one === "number" && typeof other === "number")
    return Object.is(one, other) || one === other ? 0 : Number.isFinite(one - other) ? Math.abs(one - other) : Infinity;
  if (Array.isArray(one) && Array.isArray(other) && one.length === other.length)
    return one.reduce<number>((most, value, i) => Math.max(most, differenceOf(value, other[i])), 0);
  if (isRecord(one) && isRecord(other))
    return Object.keys({ ...one, ...other }).reduce(
      (most, key) => Math.max(most, differenceOf(one[key], other[key])),
      0,
    );
  return one === other && one !== undefined ? 0 : Number.POSITIVE_INFINITY;
}

/** Of the rows to which both say a finite number: the answer, and the other one. */
export const scoresOf = (
  answered: readonly Prediction[],
  own: readonly Prediction[],
): readonly (readonly [number, number])[] =>
  answered.flatMap((one, row) => {
    const other = own[row];
    const isBoth = typeof one === "number" && typeof other === "number" && Number.isFinite(one + other);
    return isBoth ? [[one, other] as const] : [];
  });

/** Waiting for the shadow at once, at most: their tables are kept meanwhile. */
const MOST_WAITING = 64;

/** `holder` is asked anew for each request: a shadow may come and go while the server answers. */
export function createShadow(holder: () => ModelHolder | undefined, onSight: (sight: ShadowSight) => void): Shadow {
  let waiting = 0;
  return {
    compare(question, answered) {
      if (holder() === undefined) return;
      if (waiting >= MOST_WAITING) return onSight({ kind: "missed" });
      waiting++;
      // After the answer has been written, and never two of them before other requests have had a turn.
      setTimeout(() => {
        waiting--;
        const current = holder();
        if (current === undefined) return;
        const started = performance.now();
        void current
          .use((model) => askModel(model, question))
          .then(
            ({ predictions: own }) =>
              onSight({
                kind: "compared",
                differences:
                  own.length === answered.length
                    ? own.map((value, row) => differenceOf(value, answered[row]))
                    : answered.map(() => Number.POSITIVE_INFINITY),
                scores: scoresOf(answered, own),
                seconds: (performance.now() - started) / 1000,
              }),
            () => onSight({ kind: "failed" }),
          );
      }, 0);
    },
  };
}

/** How far two engines' answers to the same rows lie apart. */

import { invalid } from "@esteira/core/errors";
import { isRecord, type Prediction } from "../flavors/flavor.ts";
import type { GoldenKind } from "./golden-rows.ts";

/** An engine's answer to one row: its values, or that it refused the row. */
export type Answer = readonly number[] | { readonly refused: string };

export interface Parity {
  readonly rows: number;
  /** Rows by what is special about them. */
  readonly kinds: Readonly<Partial<Record<GoldenKind, number>>>;
  /** Rows with any value that is not the same number. */
  readonly differing: number;
  /** Rows that one engine answered and the other refused, or answered with another number or kind of values. */
  readonly incomparable: number;
  /** Rows that both engines refuse: equal, and no proof of equal answers. */
  readonly refused: number;
  /** The largest distance in units in the last place: of float32 where both values are float32, else of float64. */
  readonly maxUlp: number;
  readonly maxDifference: number;
  /** The largest difference by the size of the larger value, or by 1 where both are smaller. */
  readonly maxRelative: number;
  /** The first row that differs, with what both said. */
  readonly example?: { readonly row: readonly unknown[]; readonly ours: unknown; readonly theirs: unknown };
}

/** All numbers of a prediction, in order. Throws INVALID_PARAMETER_VALUE for text, of which there is no distance. */
export function valuesOf(prediction: Prediction): number[] {
  if (typeof prediction === "number") return [prediction];
  if (typeof prediction === "boolean") return [Number(prediction)];
  if (prediction === null) return [Number.NaN];
  if (typeof prediction === "string") throw invalid("The model answers text; only numbers can be compared");
  return (isRecord(prediction) ? Object.values(prediction) : prediction).flatMap(valuesOf);
}

const view = new DataView(new ArrayBuffer(8));

/** The place of a float among all floats of its size, in order. */
function ordinal(value: number, single: boolean): bigint {
  if (single) view.setFloat32(0, value);
  else view.setFloat64(0, value);
  const bits = single ? BigInt(view.getInt32(0)) : view.getBigInt64(0);
  return bits < 0n ? (single ? -(2n ** 31n) : -(2n ** 63n)) - bits : bits;
}

/** Floats from one value to the other; 0 for equal ones, NaN among them. */
export function ulpsApart(a: number, b: number): number {
  if (a === b || (Number.isNaN(a) && Number.isNaN(b))) return 0;
  if (Number.isNaN(a) || Number.isNaN(b)) return Number.POSITIVE_INFINITY;
  const single = Math.fround(a) === a && Math.fround(b) === b;
  const apart = ordinal(a, single) - ordinal(b, single);
  return Number(apart < 0n ? -apart : apart);
}

export function compareAnswers(
  rows: readonly (readonly unknown[])[],
  kinds: readonly GoldenKind[],
  ours: readonly Answer[],
  theirs: readonly Answer[],
): Parity {
  let [differing, incomparable, refused, maxUlp, maxDifference, maxRelative] = [0, 0, 0, 0, 0, 0];
  let example: Parity["example"];
  rows.forEach((row, i) => {
    const [a, b] = [ours[i]!, theirs[i]!];
    if ("refused" in a && "refused" in b) {
      refused++;
      return;
    }
    let isEqual = true;
    if ("refused" in a || "refused" in b || a.length !== b.length) {
      incomparable++;
      isEqual = false;
    } else {
      a.forEach((value, k) => {
        const other = b[k]!;
        const ulps = ulpsApart(value, other);
        if (ulps === 0) return;
        isEqual = false;
        const difference = Number.isNaN(value - other) ? Number.POSITIVE_INFINITY : Math.abs(value - other);
        maxUlp = Math.max(maxUlp, ulps);
        maxDifference = Math.max(maxDifference, difference);
        maxRelative = Math.max(maxRelative, difference / Math.max(1, Math.abs(value), Math.abs(other)));
      });
    }
    if (isEqual) return;
    differing++;
    example ??= { row, ours: a, theirs: b };
  });
  return {
    ...{ rows: rows.length, kinds: countKinds(kinds) },
    ...{ differing, incomparable, refused, maxUlp, maxDifference, maxRelative },
    ...(example !== undefined && { example }),
  };
}

export function countKinds(kinds: readonly GoldenKind[]): Parity["kinds"] {
  const counts: Partial<Record<GoldenKind, number>> = {};
  for (const kind of kinds) counts[kind] = (counts[kind] ?? 0) + 1;
  return counts;
}

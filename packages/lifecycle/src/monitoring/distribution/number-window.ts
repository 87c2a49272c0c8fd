import { invalid } from "@esteira/core/errors";
import type { NumberReference } from "./number-reference.ts";

/** A double and its two halves: ordered by the upper one, doubles are nearly ordered, whatever their scale. */
const double = new Float64Array(1);
const halves = new Uint32Array(double.buffer);
/** The upper half of a double as a whole number that grows with the double. */
function upperHalf(value: number): number {
  double[0] = value + 0;
  const high = halves[1]!;
  return (high ^ ((high >> 31) | 0x80000000)) >>> 0;
}

const SLOTS_LOG2 = 15;

/**
 * What has come of one number in a span of time, counted against a reference: how many values lie at each of its points and between
 * them. It reads values in any order and any number of parts, its memory depends on the reference alone, and windows of one reference
 * add up to longer ones.
 */
export class NumberWindow {
  readonly reference: NumberReference;
  /** Values between the points i - 1 and i at index 2i, at point i at 2i + 1. */
  readonly cells: Float64Array;
  /** Sum of the values between the points i - 1 and i. */
  readonly sums: Float64Array;
  missing = 0;
  /** The first point of each slot of upper halves: where to begin to look. */
  readonly #slots: Uint32Array;
  readonly #lowest: number;
  readonly #shift: number;

  constructor(reference: NumberReference) {
    const { points } = reference;
    this.reference = reference;
    this.cells = new Float64Array(2 * points.length + 1);
    this.sums = new Float64Array(points.length + 1);
    const highest = points.length === 0 ? 0 : upperHalf(points.at(-1)!);
    this.#lowest = points.length === 0 ? 0 : upperHalf(points[0]!);
    this.#shift = Math.max(0, 32 - Math.clz32(highest - this.#lowest) - SLOTS_LOG2);
    this.#slots = new Uint32Array(((highest - this.#lowest) >>> this.#shift) + 2).fill(points.length);
    for (let point = points.length - 1; point >= 0; point--) this.#slots[this.#slotOf(points[point]!)] = point;
    for (let slot = this.#slots.length - 2; slot >= 0; slot--)
      this.#slots[slot] = Math.min(this.#slots[slot]!, this.#slots[slot + 1]!);
  }

  /** Counts the values from index `from` to before `to`, each as often as its weight says; NaN is a missing value. */
  add(
    values: ArrayLike<number>,
    options: { readonly from?: number; readonly to?: number; readonly weights?: ArrayLike<number> | undefined } = {},
  ): void {
    const { from = 0, to = values.length, weights } = options;
    const { points } = this.reference;
    const { cells, sums } = this;
    const slots = this.#slots;
    const last = points.length - 1;
    for (let at = from; at < to; at++) {
      const value = values[at]!;
      const weight = weights === undefined ? 1 : weights[at]!;
      if (Number.isNaN(value)) {
        this.missing += weight;
        continue;
      }
      let low = 0;
      if (last < 0 || value > points[last]!) low = last + 1;
      else if (value > points[0]!) {
        const slot = this.#slotOf(value);
        low = slots[slot]!;
        let high = slots[slot + 1]!;
        while (low < high) {
          const middle = (low + high) >> 1;
          if (points[middle]! < value) low = middle + 1;
          else high = middle;
        }
      }
      if (points[low] === value) cells[2 * low + 1]! += weight;
      else {
        cells[2 * low]! += weight;
        sums[low]! += value * weight;
      }
    }
  }

  /**
   * Adds what another window has counted against the same points: one of the same reference, of a copy of it on another thread, or of one with
   * other weights. The sum is what one window would have counted, to the last digit of `sums`.
   */
  merge(other: Pick<NumberWindow, "reference" | "cells" | "sums" | "missing">): void {
    if (!hasSamePoints(other.reference, this.reference))
      throw invalid("Windows of two references cannot be added; count both against one.");
    for (let cell = 0; cell < this.cells.length; cell++) this.cells[cell]! += other.cells[cell]!;
    for (let gap = 0; gap < this.sums.length; gap++) this.sums[gap]! += other.sums[gap]!;
    this.missing += other.missing;
  }

  /** Numbers counted. */
  get count(): number {
    return this.cells.reduce((all, cell) => all + cell, 0);
  }

  /** Share of the values that are missing; 0 of none. */
  get missingShare(): number {
    const all = this.count + this.missing;
    return all === 0 ? 0 : this.missing / all;
  }

  /** Share of the numbers below the reference's smallest and above its largest; 0 of none. */
  get outsideShare(): number {
    const { count } = this;
    return count === 0 ? 0 : (this.cells[0]! + (this.reference.points.length === 0 ? 0 : this.cells.at(-1)!)) / count;
  }

  /** The first point with at least this share of the numbers at or below it; the last where there is none. NaN without points. */
  quantile(share: number): number {
    const { points } = this.reference;
    const wanted = share * this.count;
    let passed = 0;
    for (let point = 0; point < points.length; point++) {
      passed += this.cells[2 * point]! + this.cells[2 * point + 1]!;
      if (passed >= wanted) return points[point]!;
    }
    return points.at(-1) ?? Number.NaN;
  }

  /** Share of the numbers in each bin of the reference; a value equal to an edge lies above it. All 0 without numbers. */
  binShares(): number[] {
    const { edges, points } = this.reference;
    const total = this.count;
    const ends = [...edges, points.length];
    let cell = 0;
    return ends.map((end) => {
      let inside = 0;
      for (const stop = end === points.length ? this.cells.length : 2 * end + 1; cell < stop; cell++)
        inside += this.cells[cell]!;
      return total === 0 ? 0 : inside / total;
    });
  }

  #slotOf(value: number): number {
    return (upperHalf(value) - this.#lowest) >>> this.#shift;
  }
}

const hasSamePoints = (one: NumberReference, other: NumberReference): boolean =>
  one === other ||
  (one.points.length === other.points.length && one.points.every((point, at) => point === other.points[at]));

/** Share of the reference in each of its bins. */
export function referenceShares({ edges, below }: NumberReference): number[] {
  const starts = [0, ...Array.from(edges, (edge) => below[edge]!), 1];
  return starts.slice(1).map((end, bin) => end - starts[bin]!);
}

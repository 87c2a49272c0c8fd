/**
 * The fast walk of a LightGBM model of numeric splits and constant leaves. A value becomes its rank among the thresholds
 * of its feature, found once a row, so that comparing doubles turns into comparing whole numbers.
 */

import { type AddTrees, createPackedSum, HIGHEST, LOWEST, packLeaf, STRIDE } from "../trees/packed-sum.ts";
import { type LightgbmModel, MISSING, settle } from "./model.ts";

/** One key of a row: the rank of a feature's value, or an end of the range where it is missing. */
interface Slot {
  readonly feature: number;
  readonly missing: number;
  readonly key: number;
}

export function walkRanks(model: LightgbmModel): AddTrees<Float64Array> {
  const { treeCount, treeStart, feature, value, child, missing, defaultLeft, numFeatures } = model;
  const total = treeStart[treeCount]!;

  const thresholds = Array.from({ length: numFeatures }, () => new Set<number>());
  for (let node = 0; node < total; node++) if (feature[node]! >= 0) thresholds[feature[node]!]!.add(value[node]!);
  const sorted = thresholds.map((set) => Float64Array.from(set).sort());
  const ranks = sorted.map((list) => new Map(Array.from(list, (threshold, rank) => [threshold, rank])));

  const slots: Slot[] = [];
  const slotOf = new Map<number, number>();
  const words = new Int32Array(Math.max(1, total) * STRIDE);
  const leafValues: number[] = [];
  for (let node = 0; node < total; node++) {
    const at = node * STRIDE;
    const f = feature[node]!;
    if (f < 0) {
      packLeaf(words, at, leafValues.length);
      leafValues.push(value[node]!);
      continue;
    }
    // Where nothing is missing, both sides are one.
    const side = missing[node] === MISSING.none ? 0 : defaultLeft[node]!;
    const name = (f * 3 + missing[node]!) * 2 + side;
    let slot = slotOf.get(name);
    if (slot === undefined) {
      slot = slots.length;
      slotOf.set(name, slot);
      slots.push({ feature: f, missing: missing[node]!, key: side === 1 ? LOWEST : HIGHEST });
    }
    words[at] = slot;
    // Left is value <= threshold, that is, no more thresholds below the value than below this one.
    words[at + 1] = ranks[f]!.get(value[node]!)! + 1;
    words[at + 2] = child[node]! * STRIDE;
  }

  const slotFeature = Int32Array.from(slots, (slot) => slot.feature);
  const slotMissing = Uint8Array.from(slots, (slot) => slot.missing);
  const slotKey = Int32Array.from(slots, (slot) => slot.key);
  const start = new Int32Array(numFeatures + 1);
  sorted.forEach((list, f) => {
    start[f + 1] = start[f]! + list.length;
  });
  const all = new Float64Array(start[numFeatures]!);
  sorted.forEach((list, f) => {
    all.set(list, start[f]!);
  });

  /** Thresholds of feature `f` that are less than the value. */
  const rankOf = (f: number, x: number): number => {
    const first = start[f]!;
    let low = first;
    let high = start[f + 1]!;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (all[middle]! < x) low = middle + 1;
      else high = middle;
    }
    return low - first;
  };

  const { length } = slots;
  return createPackedSum<Float64Array>({
    words,
    roots: Int32Array.from(treeStart, (root) => root * STRIDE),
    depths: model.treeDepth,
    leafValues: Float64Array.from(leafValues),
    treeGroup: model.treeGroup,
    base: new Float64Array(model.groups),
    isSingle: false,
    rowLength: numFeatures,
    slots: length,
    readKeys(matrix, offset, keys, to, step) {
      for (let slot = 0; slot < length; slot++) {
        const f = slotFeature[slot]!;
        const x = settle(matrix[offset + f]!);
        const isNan = Number.isNaN(x);
        const kind = slotMissing[slot]!;
        if (isNan ? kind !== MISSING.none : x === 0 && kind === MISSING.zero) keys[to + slot * step] = slotKey[slot]!;
        else keys[to + slot * step] = rankOf(f, isNan ? 0 : x);
      }
    },
  });
}

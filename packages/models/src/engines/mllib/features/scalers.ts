/** The scalers: StandardScaler, MinMaxScaler, MaxAbsScaler, RobustScaler and Normalizer. Equal to Spark to the bit. */

import { get } from "../fields.ts";
import { readVector } from "../linalg.ts";
import { booleanParam, numberParam, onlyRow, type SavedStage } from "../saved-stage.ts";
import type { Stage } from "../stage.ts";
import { elementwise } from "./elementwise.ts";

/** Subtract, then multiply; either may be left out. */
function shiftAndScale(saved: SavedStage, shift: Float64Array | undefined, scale: Float64Array | undefined): Stage {
  return elementwise(saved, (shift ?? scale)?.length, (numbers, from, to, size) => {
    for (let i = 0; i < size; i++) {
      let value = numbers[from + i]!;
      if (shift !== undefined) value -= shift[i]!;
      if (scale !== undefined) value *= scale[i]!;
      numbers[to + i] = value;
    }
  });
}

/** What does not vary is scaled to 0. */
const inverse = (spread: Float64Array): Float64Array => spread.map((value) => (value === 0 ? 0 : 1 / value));

export async function readStandardScaler(saved: SavedStage): Promise<Stage> {
  const row = await onlyRow(saved);
  return shiftAndScale(
    saved,
    booleanParam(saved, "withMean") ? readVector(get(row, "mean")).values : undefined,
    booleanParam(saved, "withStd") ? inverse(readVector(get(row, "std")).values) : undefined,
  );
}

export async function readRobustScaler(saved: SavedStage): Promise<Stage> {
  const row = await onlyRow(saved);
  return shiftAndScale(
    saved,
    booleanParam(saved, "withCentering") ? readVector(get(row, "median")).values : undefined,
    booleanParam(saved, "withScaling") ? inverse(readVector(get(row, "range")).values) : undefined,
  );
}

export async function readMaxAbsScaler(saved: SavedStage): Promise<Stage> {
  const largest = readVector(get(await onlyRow(saved), "maxAbs")).values;
  return shiftAndScale(
    saved,
    undefined,
    largest.map((value) => 1 / (value === 0 ? 1 : value)),
  );
}

export async function readMinMaxScaler(saved: SavedStage): Promise<Stage> {
  const row = await onlyRow(saved);
  const low = readVector(get(row, "originalMin")).values;
  const high = readVector(get(row, "originalMax")).values;
  const bottom = numberParam(saved, "min");
  const range = numberParam(saved, "max") - bottom;
  const scale = low.map((value, i) => (high[i]! - value === 0 ? 0 : range / (high[i]! - value)));
  const constant = range / 2 + bottom;
  return elementwise(saved, low.length, (numbers, from, to, size) => {
    for (let i = 0; i < size; i++) {
      const value = numbers[from + i]!;
      if (Number.isNaN(value)) numbers[to + i] = value;
      else numbers[to + i] = scale[i] === 0 ? constant : (value - low[i]!) * scale[i]! + bottom;
    }
  });
}

export function readNormalizer(saved: SavedStage): Stage {
  const norm = createNorm(numberParam(saved, "p"));
  return elementwise(saved, undefined, (numbers, from, to, size) => {
    const length = norm(numbers, from, size);
    for (let i = 0; i < size; i++) numbers[to + i] = length === 0 ? numbers[from + i]! : numbers[from + i]! / length;
  });
}

function createNorm(p: number): (numbers: Float64Array, from: number, size: number) => number {
  const fold =
    (add: (sum: number, value: number) => number, end: (sum: number) => number) =>
    (numbers: Float64Array, from: number, size: number): number => {
      let sum = 0;
      for (let i = 0; i < size; i++) sum = add(sum, Math.abs(numbers[from + i]!));
      return end(sum);
    };
  if (p === 1)
    return fold(
      (sum, value) => sum + value,
      (sum) => sum,
    );
  if (p === 2) return fold((sum, value) => sum + value * value, Math.sqrt);
  if (p === Number.POSITIVE_INFINITY)
    return fold(
      // NaN is larger than nothing, so Math.max would not do.
      (most, value) => {
        if (value > most) return value;
        return most;
      },
      (most) => most,
    );
  return fold(
    (sum, value) => sum + value ** p,
    (sum) => sum ** (1 / p),
  );
}

import { Random } from "../evaluation/random.ts";
import type { TrainingData } from "./trainer.ts";

/**
 * A small table that can be learned but not perfectly: `amount` and `velocity` raise the risk, `age` lowers it, the
 * other features are noise. One value in twenty is missing; about one row in ten is positive.
 */
export function syntheticData(rows: number, seed: number, noiseFeatures = 3): TrainingData {
  const random = new Random(seed);
  const unit = (): number => random.next32() / 2 ** 32;
  const featureNames = ["amount", "velocity", "age", ...Array.from({ length: noiseFeatures }, (_, i) => `noise_${i}`)];
  const columns = featureNames.length;
  const values = new Float32Array(rows * columns);
  const labels = new Uint8Array(rows);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++) values[row * columns + column] = unit() * 10 ** (column % 3);
    const [amount = 0, velocity = 0, age = 0] = values.subarray(row * columns, row * columns + 3);
    const margin = 4 * amount + 0.4 * velocity - 0.03 * age - 5;
    labels[row] = unit() < 1 / (1 + Math.exp(-margin)) ? 1 : 0;
    for (let column = 0; column < columns; column++) {
      if (unit() < 0.05) values[row * columns + column] = Number.NaN;
    }
  }
  return { featureNames, rows, values, labels };
}

import { expect, test } from "vitest";
import { averagePrecision } from "../evaluation/average-precision.ts";
import { fitLogisticRegression } from "./logistic-regression.ts";
import { syntheticData } from "./training-data.testing.ts";

const DATA = syntheticData(500, 5);

test("finds the coefficients of scikit-learn's pipeline of mean imputation, scaling and LogisticRegression(C=1)", async () => {
  const model = await fitLogisticRegression(DATA);
  // scikit-learn 1.9.1, solver newton-cholesky, tol 1e-12, on the same 500 rows.
  const expected = [1.03673776648, 0.90916607922, -0.8386208719, -0.15222639269, -0.00508908922, 0.05724979806];
  for (const [at, coefficient] of expected.entries()) expect(model.coefficients[at]).toBeCloseTo(coefficient, 6);
  expect(model.intercept).toBeCloseTo(-2.35754433302, 6);
  expect(averagePrecision(model.predict(DATA.values, DATA.rows), DATA.labels)).toBeCloseTo(0.57081588945, 9);
});

test("reaches the minimum: no gradient is left", async () => {
  const c = 0.3;
  const model = await fitLogisticRegression(DATA, { c });
  const { means, deviations } = model.scaling;
  const errors = model.predict(DATA.values, DATA.rows).map((p, row) => p - DATA.labels[row]!);
  const columns = DATA.featureNames.length;
  for (let column = 0; column < columns; column++) {
    const gradient = errors.reduce((sum, error, row) => {
      const value = DATA.values[row * columns + column]!;
      return sum + (Number.isNaN(value) ? 0 : (error * (value - means[column]!)) / deviations[column]!);
    }, 0);
    expect(c * gradient + model.coefficients[column]!).toBeCloseTo(0, 4);
  }
  expect(errors.reduce((sum, error) => sum + error, 0)).toBeCloseTo(0, 4);
});

test("gives the same numbers every time", async () => {
  const [first, second] = [await fitLogisticRegression(DATA), await fitLogisticRegression(DATA)];
  expect(second.coefficients).toEqual(first.coefficients);
  expect(second.intercept).toBe(first.intercept);
});

test("a weight of 2 is a row given twice", async () => {
  const twice = {
    featureNames: DATA.featureNames,
    rows: DATA.rows * 2,
    values: Float32Array.from([...DATA.values, ...DATA.values]),
    labels: Uint8Array.from([...DATA.labels, ...DATA.labels]),
  };
  const weighted = await fitLogisticRegression({ ...DATA, weights: new Float32Array(DATA.rows).fill(2) });
  const repeated = await fitLogisticRegression(twice);
  for (const [at, coefficient] of repeated.coefficients.entries()) {
    expect(weighted.coefficients[at]).toBeCloseTo(coefficient, 8);
  }
});

test("a missing value predicts as the mean does; a constant or empty column has no say", async () => {
  const columns = DATA.featureNames.length;
  const values = DATA.values.slice();
  for (let row = 0; row < DATA.rows; row++) {
    values[row * columns + 4] = 7;
    values[row * columns + 5] = Number.NaN;
  }
  const model = await fitLogisticRegression({ ...DATA, values });
  expect([...model.coefficients.subarray(4)]).toEqual([0, 0]);
  const means = Float32Array.from(model.scaling.means);
  const missing = new Float32Array(columns).fill(Number.NaN);
  expect(model.predict(missing, 1)[0]).toBeCloseTo(model.predict(means, 1)[0]!, 6);
});

test("classes that a line parts perfectly still have one answer, and large values do not overflow", async () => {
  const rows = 400;
  const values = Float32Array.from({ length: rows }, (_, row) => (row - 199.5) * 1e9);
  const labels = Uint8Array.from({ length: rows }, (_, row) => (row >= 200 ? 1 : 0));
  const model = await fitLogisticRegression({ featureNames: ["x"], rows, values, labels }, { c: 1e4 });
  expect(Number.isFinite(model.coefficients[0])).toBe(true);
  const scores = model.predict(values, rows);
  expect(scores.every((score, row) => score > 0.5 === (labels[row] === 1))).toBe(true);
  expect(model.predict(Float32Array.of(3e38, -3e38), 2)).toEqual(Float64Array.of(1, 0));
});

test("what cannot be fitted gets one sentence", async () => {
  await expect(fitLogisticRegression(DATA, { c: 0 })).rejects.toThrow("c must be a finite number above 0, not 0");
  await expect(fitLogisticRegression({ ...DATA, labels: new Uint8Array(500) })).rejects.toThrow("one class only");
  await expect(fitLogisticRegression(DATA, { maxIterations: 1 })).rejects.toThrow("did not settle in 1 Newton steps");
  await expect(fitLogisticRegression(DATA, { signal: AbortSignal.abort(new Error("Enough.")) })).rejects.toThrow(
    "Enough.",
  );
  const model = await fitLogisticRegression(DATA);
  expect(() => model.predict(new Float32Array(5), 1)).toThrow("1 rows x 6 features need 6 values, not 5");
});

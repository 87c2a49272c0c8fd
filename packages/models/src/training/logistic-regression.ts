import { EsteiraError, invalid } from "@esteira/core/errors";
import { solvePositive } from "./cholesky.ts";
import { fitScaling, type Scaling, scaleRow } from "./standard-scaling.ts";
import type { TrainingData } from "./trainer.ts";
import { checkTrainingData } from "./training-data.ts";

export interface LogisticOptions {
  /** Inverse strength of the L2 penalty, as scikit-learn's `C`. Default 1. The intercept is not penalised. */
  readonly c?: number;
  /** Newton steps. Default 100; ten are usual. */
  readonly maxIterations?: number;
  /** Looked at between chunks of rows. */
  readonly signal?: AbortSignal;
}

export interface LogisticRegression {
  readonly featureNames: readonly string[];
  readonly scaling: Scaling;
  /** In log odds for one standard deviation of the feature. */
  readonly coefficients: Float64Array;
  readonly intercept: number;
  /** Newton steps that were taken. */
  readonly iterations: number;
  /** Probabilities of class 1, one a row of the row-major `values`. */
  predict(values: Float32Array, rows: number): Float64Array;
}

/** Rows between two turns of the event loop. */
const CHUNK = 16_384;
/** The Newton decrement, per row, at which the coefficients have settled to about eight digits. */
const SETTLED = 1e-14;

/**
 * The linear baseline: missing values become the mean, features are standardised, and the penalised log loss
 * `|w|^2 / 2 + C * sum(loss)` is minimised by Newton's method. It has one minimum, so the result has no seed.
 * @throws EsteiraError INVALID_PARAMETER_VALUE for data or options that cannot be fitted.
 */
export async function fitLogisticRegression(
  data: TrainingData,
  options: LogisticOptions = {},
): Promise<LogisticRegression> {
  checkTrainingData({ train: data });
  const { c = 1, maxIterations = 100, signal } = options;
  if (!(c > 0 && Number.isFinite(c))) throw invalid(`The inverse penalty c must be a finite number above 0, not ${c}.`);
  if (!Number.isInteger(maxIterations) || maxIterations < 1) {
    throw invalid(`maxIterations must be a whole number from 1, not ${maxIterations}.`);
  }

  const columns = data.featureNames.length;
  const scaling = fitScaling(data.values, data.rows, columns);
  const problem: Problem = { data, scaling, c, signal };
  // The intercept is the last entry.
  let weights: Float64Array = new Float64Array(columns + 1);
  weights[columns] = startingIntercept(data);
  let here = await derivatives(problem, weights);
  for (let iteration = 1; iteration <= maxIterations; iteration++) {
    const step = solvePositive(here.hessian, here.gradient);
    const decrement = dot(step, here.gradient);
    if (decrement <= SETTLED * data.rows) return model(data, scaling, weights, iteration - 1);
    const next = await descend(problem, weights, here, step, decrement);
    if (next === undefined) return model(data, scaling, weights, iteration);
    weights = next.weights;
    here = next.derivatives;
  }
  throw new EsteiraError(
    "INVALID_STATE",
    `The logistic regression did not settle in ${maxIterations} Newton steps; raise maxIterations or lower c.`,
  );
}

interface Problem {
  readonly data: TrainingData;
  readonly scaling: Scaling;
  readonly c: number;
  readonly signal: AbortSignal | undefined;
}

interface Derivatives {
  loss: number;
  readonly gradient: Float64Array;
  /** Row-major, lower triangle filled. */
  readonly hessian: Float64Array;
}

/** The log odds of the classes: Newton starts where the intercept alone is right. */
function startingIntercept({ labels, weights }: TrainingData): number {
  let positive = 0;
  let all = 0;
  for (let row = 0; row < labels.length; row++) {
    const weight = weights?.[row] ?? 1;
    all += weight;
    if (labels[row] === 1) positive += weight;
  }
  const share = Math.min(1 - 1e-9, Math.max(1e-9, positive / all));
  return Math.log(share / (1 - share));
}

async function derivatives(problem: Problem, weights: Float64Array): Promise<Derivatives> {
  const { data, signal } = problem;
  const size = weights.length;
  const gradient = new Float64Array(size);
  const hessian = new Float64Array(size * size);
  const sums: Derivatives = { loss: 0, gradient, hessian };
  for (let start = 0; start < data.rows; start += CHUNK) {
    if (start > 0) await new Promise<void>((resolve) => setImmediate(resolve));
    signal?.throwIfAborted();
    addRows(sums, problem, weights, start, Math.min(data.rows, start + CHUNK));
  }
  for (let i = 0; i < size - 1; i++) {
    const weight = weights[i]!;
    sums.loss += (weight * weight) / 2;
    gradient[i]! += weight;
    hessian[i * size + i]! += 1;
  }
  return sums;
}

/** Rows go in blocks of four: an entry of the hessian is then read and written once a block, not once a row. */
const BLOCK = 4;

/** Adds the rows `from` to `to` (exclusive) to the sums. */
function addRows(
  sums: Derivatives,
  { data, scaling, c }: Problem,
  weights: Float64Array,
  from: number,
  to: number,
): void {
  const { gradient } = sums;
  const size = weights.length;
  const x = new Float64Array(size);
  x[size - 1] = 1;
  // Feature by feature, the block's values, and the same times each row's curvature.
  const plain = new Float64Array(size * BLOCK);
  const curved = new Float64Array(size * BLOCK);
  for (let start = from; start < to; start += BLOCK) {
    for (let lane = 0; lane < BLOCK; lane++) {
      const row = start + lane;
      if (row >= to) {
        // What is left of the last block must add nothing.
        for (let i = 0; i < size; i++) curved[i * BLOCK + lane] = 0;
        continue;
      }
      scaleRow(scaling, data.values, row, x);
      const margin = dot(weights, x);
      const weight = c * (data.weights?.[row] ?? 1);
      const positive = data.labels[row] === 1;
      sums.loss += weight * softplus(positive ? -margin : margin);
      const probability = sigmoid(margin);
      const error = weight * (positive ? probability - 1 : probability);
      const curvature = weight * probability * (1 - probability);
      for (let i = 0; i < size; i++) {
        const value = x[i]!;
        gradient[i]! += error * value;
        plain[i * BLOCK + lane] = value;
        curved[i * BLOCK + lane] = curvature * value;
      }
    }
    addBlock(sums.hessian, plain, curved, size);
  }
}

function addBlock(hessian: Float64Array, plain: Float64Array, curved: Float64Array, size: number): void {
  for (let i = 0; i < size; i++) {
    const a = curved[i * BLOCK]!;
    const b = curved[i * BLOCK + 1]!;
    const c = curved[i * BLOCK + 2]!;
    const d = curved[i * BLOCK + 3]!;
    const start = i * size;
    for (let j = 0, at = 0; j <= i; j++, at += BLOCK) {
      hessian[start + j]! += a * plain[at]! + b * plain[at + 1]! + c * plain[at + 2]! + d * plain[at + 3]!;
    }
  }
}

/** A Newton step may overshoot far from the minimum: it is halved until the loss falls. */
async function descend(
  problem: Problem,
  weights: Float64Array,
  here: Derivatives,
  step: Float64Array,
  decrement: number,
): Promise<{ weights: Float64Array; derivatives: Derivatives } | undefined> {
  for (let share = 1; share > 1e-6; share /= 2) {
    const next = weights.map((weight, at) => weight - share * step[at]!);
    const there = await derivatives(problem, next);
    if (there.loss <= here.loss - 1e-4 * share * decrement) return { weights: next, derivatives: there };
  }
  // The loss cannot fall any more: the step is below what the sum's rounding can show.
  return undefined;
}

function model(data: TrainingData, scaling: Scaling, weights: Float64Array, iterations: number): LogisticRegression {
  const columns = data.featureNames.length;
  return {
    featureNames: data.featureNames,
    scaling,
    coefficients: weights.slice(0, columns),
    intercept: weights[columns]!,
    iterations,
    predict(values, rows) {
      if (values.length !== rows * columns) {
        throw invalid(`${rows} rows x ${columns} features need ${rows * columns} values, not ${values.length}.`);
      }
      const x = new Float64Array(columns + 1);
      x[columns] = 1;
      const probabilities = new Float64Array(rows);
      for (let row = 0; row < rows; row++) {
        scaleRow(scaling, values, row, x);
        probabilities[row] = sigmoid(dot(weights, x));
      }
      return probabilities;
    },
  };
}

function dot(a: Float64Array, b: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < a.length; at++) sum += a[at]! * b[at]!;
  return sum;
}

const sigmoid = (margin: number): number =>
  margin >= 0 ? 1 / (1 + Math.exp(-margin)) : Math.exp(margin) / (1 + Math.exp(margin));

/** log(1 + e^x) without overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

/** NaiveBayesModel of all four types. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import { get } from "../fields.ts";
import { createDot, type Dot, readMatrixRows, readVector, type Vector } from "../linalg.ts";
import { choiceParam, onlyRow, type SavedStage } from "../saved-stage.ts";
import type { Stage } from "../stage.ts";
import { classification } from "./learner.ts";

/** Writes the log of what each class speaks for, to `to` on. */
type Raw = (numbers: Float64Array, at: number, to: number) => void;

export async function readNaiveBayes(saved: SavedStage): Promise<Stage> {
  const row = await onlyRow(saved);
  const prior = readVector(get(row, "pi")).values;
  const theta = readMatrixRows(get(row, "theta"));
  const numFeatures = theta[0]?.values.length ?? 0;
  const numClasses = theta.length;
  if (prior.length !== numClasses)
    throw invalid("The Spark model is not valid: NaiveBayesModel's pi and theta do not fit");
  const type = choiceParam(saved, "modelType", ["multinomial", "complement", "bernoulli", "gaussian"]);
  const raw = {
    multinomial: () => refusingNegative(numFeatures, sums(theta, prior)),
    complement: () => refusingNegative(numFeatures, complement(theta)),
    bernoulli: () => bernoulli(theta, prior),
    gaussian: () => gaussian(theta, readMatrixRows(get(row, "sigma")), prior),
  }[type]();
  return classification(saved, {
    numFeatures,
    numClasses,
    raw,
    probability(numbers, from, to) {
      let most = numbers[from]!;
      for (let i = 1; i < numClasses; i++) most = Math.max(most, numbers[from + i]!);
      let sum = 0;
      for (let i = 0; i < numClasses; i++) {
        const share = Math.exp(numbers[from + i]! - most);
        numbers[to + i] = share;
        sum += share;
      }
      for (let i = 0; i < numClasses; i++) numbers[to + i] = numbers[to + i]! / sum;
    },
  });
}

function sums(rows: readonly Vector[], start: Float64Array): Raw {
  const dots: readonly Dot[] = rows.map(createDot);
  return (numbers, at, to) => {
    for (let i = 0; i < dots.length; i++) numbers[to + i] = dots[i]!(numbers, at) + start[i]!;
  };
}

function refusingNegative(size: number, raw: Raw): Raw {
  return (numbers, at, to) => {
    for (let i = 0; i < size; i++)
      if (!(numbers[at + i]! >= 0))
        throw badRequest(`Naive Bayes takes no features below 0, and found ${numbers[at + i]} at ${i}`);
    raw(numbers, at, to);
  };
}

function complement(theta: readonly Vector[]): Raw {
  const product = sums(theta, new Float64Array(theta.length));
  const size = theta.length;
  return (numbers, at, to) => {
    product(numbers, at, to);
    let most = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < size; i++) most = Math.max(most, numbers[to + i]!);
    let sum = 0;
    for (let i = 0; i < size; i++) sum += Math.exp(numbers[to + i]! - most);
    const total = Math.log(sum) + most;
    for (let i = 0; i < size; i++) numbers[to + i] = numbers[to + i]! - total;
  };
}

/** theta is the log of the probability of a 1; the complement's log counts where there is a 0. */
function bernoulli(theta: readonly Vector[], prior: Float64Array): Raw {
  const zeros = theta.map(({ values }) => values.map((value) => Math.log(1 - Math.exp(value))));
  const ones = theta.map(({ values }, i) => ({
    values: values.map((value, j) => value - zeros[i]![j]!),
    isSparse: false,
  }));
  const start = prior.map((value, i) => value + zeros[i]!.reduce((sum, one) => sum + one, 0));
  const product = sums(ones, start);
  const size = theta[0]?.values.length ?? 0;
  return (numbers, at, to) => {
    for (let i = 0; i < size; i++) {
      const value = numbers[at + i]!;
      if (value !== 0 && value !== 1)
        throw badRequest(`Bernoulli naive Bayes takes features that are 0 or 1, and found ${value} at ${i}`);
    }
    product(numbers, at, to);
  };
}

function gaussian(means: readonly Vector[], variances: readonly Vector[], prior: Float64Array): Raw {
  if (variances.length !== means.length)
    throw invalid("The Spark model is not valid: NaiveBayesModel's theta and sigma do not fit");
  const logs = variances.map(({ values }) => values.reduce((sum, value) => sum + Math.log(value), 0));
  return (numbers, at, to) => {
    means.forEach(({ values: mean }, i) => {
      const variance = variances[i]!.values;
      let sum = 0;
      for (let j = 0; j < mean.length; j++) {
        const distance = numbers[at + j]! - mean[j]!;
        sum += (distance * distance) / variance[j]!;
      }
      numbers[to + i] = prior[i]! - (sum + logs[i]!) / 2;
    });
  };
}

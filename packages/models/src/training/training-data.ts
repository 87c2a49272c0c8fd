import { invalid } from "@esteira/core/errors";
import type { TrainInput, TrainingData } from "./trainer.ts";

/** Throws one sentence about the first thing in the tables that cannot be trained on. */
export function checkTrainingData({
  train,
  validation,
  monotone,
}: Pick<TrainInput, "train" | "validation" | "monotone">): void {
  checkNames(train.featureNames);
  checkTable("training", train);
  if (validation !== undefined) {
    const strange = validation.featureNames.findIndex((name, at) => name !== train.featureNames[at]);
    if (strange >= 0 || validation.featureNames.length !== train.featureNames.length) {
      const at = strange >= 0 ? strange : Math.min(validation.featureNames.length, train.featureNames.length);
      throw invalid(
        `The validation data must have the training data's features in the same order: feature ${at + 1} is ` +
          `${quoted(validation.featureNames[at])} where training has ${quoted(train.featureNames[at])}.`,
      );
    }
    checkTable("validation", validation);
  }
  for (const [name, direction] of Object.entries(monotone ?? {})) {
    if (!train.featureNames.includes(name)) {
      throw invalid(`The monotone constraint on ${quoted(name)} names no feature of the training data.`);
    }
    if (direction !== 1 && direction !== -1) {
      throw invalid(`The monotone constraint on ${quoted(name)} must be 1 (rising) or -1 (falling), not ${direction}.`);
    }
  }
}

const quoted = (name: string | undefined): string => (name === undefined ? "absent" : JSON.stringify(name));

function checkNames(names: readonly string[]): void {
  if (names.length === 0) throw invalid("The training data has no features; at least one is needed.");
  const seen = new Set<string>();
  for (const name of names) {
    // XGBoost's Python package refuses a model with such names, so they must never be stored in one.
    if (name === "" || /[[\]<]/.test(name)) {
      throw invalid(`The feature name ${quoted(name)} is not possible in XGBoost: use one without "[", "]" or "<".`);
    }
    if (seen.has(name)) throw invalid(`The feature name ${quoted(name)} occurs twice; names must differ.`);
    seen.add(name);
  }
}

function checkTable(which: string, { featureNames, rows, values, labels, weights }: TrainingData): void {
  const columns = featureNames.length;
  if (!Number.isInteger(rows) || rows < 1)
    throw invalid(`The ${which} data has ${rows} rows; at least two are needed.`);
  if (values.length !== rows * columns) {
    throw invalid(
      `The ${which} data needs ${rows * columns} values (${rows} rows x ${columns} features), not ${values.length}.`,
    );
  }
  if (labels.length !== rows) throw invalid(`The ${which} data needs ${rows} labels, one a row, not ${labels.length}.`);
  if (weights !== undefined && weights.length !== rows) {
    throw invalid(`The ${which} data needs ${rows} weights, one a row, not ${weights.length}.`);
  }
  checkLabels(which, labels);
  if (weights !== undefined) checkWeights(which, weights);
  const infinite = firstInfinite(values);
  if (infinite >= 0) {
    const row = Math.floor(infinite / columns) + 1;
    throw invalid(
      `The ${which} data has ${values[infinite]} in row ${row}, feature ${quoted(featureNames[infinite % columns])}; ` +
        "use a finite number, or NaN for a missing one.",
    );
  }
}

function checkLabels(which: string, labels: Uint8Array): void {
  const strange = labels.findIndex((label) => label !== 0 && label !== 1);
  if (strange >= 0) {
    throw invalid(`The ${which} data has the label ${labels[strange]} in row ${strange + 1}; a label is 0 or 1.`);
  }
  const [first] = labels;
  if (labels.every((label) => label === first)) {
    throw invalid(
      `The ${which} data has one class only: all ${labels.length} labels are ${first}; both 0 and 1 are needed.`,
    );
  }
}

function checkWeights(which: string, weights: Float32Array): void {
  const strange = weights.findIndex((weight) => !(weight >= 0 && weight < Number.POSITIVE_INFINITY));
  if (strange >= 0) {
    throw invalid(
      `The ${which} data has the weight ${weights[strange]} in row ${strange + 1}; a weight is a finite number, 0 or more.`,
    );
  }
  if (weights.every((weight) => weight === 0)) throw invalid(`The ${which} data has only weights of 0.`);
}

/** A plain loop: tables have tens of millions of values, and a callback for each would take seconds. */
function firstInfinite(values: Float32Array): number {
  for (let at = 0; at < values.length; at++) {
    const value = values[at]!;
    // Only infinities give NaN here without being NaN.
    if (value - value !== 0 && !Number.isNaN(value)) return at;
  }
  return -1;
}

/** LightGBM's objectives, as far as prediction needs them: from raw score to answer. Double precision throughout. */

import { refuse } from "./text.ts";

export interface Objective {
  readonly name: string;
  /** True when the answer is a probability of one class. */
  readonly isProbability: boolean;
  /** Turns the raw scores of one row into the answer, in place. */
  readonly apply: (scores: Float64Array) => void;
}

const each =
  (f: (score: number) => number) =>
  (scores: Float64Array): void => {
    for (let i = 0; i < scores.length; i++) scores[i] = f(scores[i]!);
  };

const sigmoidOf = (steepness: number) => each((score) => 1 / (1 + Math.exp(-steepness * score)));

function softmax(scores: Float64Array): void {
  let highest = scores[0]!;
  for (let i = 1; i < scores.length; i++) highest = Math.max(highest, scores[i]!);
  let sum = 0;
  for (let i = 0; i < scores.length; i++) {
    scores[i] = Math.exp(scores[i]! - highest);
    sum += scores[i]!;
  }
  for (let i = 0; i < scores.length; i++) scores[i] = scores[i]! / sum;
}

const same = (): void => {};
const signedSquare = each((score) => Math.sign(score) * score * score);

/** Objectives of one number that is answered as it is. */
const PLAIN = ["huber", "fair", "quantile", "mape", "lambdarank", "rank_xendcg"];
const ROOTED = ["regression", "regression_l2", "regression_l1"];
const EXPONENTIAL = ["poisson", "gamma", "tweedie"];

/** Reads the header's line, `binary sigmoid:1`; `groups` is the number of raw scores a row. */
export function parseObjective(line: string, groups: number): Objective {
  const [name = "", ...settings] = line.split(" ").filter(Boolean);
  const numberOf = (key: string, fallback?: number): number => {
    const setting = settings.find((item) => item.startsWith(`${key}:`));
    const value = setting === undefined ? fallback : Number(setting.slice(key.length + 1));
    if (value === undefined || !Number.isFinite(value) || value <= 0)
      throw refuse(`the objective '${line.slice(0, 60)}' must give a positive ${key}`);
    return value;
  };
  const single = (apply: Objective["apply"], isProbability = false): Objective => {
    if (groups !== 1) throw refuse(`the objective ${name} answers one number, but a round has ${groups} trees`);
    return { name, isProbability, apply };
  };
  const ofClasses = (apply: Objective["apply"]): Objective => {
    if (numberOf("num_class") !== groups)
      throw refuse(`the objective '${line.slice(0, 60)}' does not fit the ${groups} trees of a round`);
    return { name, isProbability: false, apply };
  };
  if (ROOTED.includes(name)) return single(settings.includes("sqrt") ? signedSquare : same);
  if (PLAIN.includes(name)) return single(same);
  if (EXPONENTIAL.includes(name)) return single(each(Math.exp));
  if (name === "binary") return single(sigmoidOf(numberOf("sigmoid")), true);
  if (name === "cross_entropy") return single(sigmoidOf(1), true);
  if (name === "cross_entropy_lambda") return single(each((score) => Math.log1p(Math.exp(score))));
  if (name === "multiclass") return ofClasses(softmax);
  if (name === "multiclassova") return ofClasses(sigmoidOf(numberOf("sigmoid")));
  throw refuse(
    `the objective '${name.slice(0, 40)}' is not known; known are ${[...ROOTED, ...PLAIN, ...EXPONENTIAL, "binary", "cross_entropy", "cross_entropy_lambda", "multiclass", "multiclassova"].join(", ")}`,
  );
}

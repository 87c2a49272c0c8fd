/**
 * XGBoost's objectives, as far as prediction needs them: from stored base score to base margin, from margin to answer.
 * Arithmetic is single precision, step for step as libxgboost does it; exp and log may differ from its C library in
 * the last bit, hence probabilities agree within 3e-8 while margins agree exactly.
 */

import { invalid } from "@esteira/core/errors";

type Link = "identity" | "logit" | "log";
type Answer = "margin" | "sigmoid" | "exp" | "hinge" | "softprob" | "softmax";

interface Objective {
  readonly link: Link;
  readonly answer: Answer;
}

const OBJECTIVES: ReadonlyMap<string, Objective> = new Map<string, Objective>([
  ["reg:squarederror", { link: "identity", answer: "margin" }],
  ["reg:linear", { link: "identity", answer: "margin" }],
  ["reg:squaredlogerror", { link: "identity", answer: "margin" }],
  ["reg:pseudohubererror", { link: "identity", answer: "margin" }],
  ["reg:absoluteerror", { link: "identity", answer: "margin" }],
  ["reg:quantileerror", { link: "identity", answer: "margin" }],
  ["reg:logistic", { link: "logit", answer: "sigmoid" }],
  ["reg:gamma", { link: "log", answer: "exp" }],
  ["reg:tweedie", { link: "log", answer: "exp" }],
  ["count:poisson", { link: "log", answer: "exp" }],
  ["survival:cox", { link: "log", answer: "exp" }],
  ["survival:aft", { link: "log", answer: "exp" }],
  ["binary:logistic", { link: "logit", answer: "sigmoid" }],
  // Its base score is a margin already, as libxgboost 2.1 and 3.2 score it.
  ["binary:logitraw", { link: "identity", answer: "margin" }],
  ["binary:hinge", { link: "identity", answer: "hinge" }],
  ["multi:softprob", { link: "identity", answer: "softprob" }],
  ["multi:softmax", { link: "identity", answer: "softmax" }],
  ["rank:pairwise", { link: "identity", answer: "margin" }],
  ["rank:ndcg", { link: "identity", answer: "margin" }],
  ["rank:map", { link: "identity", answer: "margin" }],
]);

const named = (name: string): Objective => {
  const found = OBJECTIVES.get(name);
  if (found === undefined)
    throw invalid(`The objective '${name}' of the model is not known; known are ${[...OBJECTIVES.keys()].join(", ")}`);
  return found;
};

/** The margin that a stored base score stands for. Throws INVALID_PARAMETER_VALUE when the link does not take it. */
export function toBaseMargin(objective: string, baseScore: number): number {
  const score = Math.fround(baseScore);
  const { link } = named(objective);
  if (link === "identity") return score;
  if (link === "log") {
    if (!(score > 0)) throw invalid(`The base_score ${baseScore} of the model must be positive for ${objective}`);
    return Math.fround(Math.log(score));
  }
  if (!(score > 0 && score < 1))
    throw invalid(`The base_score ${baseScore} of the model must lie between 0 and 1 for ${objective}`);
  return Math.fround(-Math.fround(Math.log(Math.fround(Math.fround(1 / score) - 1))));
}

const EPSILON = Math.fround(1e-16);
const LARGEST = Math.fround(88.7);

/** 1 / (1 + exp(-margin)) in single precision. */
export function sigmoid(margin: number): number {
  const power = Math.fround(Math.exp(Math.min(-margin, LARGEST)));
  return Math.fround(1 / Math.fround(Math.fround(power + 1) + EPSILON));
}

/** Turns the margins of one row into XGBoost's answer, in place. `out` has one slot a group. */
function softmax(out: Float32Array): void {
  let highest = out[0]!;
  for (let i = 1; i < out.length; i++) highest = Math.max(highest, out[i]!);
  let sum = 0;
  for (let i = 0; i < out.length; i++) {
    out[i] = Math.exp(Math.fround(out[i]! - highest));
    sum += out[i]!;
  }
  const total = Math.fround(sum);
  for (let i = 0; i < out.length; i++) out[i] = out[i]! / total;
}

/** What `predict` answers for margins: how many values a row, and how they are made. */
export interface AnswerOf {
  /** True when the margins are log-odds, so that a probability exists. */
  readonly isLogistic: boolean;
  /** True when each margin is answered by itself, so that `apply` takes those of many rows at once. */
  readonly isElementwise: boolean;
  /** Values a row in an answer. */
  width(groups: number): number;
  /** Turns the margins of one row, in `margins`, into the answer; the first `width` slots hold it after. */
  apply(margins: Float32Array): void;
}

export function answerOf(objective: string): AnswerOf {
  const { answer, link } = named(objective);
  const each =
    (f: (margin: number) => number) =>
    (margins: Float32Array): void => {
      for (let i = 0; i < margins.length; i++) margins[i] = f(margins[i]!);
    };
  const apply: Record<Answer, (margins: Float32Array) => void> = {
    margin: () => {},
    sigmoid: each(sigmoid),
    exp: each(Math.exp),
    hinge: each((margin) => (margin > 0 ? 1 : 0)),
    softprob: softmax,
    softmax: (margins) => {
      let best = 0;
      for (let i = 1; i < margins.length; i++) if (margins[i]! > margins[best]!) best = i;
      margins[0] = best;
    },
  };
  return {
    isLogistic: link === "logit" || objective === "binary:logitraw",
    isElementwise: answer !== "softprob" && answer !== "softmax",
    width: (groups) => (answer === "softmax" ? 1 : groups),
    apply: apply[answer],
  };
}

/** Linear models of one margin: LinearSVC, LinearRegression and generalised linear regression. */

import { invalid } from "@esteira/core/errors";
import { asNumber, get } from "../fields.ts";
import { createDot, type Dot, readVector } from "../linalg.ts";
import { hasParam, numberParam, onlyRow, type SavedStage, textParam } from "../saved-stage.ts";
import type { Stage } from "../stage.ts";
import { classification, regression } from "./learner.ts";
import { normalCumulative } from "./normal.ts";

interface Linear {
  readonly size: number;
  readonly dot: Dot;
  readonly intercept: number;
}

async function readLinear(saved: SavedStage): Promise<Linear> {
  const row = await onlyRow(saved);
  const coefficients = readVector(get(row, "coefficients"));
  return {
    size: coefficients.values.length,
    dot: createDot(coefficients),
    intercept: asNumber(get(row, "intercept")),
  };
}

export async function readLinearSvc(saved: SavedStage): Promise<Stage> {
  const { size, dot, intercept } = await readLinear(saved);
  const threshold = numberParam(saved, "threshold");
  return classification(saved, {
    numFeatures: size,
    numClasses: 2,
    raw(numbers, at, to) {
      const margin = dot(numbers, at) + intercept;
      numbers[to] = -margin;
      numbers[to + 1] = margin;
    },
    decide: (numbers, raw) => Number(numbers[raw + 1]! > threshold),
  });
}

export async function readLinearRegression(saved: SavedStage): Promise<Stage> {
  const { size, dot, intercept } = await readLinear(saved);
  return regression(saved, { numFeatures: size, predict: (numbers, at) => dot(numbers, at) + intercept });
}

/** The mean that a link function takes to eta. */
const INVERSE_LINKS: Readonly<Record<string, (eta: number) => number>> = {
  identity: (eta) => eta,
  logit: (eta) => 1 / (1 + Math.exp(-1 * eta)),
  log: Math.exp,
  inverse: (eta) => 1 / eta,
  probit: normalCumulative,
  cloglog: (eta) => 1 - Math.exp(-1 * Math.exp(eta)),
  sqrt: (eta) => eta * eta,
};

const CANONICAL: Readonly<Record<string, string>> = {
  gaussian: "identity",
  binomial: "logit",
  poisson: "log",
  gamma: "inverse",
};

const LEAST = 1e-16;

/** Means beyond what a family allows are put back to its edge. */
const EDGES: Readonly<Record<string, (mean: number) => number>> = {
  gaussian: (mean) => Math.min(Math.max(mean, -Number.MAX_VALUE), Number.MAX_VALUE),
  binomial: (mean) => (mean < LEAST ? LEAST : Math.min(mean, 1 - LEAST)),
  poisson: positive,
  gamma: positive,
  tweedie: positive,
};

function positive(mean: number): number {
  if (mean < LEAST) return LEAST;
  return mean === Number.POSITIVE_INFINITY ? Number.MAX_VALUE : mean;
}

/** A power other than those that have a name of their own. */
function powerLink(power: number): (eta: number) => number {
  if (power === 0) return Math.exp;
  if (power === 1) return (eta) => eta;
  if (power === -1) return (eta) => 1 / eta;
  if (power === 0.5) return (eta) => eta * eta;
  return (eta) => eta ** (1 / power);
}

function inverseLink(saved: SavedStage, family: string): (eta: number) => number {
  if (family === "tweedie") {
    const variance = numberParam(saved, "variancePower");
    return powerLink(hasParam(saved, "linkPower") ? numberParam(saved, "linkPower") : 1 - variance);
  }
  const name = hasParam(saved, "link") ? textParam(saved, "link").toLowerCase() : CANONICAL[family];
  const link = name === undefined ? undefined : INVERSE_LINKS[name];
  if (link === undefined)
    throw invalid(
      `GeneralizedLinearRegressionModel has the family '${family}' and the link '${name}'; known links are ${Object.keys(INVERSE_LINKS).join(", ")}`,
    );
  return link;
}

export async function readGeneralizedLinear(saved: SavedStage): Promise<Stage> {
  const { size, dot, intercept } = await readLinear(saved);
  const family = textParam(saved, "family").toLowerCase();
  const link = inverseLink(saved, family);
  const project = EDGES[family];
  if (project === undefined)
    throw invalid(
      `GeneralizedLinearRegressionModel has the family '${family}'; known are ${Object.keys(EDGES).join(", ")}`,
    );
  if (hasParam(saved, "offsetCol") && textParam(saved, "offsetCol") !== "")
    throw invalid("GeneralizedLinearRegressionModel with offsetCol cannot be scored without Spark");
  const eta = (numbers: Float64Array, at: number): number => dot(numbers, at) + intercept;
  return regression(saved, {
    numFeatures: size,
    predict: (numbers, at) => project(link(eta(numbers, at))),
    others: [{ param: "linkPredictionCol", predict: eta }],
  });
}

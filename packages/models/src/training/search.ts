import { invalid } from "@esteira/core/errors";
import { Random } from "../evaluation/random.ts";
import type { ParamValue } from "./trainer.ts";

/** What a searched parameter may be. Bounds are inclusive. */
export type Dimension =
  | { readonly kind: "choice"; readonly values: readonly ParamValue[] }
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | { readonly kind: "uniform"; readonly min: number; readonly max: number }
  /** Even over orders of magnitude; `min` above 0. */
  | { readonly kind: "log-uniform"; readonly min: number; readonly max: number };

export type SearchSpace = Readonly<Record<string, Dimension>>;

/** Draws of one trial after which a space is taken to have no trial left that was not drawn yet. */
const PATIENCE = 10_000;

/**
 * `count` different trials drawn at random from `space`, fewer when it has fewer. The same space and seed give the same
 * trials, a larger count begins with those of a smaller one, and a dimension's draws do not depend on the others.
 * Real numbers have four significant digits, so that a trial can be written down and repeated.
 * @throws EsteiraError INVALID_PARAMETER_VALUE for an empty space or dimension, or bounds that cannot be.
 */
export function sampleTrials(space: SearchSpace, count: number, seed: number): Record<string, ParamValue>[] {
  const dimensions = Object.entries(space);
  if (dimensions.length === 0) throw invalid("A search space needs at least one dimension.");
  if (!Number.isInteger(count) || count < 0) throw invalid(`A search needs a whole number of trials, not ${count}.`);
  if (!Number.isInteger(seed)) throw invalid(`The seed of a search must be a whole number, not ${seed}.`);
  for (const [name, dimension] of dimensions) checkDimension(name, dimension);

  const streams = dimensions.map(([name]) => new Random(hash(`${seed}:${name}`)));
  const trials: Record<string, ParamValue>[] = [];
  const seen = new Set<string>();
  for (let misses = 0; trials.length < count && misses < PATIENCE; ) {
    const drawn = dimensions.map(([name, dimension], at) => [name, draw(dimension, streams[at]!)] as const);
    const key = JSON.stringify(drawn.map(([, value]) => value));
    if (seen.has(key)) {
      misses++;
      continue;
    }
    seen.add(key);
    misses = 0;
    trials.push(Object.fromEntries(drawn));
  }
  return trials;
}

function checkDimension(name: string, dimension: Dimension): void {
  const fail = (what: string): never => {
    throw invalid(`The search dimension ${name} ${what}.`);
  };
  if (dimension.kind === "choice") {
    if (dimension.values.length === 0) fail("has no values to choose from");
    return;
  }
  const { min, max } = dimension;
  if (!Number.isFinite(min) || !Number.isFinite(max) || min > max) fail(`needs min <= max, not ${min} and ${max}`);
  if (dimension.kind === "log-uniform" && min <= 0) fail(`needs a min above 0, not ${min}`);
  if (dimension.kind === "integer" && !(Number.isInteger(min) && Number.isInteger(max))) {
    fail(`needs whole bounds, not ${min} and ${max}`);
  }
}

function draw(dimension: Dimension, random: Random): ParamValue {
  switch (dimension.kind) {
    case "choice":
      return dimension.values[random.below(dimension.values.length)]!;
    case "integer":
      return dimension.min + random.below(dimension.max - dimension.min + 1);
    case "uniform":
      return rounded(dimension.min + unit(random) * (dimension.max - dimension.min), dimension);
    case "log-uniform": {
      const low = Math.log(dimension.min);
      return rounded(Math.exp(low + unit(random) * (Math.log(dimension.max) - low)), dimension);
    }
  }
}

const unit = (random: Random): number => random.next32() / 2 ** 32;

const rounded = (value: number, { min, max }: { readonly min: number; readonly max: number }): number =>
  Math.min(max, Math.max(min, Number(value.toPrecision(4))));

/** FNV-1a over UTF-16 units. */
function hash(text: string): number {
  let state = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) state = Math.imul(state ^ text.charCodeAt(at), 0x01000193);
  return state >>> 0;
}

import { invalid } from "@esteira/core/errors";
import { randomOf } from "./random.ts";
import { type Assignment, type Space, valueAt } from "./space.ts";
import { suggestByTpe } from "./tpe.ts";

export const METHODS = ["tpe", "random", "grid"] as const;
export type Method = (typeof METHODS)[number];

/** A trial as a sampler sees it; without a loss it is still at work, or gave none. Less is better. */
export interface Seen {
  readonly assignment: Assignment;
  readonly loss: number | undefined;
}

/** What a trial tries, by its number from 0; undefined when there is nothing more to try. */
export type Sampler = (trial: number, seen: readonly Seen[]) => Assignment | undefined;

export function samplerOf(method: Method, space: Space, seed: number): Sampler {
  if (method === "grid") return gridOf(space);
  if (method === "random") return (trial) => suggestAtRandom(space, seed, trial);
  return (trial, seen) => suggestByTpe(space, seen, seed, trial) ?? suggestAtRandom(space, seed, trial);
}

function suggestAtRandom(space: Space, seed: number, trial: number): Assignment {
  const random = randomOf(seed, trial);
  return new Map([...space].map(([name, distribution]) => [name, valueAt(distribution, random())]));
}

const MOST_POINTS = 100_000;

/** Every combination, the last parameter changing fastest. */
function gridOf(space: Space): Sampler {
  const axes = [...space].map(([name, distribution]): readonly [string, readonly string[]] => {
    if (distribution.kind === "choice") return [name, distribution.values];
    const { kind, low, high } = distribution;
    if (kind === "int" && high - low < MOST_POINTS)
      return [name, Array.from({ length: high - low + 1 }, (_, at) => String(low + at))];
    throw invalid(`A grid takes choices and whole numbers: give '${name}' as choice(...) or int(LOW, HIGH).`);
  });
  const size = axes.reduce((product, [, values]) => product * values.length, 1);
  if (size > MOST_POINTS)
    throw invalid(`The grid has ${size} points, more than ${MOST_POINTS}: search it with --method tpe.`);
  return (trial) => {
    if (trial >= size) return undefined;
    let rest = trial;
    const chosen = axes.toReversed().map(([name, values]): readonly [string, string] => {
      const value = values[rest % values.length] ?? "";
      rest = Math.floor(rest / values.length);
      return [name, value];
    });
    return new Map(chosen.reverse());
  };
}

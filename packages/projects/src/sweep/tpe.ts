import { normalOf, type Random, randomOf } from "./random.ts";
import type { Seen } from "./sampler.ts";
import { type Assignment, type Distribution, placeOf, type Space, valueAt } from "./space.ts";

/** Trials at random before the estimator is asked. */
const STARTUP = 10;
/** The part of the trials that counts as good. */
const GOOD = 0.15;
const CANDIDATES = 24;

/**
 * The Tree-structured Parzen Estimator of Bergstra, Bardenet, Bengio and Kégl, "Algorithms for Hyper-Parameter Optimization" (NIPS 2011),
 * section 4: of the trials so far the best 15 % give a density l and the others g, each parameter by itself; of candidates drawn from l
 * the one with the greatest l/g is tried, which maximises the expected improvement. A density of numbers is a mixture of normal
 * distributions at the values that were tried, each as wide as the farther of its neighbours is away, and one over the whole range;
 * of choices it is their counts. Trials still at work count among the others, so that several at a time try different things. No library
 * for Node that is still kept has it.
 *
 * @returns undefined while there are too few trials with a result.
 */
export function suggestByTpe(space: Space, seen: readonly Seen[], seed: number, trial: number): Assignment | undefined {
  const done = seen.flatMap(({ assignment, loss }) => (loss === undefined ? [] : [{ assignment, loss }]));
  if (done.length < STARTUP) return undefined;
  done.sort((a, b) => a.loss - b.loss);
  const size = Math.ceil(GOOD * done.length);
  const good = done.slice(0, size).map(({ assignment }) => assignment);
  const pending = seen.flatMap(({ assignment, loss }) => (loss === undefined ? [assignment] : []));
  const others = [...done.slice(size).map(({ assignment }) => assignment), ...pending];
  const random = randomOf(seed, trial);
  return new Map(
    [...space].map(([name, distribution]) => {
      const placesIn = (list: readonly Assignment[]) =>
        list.flatMap((assignment) => {
          const place = placeOf(distribution, assignment.get(name) ?? "");
          return place === undefined ? [] : [place];
        });
      const [likely, unlikely] = [densityOf(distribution, placesIn(good)), densityOf(distribution, placesIn(others))];
      let best = { place: 0.5, ratio: Number.NEGATIVE_INFINITY };
      for (let at = 0; at < CANDIDATES; at++) {
        const place = likely.draw(random);
        const ratio = Math.log(likely.at(place)) - Math.log(unlikely.at(place));
        if (ratio > best.ratio) best = { place, ratio };
      }
      return [name, valueAt(distribution, best.place)];
    }),
  );
}

/** Of places from 0 to 1. */
interface Density {
  at(place: number): number;
  draw(random: Random): number;
}

const densityOf = (distribution: Distribution, places: readonly number[]): Density =>
  distribution.kind === "choice" ? ofChoices(distribution.values.length, places) : ofNumbers(places);

/** Each choice has been there once before, as far as the density knows. */
function ofChoices(count: number, places: readonly number[]): Density {
  const counts = new Array<number>(count).fill(1);
  const choiceAt = (place: number) => Math.min(count - 1, Math.floor(place * count));
  for (const place of places) counts[choiceAt(place)] = (counts[choiceAt(place)] ?? 0) + 1;
  const total = places.length + count;
  return {
    at: (place) => (counts[choiceAt(place)] ?? 0) / total,
    draw: (random) => {
      let rest = random() * total;
      const found = counts.findIndex((one) => {
        rest -= one;
        return rest < 0;
      });
      return ((found < 0 ? count - 1 : found) + 0.5) / count;
    },
  };
}

function ofNumbers(places: readonly number[]): Density {
  const sorted = [...places].sort((a, b) => a - b);
  const narrowest = 1 / Math.min(100, sorted.length + 2);
  const normals = sorted.map((mean, at) => {
    const [left, right] = [mean - (sorted[at - 1] ?? 0), (sorted[at + 1] ?? 1) - mean];
    return { mean, width: Math.min(1, Math.max(narrowest, left, right)) };
  });
  normals.push({ mean: 0.5, width: 1 });
  // What lies outside of the range is not drawn: the rest of the curve weighs as much more.
  const weights = normals.map(({ mean, width }) => 1 / (cumulative((1 - mean) / width) - cumulative(-mean / width)));
  return {
    at: (place) =>
      normals.reduce((sum, { mean, width }, at) => {
        const distance = (place - mean) / width;
        return sum + ((weights[at] ?? 0) * Math.exp(-0.5 * distance * distance)) / (width * Math.sqrt(2 * Math.PI));
      }, 0) / normals.length,
    draw: (random) => {
      const { mean, width } = normals[Math.floor(random() * normals.length)] ?? { mean: 0.5, width: 1 };
      for (;;) {
        const place = mean + width * normalOf(random);
        if (place >= 0 && place <= 1) return place;
      }
    },
  };
}

/** Of the standard normal distribution, to 1e-7: Abramowitz and Stegun, formula 7.1.26. */
function cumulative(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const series = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const error = 1 - series * Math.exp(-z * z);
  return x < 0 ? (1 - error) / 2 : (1 + error) / 2;
}

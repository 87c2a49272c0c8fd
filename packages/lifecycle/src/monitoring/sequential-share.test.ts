import { Random } from "@esteira/models/evaluation/random";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { type Counted, differenceSequence, shareSequence } from "./sequential-share.ts";

/** Of so many streams, the share in which the interval ever lets the truth go, when it is looked at after every trial. */
function everWrong(streams: number, trials: number, share: number, alpha: number): number {
  const random = new Random(7);
  let wrong = 0;
  for (let stream = 0; stream < streams; stream++) {
    let hits = 0;
    for (let trial = 1; trial <= trials; trial++) {
      if (random.next32() / 2 ** 32 < share) hits++;
      const { low, high } = shareSequence({ hits, trials: trial }, alpha);
      if (low <= share && share <= high) continue;
      wrong++;
      break;
    }
  }
  return wrong / streams;
}

/** After how many trials of each the second's excess is beyond doubt; the most that were tried where it never was. */
function trialsToSee(seed: number, first: number, second: number, most: number): number {
  const random = new Random(seed);
  let [one, other]: Counted[] = [
    { hits: 0, trials: 0 },
    { hits: 0, trials: 0 },
  ];
  for (let trial = 1; trial <= most; trial++) {
    const draw = (share: number) => (random.next32() / 2 ** 32 < share ? 1 : 0);
    one = { hits: one!.hits + draw(first), trials: trial };
    other = { hits: other!.hits + draw(second), trials: trial };
    if (differenceSequence(other, one, 0.05).low > 0) return trial;
  }
  return most;
}

describe("a share that is looked at all the time", () => {
  it.each([0.002, 0.05, 0.5])("is in its interval at all times at once in 95 of 100 streams (share %d)", (share) => {
    // Of 200 streams at 5 %, more than 20 are wrong less than once in 500 times; the seed is fixed.
    expect(everWrong(200, 1000, share, 0.05)).toBeLessThanOrEqual(0.1);
  });

  it("would be lost far more often by an interval that is meant for one look", () => {
    // The same streams and looks, by plain 95 % bounds: what the sequence is for.
    const random = new Random(7);
    let wrong = 0;
    for (let stream = 0; stream < 200; stream++) {
      let hits = 0;
      for (let trial = 1; trial <= 2000; trial++) {
        if (random.next32() / 2 ** 32 < 0.5) hits++;
        if (trial < 20 || Math.abs(hits / trial - 0.5) <= 1.96 * Math.sqrt(0.25 / trial)) continue;
        wrong++;
        break;
      }
    }
    expect(wrong / 200).toBeGreaterThan(0.3);
  });

  it("lies within [0, 1], holds the sample's share, and narrows as the same share goes on", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 300 }), (hits, misses) => {
        const trials = hits + misses;
        const { low, high } = shareSequence({ hits, trials }, 0.05);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(high).toBeLessThanOrEqual(1);
        if (trials === 0) return;
        expect(low).toBeLessThanOrEqual(hits / trials);
        expect(high).toBeGreaterThanOrEqual(hits / trials);
        const longer = shareSequence({ hits: 10 * hits, trials: 10 * trials }, 0.05);
        expect(longer.high - longer.low).toBeLessThan(high - low);
        const surer = shareSequence({ hits, trials }, 0.01);
        expect(surer.low).toBeLessThanOrEqual(low);
        expect(surer.high).toBeGreaterThanOrEqual(high);
      }),
    );
  });
});

describe("the difference of two shares", () => {
  it("is seen soon where it is large, and not where there is none", () => {
    const tried = (first: number, second: number, most: number) =>
      Array.from({ length: 20 }, (_, seed) => trialsToSee(seed + 1, first, second, most)).sort((a, b) => a - b);
    const [large, none] = [tried(0.01, 0.1, 2000), tried(0.05, 0.05, 1000)];
    expect(large[10]).toBeLessThan(400);
    expect(large.at(-1)).toBeLessThan(2000);
    expect(none.filter((trials) => trials < 1000).length).toBeLessThanOrEqual(3);
  });

  it("of nothing is anything", () => {
    expect(differenceSequence({ hits: 0, trials: 0 }, { hits: 0, trials: 0 }, 0.05)).toEqual({ low: -1, high: 1 });
  });
});

import fc from "fast-check";
import { expect, it } from "vitest";
import type { TreeEnsemble } from "./ensemble.ts";
import { walkPacked } from "./walk-packed.ts";
import { walkPlain } from "./walk-plain.ts";

const FEATURES = 3;

interface Split {
  readonly feature: number;
  readonly threshold: number;
  readonly defaultLeft: number;
  /** Whether the next split hangs on the left side; the other side is a leaf. */
  readonly isLeft: boolean;
}

/** An ensemble of trees that are chains: as deep as they have splits. */
function chains(trees: readonly (readonly Split[])[], groups: number): TreeEnsemble {
  const [treeStart, treeDepth, feature, child, value, defaultLeft] = [[0], [], [], [], [], []] as number[][];
  trees.forEach((splits, tree) => {
    const start = treeStart!.at(-1)!;
    const size = 2 * splits.length + 1;
    const leaf = (node: number) => Math.fround((tree + 1) * 0.37 - node * 0.11);
    const [features, children, values, defaults] = [-1, 0, 0, 0].map((fill) => new Array<number>(size).fill(fill));
    for (let node = 0; node < size; node++) values![node] = leaf(node);
    let at = 0;
    splits.forEach((split, i) => {
      features![at] = split.feature;
      values![at] = Math.fround(split.threshold);
      defaults![at] = split.defaultLeft;
      children![at] = start + 2 * i + 1;
      at = 2 * i + (split.isLeft ? 1 : 2);
    });
    feature!.push(...features!);
    child!.push(...children!);
    value!.push(...values!);
    defaultLeft!.push(...defaults!);
    treeStart!.push(start + size);
    treeDepth!.push(splits.length);
  });
  return {
    objective: "reg:squarederror",
    writtenBy: "3.2.0",
    ...{ featureNames: [], featureTypes: [], attributes: {}, treeWeight: undefined, categories: new Map() },
    ...{ numFeatures: FEATURES, groups, treeCount: trees.length },
    baseMargin: Float32Array.from({ length: groups }, (_, group) => group - 0.5),
    treeStart: Int32Array.from(treeStart!),
    treeGroup: Int32Array.from(trees, (_, tree) => tree % groups),
    treeDepth: Int32Array.from(treeDepth!),
    roundStart: Int32Array.of(0, trees.length),
    feature: Int32Array.from(feature!),
    child: Int32Array.from(child!),
    value: Float32Array.from(value!),
    defaultLeft: Uint8Array.from(defaultLeft!),
    cover: new Float32Array(feature!.length),
    originalId: new Int32Array(feature!.length),
  };
}

const number = fc.constantFrom(-2, -0.5, -0, 0, 0.5, 2, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY);
const split = fc.record({
  feature: fc.nat(FEATURES - 1),
  threshold: fc.constantFrom(-1, -0.5, 0, 0.5, 1),
  defaultLeft: fc.nat(1),
  isLeft: fc.boolean(),
});

it("sums what the plain walk sums, however deep and however many trees and rows", () => {
  fc.assert(
    fc.property(
      fc.array(fc.array(split, { maxLength: 40, size: "max" }), { maxLength: 20 }),
      fc.integer({ min: 1, max: 3 }),
      fc.array(fc.tuple(number, number, number), { minLength: 1, maxLength: 140, size: "max" }),
      (trees, groups, rows) => {
        const ensemble = chains(trees, groups);
        const matrix = Float32Array.from(rows.flat());
        const [fast, plain] = [walkPacked(ensemble), walkPlain(ensemble)].map((walk) => {
          const out = new Float32Array(rows.length * groups);
          walk(matrix, rows.length, out);
          const first = new Float32Array(groups);
          walk(matrix, 1, first);
          return { out, first };
        });
        expect(fast).toEqual(plain);
      },
    ),
    { numRuns: 60 },
  );
});

/** The ways from root to leaf of an ensemble, laid out flat once so that explaining a row needs no search. */

import type { TreeStructure } from "./ensemble.ts";

/**
 * Whether a row passes is asked once a row, in slots: slot 2n+1 is "goes left at node n", slot 2n "goes right at n",
 * and further slots join two earlier ones, for a feature that a path meets more than once.
 */
export interface Paths {
  /** Of each leaf: what it adds, group, and where its elements begin (one more entry at the end). */
  readonly value: Float64Array;
  readonly group: Int32Array;
  readonly elementStart: Int32Array;
  /** Of each element, one a distinct feature of the path: the feature, the slot that says whether the row passes. */
  readonly feature: Int32Array;
  readonly slot: Int32Array;
  /** And the share of the training cover that passes when the feature is unknown. */
  readonly share: Float64Array;
  /** Slots that join: slot 2 * nodes + k holds when both joinA[k] and joinB[k] hold. */
  readonly joinA: Int32Array;
  readonly joinB: Int32Array;
  /** The most elements on one path. */
  readonly longest: number;
}

/** A side that no training row took passes next to nothing; not zero, which could not be divided out. */
const SMALLEST_SHARE = 1e-30;

interface Element {
  readonly feature: number;
  readonly share: number;
  readonly slot: number;
}

/** `leafValue` says what a leaf of a tree adds. */
export function layOutPaths(ensemble: TreeStructure, leafValue: (node: number, tree: number) => number): Paths {
  const nodes = ensemble.treeStart[ensemble.treeCount]!;
  const value: number[] = [];
  const group: number[] = [];
  const elementStart = [0];
  const feature: number[] = [];
  const slot: number[] = [];
  const share: number[] = [];
  const joinA: number[] = [];
  const joinB: number[] = [];
  let longest = 0;

  /** The path with one more split: a new element, or one joined to that of the same feature. */
  const extend = (path: readonly Element[], node: number, left: boolean): readonly Element[] => {
    const side = ensemble.child[node]! + (left ? 0 : 1);
    const whole = ensemble.cover[node]!;
    const added = {
      feature: ensemble.feature[node]!,
      share: Math.max(whole > 0 ? ensemble.cover[side]! / whole : 0, SMALLEST_SHARE),
      slot: 2 * node + (left ? 1 : 0),
    };
    const at = path.findIndex((element) => element.feature === added.feature);
    if (at < 0) return [...path, added];
    joinA.push(path[at]!.slot);
    joinB.push(added.slot);
    const joined = {
      feature: added.feature,
      share: Math.max(path[at]!.share * added.share, SMALLEST_SHARE),
      slot: 2 * nodes + joinA.length - 1,
    };
    return path.with(at, joined);
  };

  for (let tree = 0; tree < ensemble.treeCount; tree++) {
    const waiting: { node: number; path: readonly Element[] }[] = [{ node: ensemble.treeStart[tree]!, path: [] }];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      const { node, path } = next;
      if (ensemble.feature[node]! >= 0) {
        const child = ensemble.child[node]!;
        waiting.push({ node: child + 1, path: extend(path, node, false) });
        waiting.push({ node: child, path: extend(path, node, true) });
        continue;
      }
      for (const element of path) {
        feature.push(element.feature);
        slot.push(element.slot);
        share.push(element.share);
      }
      longest = Math.max(longest, path.length);
      value.push(leafValue(node, tree));
      group.push(ensemble.treeGroup[tree]!);
      elementStart.push(feature.length);
    }
  }
  return {
    value: Float64Array.from(value),
    group: Int32Array.from(group),
    elementStart: Int32Array.from(elementStart),
    feature: Int32Array.from(feature),
    slot: Int32Array.from(slot),
    share: Float64Array.from(share),
    joinA: Int32Array.from(joinA),
    joinB: Int32Array.from(joinB),
    longest,
  };
}

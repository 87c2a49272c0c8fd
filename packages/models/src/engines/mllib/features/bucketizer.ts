/** Bucketizer, which is also what a QuantileDiscretizer is once fitted: a number into the bucket between two splits. */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import { asList, asNumbers } from "../fields.ts";
import { choiceParam, columnPairs, hasParam, type SavedStage } from "../saved-stage.ts";
import type { Stage, Step } from "../stage.ts";

export function readBucketizer(saved: SavedStage): Stage {
  const { inputs, outputs } = columnPairs(saved);
  const all = hasParam(saved, "splitsArray")
    ? asList(saved.param("splitsArray")).map(asNumbers)
    : [asNumbers(saved.param("splits"))];
  if (all.length !== inputs.length || all.some((splits) => splits.length < 3))
    throw invalid(`Bucketizer must have three splits or more for each of its ${inputs.length} columns`);
  const handling = choiceParam(saved, "handleInvalid", ["error", "skip", "keep"]);
  return {
    output: outputs.at(-1),
    layOut: (layout) =>
      inputs.map((name, i): Step => {
        const splits = all[i]!;
        const last = splits.length - 1;
        const from = layout.numberColumn(name);
        const to = layout.number(outputs[i]!, "double", { name: outputs[i]!, categories: last });
        return {
          reads: [from],
          writes: [to],
          filters: handling === "skip",
          run({ numbers, nulls }) {
            const value = numbers[from.at]!;
            const isNull = nulls[from.at] === 1;
            nulls[to.at] = nulls[from.at]!;
            if (handling === "skip" && (isNull || Number.isNaN(value))) return false;
            if (isNull) return true;
            numbers[to.at] = Number.isNaN(value) ? forNaN(name, last, handling) : bucketOf(splits, value, name);
            return true;
          },
        };
      }),
  };
}

function forNaN(name: string, last: number, handling: string): number {
  if (handling === "keep") return last;
  throw badRequest(`Column '${name}' is NaN, which its Bucketizer refuses (handleInvalid=${handling})`);
}

/** Buckets hold their lower split, and the last one its upper split too. */
function bucketOf(splits: Float64Array, value: number, name: string): number {
  const last = splits.length - 1;
  if (value === splits[last]) return last - 1;
  if (!(isAtMost(splits[0]!, value) && value < splits[last]!))
    throw badRequest(`Column '${name}' holds ${value}, outside of its Bucketizer's ${splits[0]} to ${splits[last]}`);
  let low = 0;
  let high = last;
  while (high - low > 1) {
    const middle = (low + high) >>> 1;
    if (isAtMost(splits[middle]!, value)) low = middle;
    else high = middle;
  }
  return low;
}

/** In Java's order of doubles, where -0 comes before 0. */
const isAtMost = (a: number, b: number): boolean =>
  a < b || (a === b && !(a === 0 && Object.is(b, -0) && !Object.is(a, -0)));

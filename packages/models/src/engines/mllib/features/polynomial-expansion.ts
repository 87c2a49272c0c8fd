/** PolynomialExpansion: all products of up to `degree` elements, in MLlib's order: x, x^2, y, x y, y^2 ... */

import { invalid } from "@esteira/core/errors";
import { badRequest } from "../../../format/cells.ts";
import { asCount } from "../fields.ts";
import { outputParam, type SavedStage, textParam } from "../saved-stage.ts";
import { always, type Stage } from "../stage.ts";

interface Expansion {
  /** Of each product the one it extends, -1 for none, and the element it is extended by. */
  readonly parent: Int32Array;
  readonly element: Int32Array;
}

const MAX_PRODUCTS = 1_000_000;

/** Exponents of all products in order: those of the last element grow slowest. */
function* exponents(size: number, degree: number): Generator<readonly number[]> {
  if (size === 0) yield [];
  else
    for (let last = 0; last <= degree; last++)
      for (const before of exponents(size - 1, degree - last)) yield [...before, last];
}

function expand(size: number, degree: number): Expansion {
  const places = new Map<string, number>();
  const parent: number[] = [];
  const element: number[] = [];
  for (const powers of exponents(size, degree)) {
    // The product of nothing is left out.
    const first = powers.findIndex((power) => power > 0);
    if (first < 0) continue;
    if (parent.length >= MAX_PRODUCTS)
      throw invalid(
        `PolynomialExpansion of ${size} elements to degree ${degree} has more than ${MAX_PRODUCTS} products`,
      );
    places.set(powers.join(), parent.length);
    // Factors are multiplied from the last element to the first, so the first one came last.
    const shorter = powers.with(first, powers[first]! - 1);
    parent.push(places.get(shorter.join()) ?? -1);
    element.push(first);
  }
  return { parent: Int32Array.from(parent), element: Int32Array.from(element) };
}

export function readPolynomialExpansion(saved: SavedStage): Stage {
  const input = textParam(saved, "inputCol");
  const output = outputParam(saved);
  const degree = asCount(saved.param("degree"), 100);
  return {
    output,
    layOut(layout) {
      const from = layout.vectorColumn(input);
      const { parent, element } = expand(from.size, degree);
      // A product may extend one that stands behind it in the output; shorter ones are made first.
      const order = orderOf(parent);
      const to = layout.vector(output, parent.length);
      return [
        always([from], [to], ({ numbers, nulls }) => {
          if (nulls[from.at] === 1) throw badRequest(`Column '${input}' is null, which PolynomialExpansion refuses`);
          for (const k of order) {
            const before = parent[k]! < 0 ? 1 : numbers[to.at + parent[k]!]!;
            // What is 0 stays 0, even times infinity.
            numbers[to.at + k] = before === 0 ? 0 : before * numbers[from.at + element[k]!]!;
          }
          nulls[to.at] = 0;
        }),
      ];
    },
  };
}

function orderOf(parent: Int32Array): Int32Array {
  const depth = new Int32Array(parent.length).fill(-1);
  const depthOf = (k: number): number => {
    if (k < 0) return -1;
    if (depth[k]! < 0) depth[k] = depthOf(parent[k]!) + 1;
    return depth[k]!;
  };
  return Int32Array.from(parent.keys()).sort((a, b) => depthOf(a) - depthOf(b) || a - b);
}

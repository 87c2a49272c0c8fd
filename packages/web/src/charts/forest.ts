/** A column of a table of examples: numbers, or codes of categories from 0. */
export interface Feature {
  readonly values: Float64Array;
  readonly isCategory: boolean;
}

type Node =
  | { readonly kind: "leaf"; readonly value: number }
  | {
      readonly kind: "split";
      readonly feature: number;
      /** Numbers up to here go left. */
      readonly threshold: number;
      /** Categories that go left; undefined for numbers. */
      readonly left: ReadonlySet<number> | undefined;
      readonly below: Node;
      readonly above: Node;
    };

/** A regression tree, and the examples that it has not seen. */
export interface Tree {
  readonly root: Node;
  readonly unseen: readonly number[];
}

const LEAST_LEAF = 2;
const DEEPEST = 16;

/**
 * A tree of a random forest (Breiman 2001): grown on as many examples as there are, drawn with replacement, looking at a third
 * of the features at each split. Categories are ordered by their mean target in the node, which finds the best split of them.
 */
export function growTree(features: readonly Feature[], target: Float64Array, random: () => number): Tree {
  const rows = target.length;
  const drawn = Array.from({ length: rows }, () => Math.floor(random() * rows));
  const seen = new Set(drawn);
  const unseen = Array.from({ length: rows }, (_, row) => row).filter((row) => !seen.has(row));
  return { root: grow(features, target, drawn, 0, random), unseen };
}

function grow(
  features: readonly Feature[],
  target: Float64Array,
  rows: readonly number[],
  depth: number,
  random: () => number,
): Node {
  const sum = rows.reduce((total, row) => total + target[row]!, 0);
  const leaf: Node = { kind: "leaf", value: sum / rows.length };
  if (rows.length < 2 * LEAST_LEAF || depth >= DEEPEST) return leaf;
  let best: { gain: number; feature: number; order: readonly number[]; cut: number } | undefined;
  for (const feature of someOf(features.length, Math.ceil(features.length / 3), random)) {
    const order = orderOf(features[feature]!, target, rows);
    const found = bestCut(features[feature]!, target, order, sum);
    if (found !== undefined && found.gain > (best?.gain ?? 1e-12)) best = { ...found, feature, order };
  }
  if (best === undefined) return leaf;
  const { values, isCategory } = features[best.feature]!;
  const [below, above] = [best.order.slice(0, best.cut), best.order.slice(best.cut)];
  return {
    kind: "split",
    feature: best.feature,
    threshold: (values[below[below.length - 1]!]! + values[above[0]!]!) / 2,
    left: isCategory ? new Set(below.map((row) => values[row]!)) : undefined,
    below: grow(features, target, below, depth + 1, random),
    above: grow(features, target, above, depth + 1, random),
  };
}

/** Rows by their value; by the mean target of their category where values are categories. */
function orderOf({ values, isCategory }: Feature, target: Float64Array, rows: readonly number[]): readonly number[] {
  if (!isCategory) return [...rows].sort((a, b) => values[a]! - values[b]!);
  const sums = new Map<number, { sum: number; count: number }>();
  for (const row of rows) {
    const known = sums.get(values[row]!) ?? { sum: 0, count: 0 };
    sums.set(values[row]!, { sum: known.sum + target[row]!, count: known.count + 1 });
  }
  const meanOf = (row: number) => sums.get(values[row]!)!.sum / sums.get(values[row]!)!.count;
  return [...rows].sort((a, b) => meanOf(a) - meanOf(b) || values[a]! - values[b]!);
}

/** The cut that lowers the squared error most. */
function bestCut({ values }: Feature, target: Float64Array, order: readonly number[], sum: number) {
  let left = 0;
  let best: { gain: number; cut: number } | undefined;
  const whole = (sum * sum) / order.length;
  for (let cut = 1; cut < order.length; cut++) {
    left += target[order[cut - 1]!]!;
    if (cut < LEAST_LEAF || order.length - cut < LEAST_LEAF) continue;
    if (values[order[cut - 1]!] === values[order[cut]!]) continue;
    const gain = (left * left) / cut + (sum - left) ** 2 / (order.length - cut) - whole;
    if (best === undefined || gain > best.gain) best = { gain, cut };
  }
  return best;
}

function someOf(all: number, some: number, random: () => number): readonly number[] {
  const left = Array.from({ length: all }, (_, at) => at);
  return Array.from({ length: Math.max(1, some) }, () => left.splice(Math.floor(random() * left.length), 1)[0]!);
}

/** What a tree says of a row; `swapped` reads one feature from another row. */
export function predict(
  tree: Tree,
  features: readonly Feature[],
  row: number,
  swapped?: { readonly feature: number; readonly row: number },
): number {
  let node = tree.root;
  while (node.kind === "split") {
    const at = swapped?.feature === node.feature ? swapped.row : row;
    const value = features[node.feature]!.values[at]!;
    const goesLeft = node.left === undefined ? value <= node.threshold : node.left.has(value);
    node = goesLeft ? node.below : node.above;
  }
  return node.value;
}

export function shuffled(items: readonly number[], random: () => number): readonly number[] {
  const result = [...items];
  for (let at = result.length - 1; at > 0; at--) {
    const other = Math.floor(random() * (at + 1));
    [result[at], result[other]] = [result[other]!, result[at]!];
  }
  return result;
}

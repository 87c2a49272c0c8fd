/** Nodes of one tree brought into breadth-first order with siblings side by side, whatever order a file has them in. */

export interface Layout {
  /** The file's number of the node at each place; the root is the first. */
  readonly order: Int32Array;
  /** Place of the left child (the right one follows); 0 in a leaf. */
  readonly child: Int32Array;
  /** Longest way from the root, in edges. */
  readonly depth: number;
}

/**
 * Lays out the nodes that the root reaches. `left` and `right` have the number of each node's children, both -1 in a leaf.
 * Throws what `refuse` makes of a link that leaves the tree or meets a node twice, and of a node with one child.
 */
export function layOutTree(
  root: number,
  left: ArrayLike<number>,
  right: ArrayLike<number>,
  refuse: (problem: string) => Error,
): Layout {
  const size = left.length;
  const seen = new Uint8Array(size);
  const order = new Int32Array(size);
  const child = new Int32Array(size);
  const level = new Int32Array(size);
  let filled = 0;
  const enqueue = (node: number, depth: number): void => {
    if (!Number.isInteger(node) || node < 0 || node >= size) throw refuse(`links to node ${node}, which is not there`);
    if (seen[node] === 1) throw refuse(`is not a tree: node ${node} is linked twice`);
    seen[node] = 1;
    order[filled] = node;
    level[filled] = depth;
    filled++;
  };
  enqueue(root, 0);
  for (let at = 0; at < filled; at++) {
    const node = order[at]!;
    const [l, r] = [left[node]!, right[node]!];
    if (l === -1 && r === -1) continue;
    if (l === -1 || r === -1) throw refuse(`has node ${node} with one child`);
    child[at] = filled;
    enqueue(l, level[at]! + 1);
    enqueue(r, level[at]! + 1);
  }
  return { order: order.subarray(0, filled), child: child.subarray(0, filled), depth: level[filled - 1]! };
}

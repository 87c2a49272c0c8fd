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
 * Lays out the nodes that the root reaches, out of `size`. `childrenOf` gives the numbers of both children, undefined
 * for a leaf. Throws what `refuse` makes of a link that leaves the tree or meets a node twice.
 */
export function layOutTree(
  size: number,
  root: number,
  childrenOf: (node: number) => readonly [number, number] | undefined,
  refuse: (problem: string) => Error,
): Layout {
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
    const children = childrenOf(order[at]!);
    if (children === undefined) continue;
    child[at] = filled;
    enqueue(children[0], level[at]! + 1);
    enqueue(children[1], level[at]! + 1);
  }
  return { order: order.subarray(0, filled), child: child.subarray(0, filled), depth: level[filled - 1]! };
}

import * as crypto from "node:crypto";

/**
 * Merkle trees as RFC 9162 (and RFC 6962 before it) hashes them: SHA-256, a zero before what a leaf holds and a one before
 * the two hashes of an inner node. All hashes are 64 hexadecimal digits.
 */
export const EMPTY_ROOT = crypto.hash("sha256", "");

/** The hash of an entry, from its canonical JSON. It links the chain, and it is the entry's leaf in the tree. */
export const entryHash = (canonical: string): string => crypto.hash("sha256", `\0${canonical}`);

/** `sha256:` and the digest of a text. */
export const digestOf = (text: string): string => `sha256:${crypto.hash("sha256", text)}`;

const node = Buffer.alloc(65, 1);

function parent(left: string, right: string): string {
  node.write(left, 1, "hex");
  node.write(right, 33, "hex");
  return crypto.hash("sha256", node);
}

/** A tree that grows by leaves and keeps only the roots of its full subtrees, largest first: 20 for a million leaves. */
export class MerkleTree {
  readonly #peaks: string[];
  #size: number;

  constructor(size = 0, peaks: readonly string[] = []) {
    if (peaks.length !== ones(size))
      throw new TypeError(`A tree of ${size} leaves has ${ones(size)} peaks, not ${peaks.length}.`);
    this.#size = size;
    this.#peaks = [...peaks];
  }

  get size(): number {
    return this.#size;
  }

  get peaks(): readonly string[] {
    return this.#peaks;
  }

  add(leaf: string): void {
    this.#grow(leaf, 1);
  }

  /** @param root of the tree over these leaves, where it is known: a subtree of this one, if there are as many leaves as it takes. */
  addAll(leaves: readonly string[], root?: string): void {
    const isSubtree = ones(leaves.length) === 1 && this.#size % leaves.length === 0;
    if (root !== undefined && isSubtree) this.#grow(root, leaves.length);
    else for (const leaf of leaves) this.add(leaf);
  }

  #grow(root: string, leaves: number): void {
    let hash = root;
    for (let rest = this.#size / leaves; rest % 2 === 1; rest = (rest - 1) / 2)
      hash = parent(this.#peaks.pop() ?? "", hash);
    this.#peaks.push(hash);
    this.#size += leaves;
  }

  root(): string {
    const [last, ...others] = this.#peaks.toReversed();
    return others.reduce((right, left) => parent(left, right), last ?? EMPTY_ROOT);
  }
}

const ones = (size: number): number => size.toString(2).replaceAll("0", "").length;

/** Leaves `start` to `end`, counted from 0, without `end`. */
interface Range {
  readonly start: number;
  readonly end: number;
}

/** The subtrees whose roots prove that a leaf is in a tree of this size, the leaf's neighbour first. */
function siblings(index: number, size: number): readonly Range[] {
  const found: Range[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    let split = 1;
    while (split * 2 < end - start) split *= 2;
    const middle = start + split;
    if (index < middle) {
      found.unshift({ start: middle, end });
      end = middle;
    } else {
      found.unshift({ start, end: middle });
      start = middle;
    }
  }
  return found;
}

/** Makes the proof that leaf `index` is in the tree of `size` leaves, from all its leaves, one after the other. */
export class InclusionProver {
  readonly #trees: readonly (Range & { readonly tree: MerkleTree })[];
  #next = 0;

  constructor(index: number, size: number) {
    this.#trees = siblings(index, size).map((range) => ({ ...range, tree: new MerkleTree() }));
  }

  add(leaf: string): void {
    const index = this.#next++;
    for (const { start, end, tree } of this.#trees) if (index >= start && index < end) tree.add(leaf);
  }

  path(): readonly string[] {
    return this.#trees.map(({ tree }) => tree.root());
  }
}

/** The root that a proof leads to (RFC 9162, 2.1.3.2); undefined when it has not the length that such a proof has. */
export function rootOfProof(leaf: string, index: number, size: number, path: readonly string[]): string | undefined {
  const ranges = index < size ? siblings(index, size) : [];
  if (index >= size || path.length !== ranges.length) return undefined;
  return path.reduce(
    (hash, other, place) => ((ranges[place]?.start ?? 0) > index ? parent(hash, other) : parent(other, hash)),
    leaf,
  );
}

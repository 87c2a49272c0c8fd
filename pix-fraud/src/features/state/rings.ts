const STRIDE = 4;
const PARENT = 0;
const SIZE = 1;
const FRAUDS = 2;

/**
 * Accounts joined by the devices that they were operated from: a union-find over account indexes, with the size and the
 * known frauds (received, still remembered) of each component at its root. Edges are only added, in the order of the
 * ledger, so a component at any row holds what was seen before that row and nothing else.
 */
export class Rings {
  /** Fields of an account: PARENT, SIZE, FRAUDS (the last two count at the root) and one to spare. */
  #nodes = new Int32Array(0);
  #accounts = 0;

  constructor(accounts: number) {
    if (accounts > 0) this.ensure(accounts - 1);
  }

  ensure(account: number): void {
    if (account < this.#accounts) return;
    const accounts = Math.max(account + 1, this.#accounts * 2, 64);
    const nodes = new Int32Array(accounts * STRIDE);
    nodes.set(this.#nodes);
    for (let index = this.#accounts; index < accounts; index++) {
      nodes[index * STRIDE + PARENT] = index * STRIDE;
      nodes[index * STRIDE + SIZE] = 1;
    }
    this.#nodes = nodes;
    this.#accounts = accounts;
  }

  /** Number of accounts in the component of `account`, itself included. */
  sizeOf(account: number): number {
    return this.#nodes[this.#root(account) + SIZE]!;
  }

  fraudsOf(account: number): number {
    return this.#nodes[this.#root(account) + FRAUDS]!;
  }

  /** Reads the account's own fields. */
  peek(account: number): number {
    return this.#nodes[account * STRIDE + PARENT]!;
  }

  join(a: number, b: number): void {
    const nodes = this.#nodes;
    let big = this.#root(a);
    let small = this.#root(b);
    if (big === small) return;
    if (nodes[big + SIZE]! < nodes[small + SIZE]!) [big, small] = [small, big];
    nodes[small + PARENT] = big;
    nodes[big + SIZE]! += nodes[small + SIZE]!;
    nodes[big + FRAUDS]! += nodes[small + FRAUDS]!;
  }

  addFraud(account: number, count: 1 | -1): void {
    this.#nodes[this.#root(account) + FRAUDS]! += count;
  }

  /** Where the root's fields begin. */
  #root(account: number): number {
    const nodes = this.#nodes;
    let at = account * STRIDE;
    while (nodes[at + PARENT] !== at) {
      // Halving the path keeps the trees flat and changes no answer.
      const parent = nodes[at + PARENT]!;
      nodes[at + PARENT] = nodes[parent + PARENT]!;
      at = nodes[at + PARENT]!;
    }
    return at;
  }
}

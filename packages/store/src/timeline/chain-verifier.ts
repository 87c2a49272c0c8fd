import { NO_HASH, parseEntry, type TimelineEntry } from "@esteira/core/timeline/entry";
import { type OutsideChange, RegistryHistory } from "@esteira/core/timeline/model-state";
import { PolicyHistory } from "@esteira/core/timeline/policy-state";
import type { Checkpoint } from "@esteira/core/wire/timeline";
import { entryHash, MerkleTree } from "./merkle.ts";

/** An entry as it is stored, or as an export holds it: then without the columns beside it. */
export interface StoredEntry {
  readonly entry: string;
  readonly hash?: string;
  readonly sequence?: number;
  readonly at?: number;
  readonly model?: string;
  readonly new_name?: string | null;
}

/** Rows in their order, the hash of each one's entry, and the root of the tree over these hashes where it is known. */
export interface BlockOfEntries {
  readonly rows: readonly StoredEntry[];
  readonly leaves: readonly string[];
  readonly root?: string;
}

/** Something in the chain that its writers never leave behind. */
export interface ChainFault {
  /** The entry at which it shows. */
  readonly sequence: number;
  readonly problem: string;
}

export interface ClockStep {
  readonly sequence: number;
  readonly behindMs: number;
}

export interface ChainReport {
  readonly entries: number;
  readonly head: string;
  readonly root: string;
  /** The first hundred of them; `faultCount` tells how many there are. */
  readonly faults: readonly ChainFault[];
  readonly faultCount: number;
  readonly outside: readonly OutsideChange[];
  readonly clock: readonly ClockStep[];
}

const MOST_TOLD = 100;

/** Goes through a chain once, entry by entry in the order of their sequence, and says what is wrong with it. */
export class ChainVerifier {
  readonly history = new RegistryHistory();
  readonly policies = new PolicyHistory();
  readonly #tree = new MerkleTree();
  readonly #checkpoints: readonly Checkpoint[];
  readonly #faults: ChainFault[] = [];
  readonly #outside: OutsideChange[] = [];
  readonly #clock: ClockStep[] = [];
  #faultCount = 0;
  #next = 0;
  #sequence = 0;
  #at = 0;
  #hash = NO_HASH;

  constructor(checkpoints: readonly Checkpoint[] = []) {
    this.#checkpoints = checkpoints.toSorted((a, b) => a.size - b.size);
    this.#meetCheckpoints();
  }

  get sequence(): number {
    return this.#sequence;
  }

  /** Nothing was wrong so far, and the chain ends where its head says and no checkpoint knows more. */
  isSoundUpTo(head: { readonly sequence: number; readonly hash: string }): boolean {
    const isWhole = this.#next === this.#checkpoints.length;
    return isWhole && this.#faultCount === 0 && head.sequence === this.#sequence && head.hash === this.#hash;
  }

  add(row: StoredEntry): void {
    this.addBlock({ rows: [row], leaves: [entryHash(row.entry)] });
  }

  /** The next rows, with the hashes of their entries, and the root of the tree over these where it is known. */
  addBlock({ rows, leaves, root }: BlockOfEntries): void {
    const signed = this.#checkpoints[this.#next]?.size ?? Number.POSITIVE_INFINITY;
    const isOne = signed >= this.#tree.size + leaves.length;
    for (const [place, row] of rows.entries()) {
      const leaf = leaves[place] ?? entryHash(row.entry);
      this.#check(row, leaf);
      if (!isOne) this.#grow([leaf]);
    }
    if (isOne) this.#grow(leaves, root);
  }

  #check(row: StoredEntry, hash: string): void {
    const entry = parseEntry(row.entry);
    const expected = this.#sequence + 1;
    if (entry === undefined) {
      this.#fault(row.sequence ?? expected, "is no entry of a timeline any more");
      this.#goOn(row.sequence ?? expected, this.#at, row.hash ?? hash);
      return;
    }
    const { sequence, at } = entry;
    if (row.hash !== undefined && row.hash !== hash)
      this.#fault(row.sequence ?? sequence, "was changed after it was written");
    this.#compareColumns(row, entry);
    if (sequence !== expected)
      this.#fault(sequence, `stands where entry ${expected} should be: entries are missing, doubled or out of order`);
    else if (entry.previous !== this.#hash)
      this.#fault(sequence, `does not continue entry ${sequence - 1}, which was replaced or removed`);
    const behindMs = this.#at - at;
    if (behindMs > 0) this.#clock.push({ sequence, behindMs });
    if (Math.max(0, behindMs) !== (entry.behind ?? 0))
      this.#fault(sequence, "says otherwise than its instant how far the clock went back");
    const outside = this.history.apply(entry);
    this.policies.apply(entry);
    if (outside !== undefined && this.#outside.length < MOST_TOLD) this.#outside.push(outside);
    this.#goOn(sequence, at, row.hash ?? hash);
  }

  /** `head` is what the database says that the chain ends with. */
  finish(head?: { readonly sequence: number; readonly hash: string }): ChainReport {
    if (head !== undefined && (head.sequence !== this.#sequence || head.hash !== this.#hash)) {
      this.#fault(
        this.#sequence,
        `is the last one, and the chain's head names entry ${head.sequence} with another hash: the end was cut off or replaced`,
      );
    }
    for (const { size, at } of this.#checkpoints.slice(this.#next)) {
      this.#fault(
        this.#sequence,
        `is the last one, and a checkpoint of ${new Date(at).toISOString()} signed ${size} entries: the end was cut off`,
      );
    }
    return {
      entries: this.#tree.size,
      head: this.#hash,
      root: this.#tree.root(),
      faults: this.#faults,
      faultCount: this.#faultCount,
      outside: this.#outside,
      clock: this.#clock.slice(0, MOST_TOLD),
    };
  }

  #compareColumns(row: StoredEntry, { sequence, at, subject, action, after }: TimelineEntry): void {
    const newName = action === "model.renamed" ? (after?.name ?? null) : null;
    const isSame =
      (row.sequence ?? sequence) === sequence &&
      (row.at ?? at) === at &&
      (row.model ?? subject.model) === subject.model &&
      (row.new_name === undefined || row.new_name === newName);
    if (!isSame) this.#fault(row.sequence ?? sequence, "has columns that say something else than its text");
  }

  #goOn(sequence: number, at: number, hash: string): void {
    this.#sequence = sequence;
    this.#at = at;
    this.#hash = hash;
  }

  #grow(leaves: readonly string[], root?: string): void {
    this.#tree.addAll(leaves, root);
    this.#meetCheckpoints();
  }

  #meetCheckpoints(): void {
    for (
      let one = this.#checkpoints[this.#next];
      one?.size === this.#tree.size;
      one = this.#checkpoints[++this.#next]
    ) {
      if (one.root === this.#tree.root() && one.head === this.#hash) continue;
      this.#fault(
        this.#sequence,
        `and those before it are not what a checkpoint of ${new Date(one.at).toISOString()} signed: the chain was written anew`,
      );
    }
  }

  #fault(sequence: number, problem: string): void {
    this.#faultCount += 1;
    if (this.#faults.length < MOST_TOLD) this.#faults.push({ sequence, problem });
  }
}

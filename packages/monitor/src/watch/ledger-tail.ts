import { FEATURE_PREFIX } from "../ledger/columns.ts";
import { listDays, listParts, type Part } from "../ledger/parts.ts";
import { type PartRows, readRows } from "../ledger/read-rows.ts";
import { isAlerted } from "../ledger/sampling.ts";
import type { OperationTally } from "../signals/operation-tally.ts";
import type { SliceTally } from "../signals/slice-tally.ts";

const DAY = 86_400_000;
const NEEDED = [
  "at",
  "model",
  "version",
  "arm",
  "score",
  "threshold",
  "action",
  "latency_ms",
  "weight",
  "erased",
  "source",
  "sequence",
];

/** The last entry of each source that was counted before this reading, and now. */
interface Counted {
  readonly before: ReadonlyMap<string, number>;
  readonly now: Map<string, number>;
}

interface Tallies {
  readonly tally: OperationTally;
  readonly slices: SliceTally;
}

/** Follows a ledger: each row of a model goes into the tally once, whatever its files are merged into. */
export class LedgerTail {
  readonly #ledger: string;
  readonly #model: string;
  readonly #features: readonly string[] | "all";
  readonly #amount: string | undefined;
  /** By day, the last entry of each source that was counted: a day's files hold all of it up to their last. */
  readonly #counted = new Map<string, Map<string, number>>();
  #known = new Set<string>();

  /**
   * `features`: those whose missing values are counted. `amount`: the feature that holds a transfer's money. A row is known again by its source and
   * its place there, so nothing but places is remembered.
   */
  constructor(options: {
    readonly ledger: string;
    readonly model: string;
    readonly features: readonly string[] | "all";
    readonly amount: string | undefined;
  }) {
    this.#ledger = options.ledger;
    this.#model = options.model;
    this.#features = options.features;
    this.#amount = options.amount;
  }

  /** Adds the rows that came since the last time, of days from `from` (milliseconds) on. */
  async follow(into: Tallies, from: number): Promise<void> {
    const first = new Date(Math.floor(from / DAY) * DAY).toISOString().slice(0, 10);
    const present = new Set<string>();
    for (const day of this.#counted.keys()) if (day < first) this.#counted.delete(day);
    for (const day of await listDays(this.#ledger)) {
      if (day < first) continue;
      const before = this.#counted.get(day) ?? new Map<string, number>();
      const now = new Map(before);
      for (const part of await listParts(this.#ledger, day)) {
        present.add(part.path);
        if (this.#known.has(part.path)) continue;
        for await (const rows of readRows(part, this.#wanted(part))) this.#add(into, part, rows, { before, now });
      }
      this.#counted.set(day, now);
    }
    this.#known = present;
  }

  #featuresOf({ columns }: Part): readonly string[] {
    return columns
      .filter(({ name }) => name.startsWith(FEATURE_PREFIX))
      .map(({ name }) => name.slice(FEATURE_PREFIX.length))
      .filter((name) => this.#features === "all" || this.#features.includes(name));
  }

  #wanted(part: Part): (name: string) => boolean {
    const amount = this.#amount === undefined ? [] : [this.#amount];
    const features = [...this.#featuresOf(part), ...amount].map((name) => `${FEATURE_PREFIX}${name}`);
    const names = new Set([...NEEDED, ...features, ...kindColumns(part)]);
    return (name) => names.has(name);
  }

  #add({ tally, slices }: Tallies, part: Part, rows: PartRows, counted: Counted): void {
    const cells = (name: string) => rows.cells(name) ?? [];
    const [source, sequence, erased, model] = [cells("source"), cells("sequence"), cells("erased"), cells("model")];
    const fresh: number[] = [];
    for (let row = 0; row < rows.rowCount; row++) {
      const [from, at] = [String(source[row]), Number(sequence[row])];
      if (at <= (counted.before.get(from) ?? -1)) continue;
      counted.now.set(from, Math.max(counted.now.get(from) ?? -1, at));
      if (model[row] === this.#model) fresh.push(row);
    }
    if (fresh.length === 0) return;
    const numbers = (name: string) => {
      const column = cells(name);
      return Float64Array.from(fresh, (row) => numberOf(column[row]));
    };
    const texts = (name: string) => {
      const column = cells(name);
      return fresh.map((row) => textOf(column[row]) ?? "");
    };
    const [score, threshold, action] = [cells("score"), cells("threshold"), cells("action")];
    const alerted = (row: number) =>
      isAlerted({ action: textOf(action[row]), score: nullable(score[row]), threshold: nullable(threshold[row]) });
    const [at, weight] = [numbers("at"), numbers("weight")];
    const flags = Uint8Array.from(fresh, (row) => (alerted(row) ? 1 : 0));
    const kinds = kindColumns(part).map((name) => {
      const column = cells(name);
      return [name.slice(FEATURE_PREFIX.length), fresh.map((row) => textOf(column[row]))] as const;
    });
    slices.add({ at, alerted: flags, weight, columns: Object.fromEntries(kinds) });
    tally.add({
      at,
      version: texts("version"),
      arm: texts("arm"),
      alerted: flags,
      amount:
        this.#amount === undefined
          ? new Float64Array(fresh.length).fill(Number.NaN)
          : numbers(`${FEATURE_PREFIX}${this.#amount}`),
      latencyMs: numbers("latency_ms"),
      weight,
      missing: Object.fromEntries(
        this.#featuresOf(part).map((name) => {
          const column = cells(`${FEATURE_PREFIX}${name}`);
          // What was erased is unknown, which says nothing of its source.
          const isMissing = (row: number) => erased[row] !== true && isEmpty(column[row]);
          return [name, Uint8Array.from(fresh, (row) => (isMissing(row) ? 1 : 0))];
        }),
      ),
    });
  }
}

/** Features that are text: they say of what kind a decision is. */
const kindColumns = ({ columns }: Part): readonly string[] =>
  columns.filter(({ name, kind }) => kind === "text" && name.startsWith(FEATURE_PREFIX)).map(({ name }) => name);

const isEmpty = (cell: unknown): boolean => cell === null || cell === undefined || Number.isNaN(cell);
const numberOf = (cell: unknown): number => (isEmpty(cell) ? Number.NaN : Number(cell));
const nullable = (cell: unknown): number | null => (isEmpty(cell) ? null : Number(cell));
const textOf = (cell: unknown): string | null => (isEmpty(cell) ? null : String(cell));

import { FEATURE_PREFIX } from "../ledger/columns.ts";
import { dayOf, listDays, listParts, type Part } from "../ledger/parts.ts";
import { type PartRows, readRows } from "../ledger/read-rows.ts";
import { isAlerted } from "../ledger/sampling.ts";
import { readSteadily } from "../report/span.ts";
import type { OperationTally } from "../signals/operation-tally.ts";
import type { SliceTally } from "../signals/slice-tally.ts";

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

export interface TailOptions {
  readonly ledger: string;
  readonly model: string;
  /** Those whose missing values are counted. */
  readonly features: readonly string[] | "all";
  /** The feature that holds a transfer's money. */
  readonly amount: string | undefined;
  /** Empty ones, to begin with. */
  readonly newTallies: () => Tallies;
}

/** The last entry of each source that was counted before this reading, and now. */
interface Counted {
  readonly before: ReadonlyMap<string, number>;
  readonly now: Map<string, number>;
}

export interface Tallies {
  readonly tally: OperationTally;
  readonly slices: SliceTally;
}

/** What was counted, and of which rows. */
interface Reading extends Tallies {
  /** By day, the last entry of each source that was counted: a day's files hold all of it up to their last. */
  readonly counted: Map<string, Map<string, number>>;
  /** The files that were read to their end. */
  known: ReadonlySet<string>;
}

/** Follows a ledger: each row of a model goes into the tallies once, whatever its files are merged into. */
export class LedgerTail {
  readonly #options: TailOptions;
  #reading: Reading;
  #isWhole = true;

  constructor(options: TailOptions) {
    this.#options = options;
    this.#reading = this.#begin();
  }

  /** Of all rows that were read; of those of the time before while a reading is under way or has failed. */
  get tallies(): Tallies {
    return this.#reading;
  }

  /**
   * Adds the rows that came since the last time, of days from `from` (milliseconds) on. After a reading that failed half-way all is read anew: which of
   * its rows were counted is not known.
   */
  follow(from: number): Promise<void> {
    return readSteadily(async () => {
      const reading = this.#isWhole ? this.#reading : this.#begin();
      this.#isWhole = false;
      await this.#read(reading, from);
      this.#reading = reading;
      this.#isWhole = true;
    });
  }

  #begin(): Reading {
    return { ...this.#options.newTallies(), counted: new Map(), known: new Set() };
  }

  async #read(reading: Reading, from: number): Promise<void> {
    const { ledger } = this.#options;
    const { counted, known } = reading;
    const first = dayOf(from);
    const present = new Set<string>();
    for (const day of counted.keys()) if (day < first) counted.delete(day);
    for (const day of await listDays(ledger)) {
      if (day < first) continue;
      const before = counted.get(day) ?? new Map<string, number>();
      const now = new Map(before);
      for (const part of await listParts(ledger, day)) {
        present.add(part.path);
        if (known.has(part.path)) continue;
        for await (const rows of readRows(part, this.#wanted(part))) this.#add(reading, part, rows, { before, now });
      }
      counted.set(day, now);
    }
    reading.known = present;
  }

  #featuresOf({ columns }: Part): readonly string[] {
    return columns
      .filter(({ name }) => name.startsWith(FEATURE_PREFIX))
      .map(({ name }) => name.slice(FEATURE_PREFIX.length))
      .filter((name) => this.#options.features === "all" || this.#options.features.includes(name));
  }

  #wanted(part: Part): (name: string) => boolean {
    const amount = this.#options.amount === undefined ? [] : [this.#options.amount];
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
      if (model[row] === this.#options.model) fresh.push(row);
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
        this.#options.amount === undefined
          ? new Float64Array(fresh.length).fill(Number.NaN)
          : numbers(`${FEATURE_PREFIX}${this.#options.amount}`),
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

const HOUR = 3_600_000;
/** More values than a person would call kinds: the rarest are left out. */
const MOST_VALUES = 50;

export interface SliceCount {
  decisions: number;
  alerts: number;
}

/** Counts by the values of a column, by column. */
export type SliceCounts = ReadonlyMap<string, ReadonlyMap<string, Readonly<SliceCount>>>;

export interface SliceRows {
  readonly at: ArrayLike<number>;
  readonly alerted: ArrayLike<number>;
  readonly weight: ArrayLike<number>;
  /** Cells of the columns that hold kinds (a channel, a device); null where there is none. */
  readonly columns: Readonly<Record<string, readonly (string | null)[]>>;
}

/** Decisions and alerts by hour and by the values of each column of kinds. Memory grows with hours and kinds, never with decisions. */
export class SliceTally {
  readonly #keepMs: number;
  readonly #hours = new Map<number, Map<string, Map<string, SliceCount>>>();

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  add({ at, alerted, weight, columns }: SliceRows): void {
    const names = Object.entries(columns);
    for (let row = 0; row < at.length; row++) {
      const hour = this.#hourOf(Math.floor(at[row]! / HOUR));
      for (const [name, cells] of names) {
        const value = cells[row];
        if (value === null || value === undefined) continue;
        const values = hour.get(name) ?? new Map<string, SliceCount>();
        hour.set(name, values);
        const count = values.get(value) ?? { decisions: 0, alerts: 0 };
        if (values.size >= MOST_VALUES && !values.has(value)) continue;
        values.set(value, count);
        count.decisions += weight[row]!;
        if (alerted[row] === 1) count.alerts += weight[row]!;
      }
    }
    const oldest = Math.max(...this.#hours.keys()) - Math.ceil(this.#keepMs / HOUR);
    for (const hour of this.#hours.keys()) if (hour < oldest) this.#hours.delete(hour);
  }

  /** Of the hours that touch `[from, to)`, milliseconds. */
  between(from: number, to: number): SliceCounts {
    const found = new Map<string, Map<string, SliceCount>>();
    for (let hour = Math.floor(from / HOUR); hour * HOUR < to; hour++) {
      for (const [name, values] of this.#hours.get(hour) ?? []) {
        const merged = found.get(name) ?? new Map<string, SliceCount>();
        found.set(name, merged);
        for (const [value, { decisions, alerts }] of values) {
          const count = merged.get(value) ?? { decisions: 0, alerts: 0 };
          count.decisions += decisions;
          count.alerts += alerts;
          merged.set(value, count);
        }
      }
    }
    return found;
  }

  #hourOf(hour: number): Map<string, Map<string, SliceCount>> {
    const found = this.#hours.get(hour) ?? new Map<string, Map<string, SliceCount>>();
    this.#hours.set(hour, found);
    return found;
  }
}

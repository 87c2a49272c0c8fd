import { type DeviceUse, deviceFields } from "./device-use.ts";
import { type Inflow, inWholeFields } from "./inflow.ts";
import type { Rings } from "./rings.ts";
import { FRAUD_MEMORY, VICTIM_MEMORY } from "./windows.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const DEVICE_WHOLE = deviceFields;
const IN_WHOLE = inWholeFields;

/** A fraud that became known: an accepted report on an earlier transfer. */
export interface KnownFraud {
  /** Entity indexes of that transfer; device -1 unknown. */
  readonly payer: number;
  readonly payee: number;
  readonly device: number;
  /** When that transfer was made. */
  readonly time: number;
  /** When the fraud became known to us: from this instant on, not before, it may enter a feature. */
  readonly knownAt: number;
  /** Kind of fraud as reported, where the source says. No feature uses it. */
  readonly typology?: number;
}

/**
 * Frauds by the time they became known. Those of the future wait in a heap; the others are counted on the payee, the
 * payer (as a victim), the device and the payee's ring until they are too old.
 */
export class KnownFrauds {
  /** Remembered frauds of everybody. */
  count = 0;
  readonly #waiting: KnownFraud[] = [];
  /** Known, oldest first; those before #victimTail are forgotten. */
  #known: { readonly fraud: KnownFraud; readonly at: number }[] = [];
  #fraudTail = 0;
  #victimTail = 0;
  readonly #inflow: Inflow;
  readonly #devices: DeviceUse;
  readonly #rings: Rings;

  constructor(inflow: Inflow, devices: DeviceUse, rings: Rings) {
    this.#inflow = inflow;
    this.#devices = devices;
    this.#rings = rings;
  }

  /** Takes a fraud whose entities have room in every state. It counts from `knownAt` on, at once when that is past. */
  learn(fraud: KnownFraud): void {
    const heap = this.#waiting;
    let at = heap.push(fraud) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (heap[parent]!.knownAt <= fraud.knownAt) break;
      heap[at] = heap[parent]!;
      at = parent;
    }
    heap[at] = fraud;
  }

  /** Moves the clock: what is known by `now` counts, what is too old does not. */
  advance(now: number): void {
    while (this.#waiting.length > 0 && this.#waiting[0]!.knownAt <= now) {
      const fraud = this.#pop();
      // A report that reaches us late counts from the newest instant already counted: the queue stays in order.
      const newest = this.#known.at(-1)?.at ?? Number.NEGATIVE_INFINITY;
      this.#known.push({ fraud, at: Math.max(fraud.knownAt, newest) });
      this.#count(fraud, 1);
      this.#mark(fraud, 1);
    }
    const known = this.#known;
    while (this.#fraudTail < known.length && known[this.#fraudTail]!.at <= now - FRAUD_MEMORY) {
      this.#count(known[this.#fraudTail++]!.fraud, -1);
    }
    while (this.#victimTail < known.length && known[this.#victimTail]!.at <= now - VICTIM_MEMORY) {
      this.#mark(known[this.#victimTail++]!.fraud, -1);
    }
    if (this.#victimTail > 1024 && this.#victimTail * 2 > known.length) {
      this.#known = known.slice(this.#victimTail);
      this.#fraudTail -= this.#victimTail;
      this.#victimTail = 0;
    }
  }

  #count(fraud: KnownFraud, step: 1 | -1): void {
    this.count += step;
    const { whole, width } = this.#inflow.records;
    whole[2 * fraud.payee * width + IN_WHOLE.knownFrauds]! += step;
    this.#rings.addFraud(fraud.payee, step);
    if (fraud.device >= 0) {
      const devices = this.#devices.records;
      devices.whole[2 * fraud.device * devices.width + DEVICE_WHOLE.knownFrauds]! += step;
    }
  }

  #mark(fraud: KnownFraud, step: 1 | -1): void {
    const { whole, width } = this.#inflow.records;
    whole[2 * fraud.payer * width + IN_WHOLE.knownVictim]! += step;
  }

  #pop(): KnownFraud {
    const heap = this.#waiting;
    const top = heap[0]!;
    const last = heap.pop()!;
    if (heap.length > 0) {
      let at = 0;
      for (;;) {
        let child = 2 * at + 1;
        if (child >= heap.length) break;
        if (child + 1 < heap.length && heap[child + 1]!.knownAt < heap[child]!.knownAt) child++;
        if (last.knownAt <= heap[child]!.knownAt) break;
        heap[at] = heap[child]!;
        at = child;
      }
      heap[at] = last;
    }
    return top;
  }
}

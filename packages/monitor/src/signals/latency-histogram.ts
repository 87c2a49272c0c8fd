/** Width of a bin: a quantile is told within this share of itself. */
const GROWTH = 1.02;
/** Below this everything is the lowest bin, milliseconds. */
const LEAST_MS = 0.001;

/** Latencies counted in bins that grow by 2 %: quantiles within 2 % of themselves in a memory that does not grow with the answers. Merges. */
export class LatencyHistogram {
  readonly #bins = new Map<number, number>();
  readonly #targetMs: number;
  #count = 0;
  #slow = 0;

  constructor(targetMs: number) {
    this.#targetMs = targetMs;
  }

  /** Milliseconds; what is no number was not measured and is left out. */
  add(latencyMs: number, weight = 1): void {
    if (!(latencyMs >= 0)) return;
    const bin = latencyMs <= LEAST_MS ? 0 : Math.ceil(Math.log(latencyMs / LEAST_MS) / Math.log(GROWTH));
    this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + weight);
    this.#count += weight;
    if (latencyMs > this.#targetMs) this.#slow += weight;
  }

  merge(other: LatencyHistogram): void {
    for (const [bin, count] of other.#bins) this.#bins.set(bin, (this.#bins.get(bin) ?? 0) + count);
    this.#count += other.#count;
    this.#slow += other.#slow;
  }

  /** Share of the answers that took longer than the target; NaN without any. */
  get slowShare(): number {
    return this.#slow / this.#count;
  }

  /** Milliseconds that a share `q` of the answers did not exceed, the upper end of its bin; NaN without any. */
  quantile(q: number): number {
    let below = 0;
    for (const bin of [...this.#bins.keys()].sort((a, b) => a - b)) {
      below += this.#bins.get(bin)!;
      if (below >= q * this.#count) return LEAST_MS * GROWTH ** bin;
    }
    return Number.NaN;
  }
}

import type { Metric } from "@esteira/core/entities/metric";
import { EsteiraError } from "@esteira/core/errors";

/** MLflow's limit of one log-batch call. */
const PER_BATCH = 1000;
const SEND_AFTER_MS = 250;
const FIRST_PAUSE_MS = 500;
const LONGEST_PAUSE_MS = 30_000;

/** Where metrics wait so that they outlive the process. `forget` is told how many of the oldest were acknowledged. */
export interface Spool {
  keep(metrics: readonly Metric[]): void;
  forget(count: number): void;
}

export interface MetricQueueOptions {
  /** Sends one batch, and resolves when the server has acknowledged it. */
  readonly send: (metrics: readonly Metric[]) => Promise<void>;
  readonly spool?: Spool | undefined;
}

/** A server that is away, busy or broken may take the same batch later; any other refusal is final. */
const mayPass = (error: unknown): boolean =>
  error instanceof EsteiraError &&
  ["TEMPORARILY_UNAVAILABLE", "REQUEST_LIMIT_EXCEEDED", "INTERNAL_ERROR", "UNAUTHENTICATED"].includes(error.code);

/**
 * Sends metrics in batches in the background, in their order. `add` never waits. A server that is away is tried again for
 * as long as the run lasts; a metric that the server refuses is left out alone, and `flush` then throws its refusal.
 */
export class MetricQueue {
  readonly #options: MetricQueueOptions;
  #waiting: Metric[] = [];
  #timer: ReturnType<typeof setTimeout> | undefined;
  #sending: Promise<void> | undefined;
  #refusal: EsteiraError | undefined;
  #refused = 0;
  #interruptPause = (): void => {};
  /** Set while somebody waits for the queue to be empty. */
  #deadline: number | undefined;

  constructor(options: MetricQueueOptions) {
    this.#options = options;
  }

  add(metrics: readonly Metric[]): void {
    this.#options.spool?.keep(metrics);
    for (const metric of metrics) this.#waiting.push(metric);
    if (this.#waiting.length >= PER_BATCH) this.#start();
    else this.#timer ??= setTimeout(() => this.#start(), SEND_AFTER_MS);
  }

  /**
   * Resolves when everything added so far is acknowledged; waits `patienceMs` at most for a server that is away.
   *
   * @throws EsteiraError the first refusal, or TEMPORARILY_UNAVAILABLE when the server stays away; then what was not
   * acknowledged is still in the queue, and in the spool.
   */
  async flush(patienceMs: number): Promise<void> {
    this.#deadline = performance.now() + patienceMs;
    this.#interruptPause();
    try {
      while (this.#waiting.length > 0) {
        this.#start();
        await this.#sending;
        if (this.#waiting.length > 0 && performance.now() >= this.#deadline) {
          throw new EsteiraError(
            "TEMPORARILY_UNAVAILABLE",
            `${this.#waiting.length} metric values were not acknowledged: the server stayed away for ${patienceMs / 1000} s.`,
          );
        }
      }
      await this.#sending;
    } finally {
      this.#deadline = undefined;
    }
    if (this.#refusal !== undefined) {
      const [refusal, count] = [this.#refusal, this.#refused];
      this.#refusal = undefined;
      this.#refused = 0;
      if (count === 1) throw refusal;
      throw new EsteiraError(refusal.code, `${count} metric values were refused; the first: ${refusal.message}`);
    }
  }

  #start(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#sending ??= this.#drain().finally(() => {
      this.#sending = undefined;
    });
  }

  async #drain(): Promise<void> {
    let pause = FIRST_PAUSE_MS;
    while (this.#waiting.length > 0) {
      const batch = this.#waiting.slice(0, PER_BATCH);
      try {
        await this.#send(batch);
        this.#waiting.splice(0, batch.length);
        this.#options.spool?.forget(batch.length);
        pause = FIRST_PAUSE_MS;
      } catch {
        if (this.#deadline !== undefined && performance.now() >= this.#deadline) return;
        await this.#wait(pause);
        pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
      }
    }
  }

  /** Throws only what may pass. Halves a refused batch until the refused values stand alone: the others are kept. */
  async #send(batch: readonly Metric[]): Promise<void> {
    try {
      await this.#options.send(batch);
    } catch (error) {
      if (mayPass(error)) throw error;
      if (batch.length === 1) {
        this.#refused += 1;
        this.#refusal ??=
          error instanceof EsteiraError ? error : new EsteiraError("INTERNAL_ERROR", String(error), { cause: error });
        return;
      }
      const half = batch.length >> 1;
      await this.#send(batch.slice(0, half));
      await this.#send(batch.slice(half));
    }
  }

  #wait(ms: number): Promise<void> {
    const limit = this.#deadline === undefined ? ms : Math.min(ms, Math.max(0, this.#deadline - performance.now()));
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, limit);
      this.#interruptPause = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

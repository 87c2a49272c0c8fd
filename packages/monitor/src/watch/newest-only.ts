/**
 * Does the same work one at a time, with the newest of what it is given meanwhile: who gives it never waits for it, and what is slow falls behind
 * by nothing but what is old.
 */
export class NewestOnly<T> {
  readonly #work: (given: T) => Promise<void>;
  #next: { readonly given: T } | undefined;
  #running: Promise<void> | undefined;

  /** `work` rejects for nothing that its giver must know. */
  constructor(work: (given: T) => Promise<void>) {
    this.#work = work;
  }

  give(given: T): void {
    this.#next = { given };
    this.#running ??= this.#run();
  }

  /** Resolves when all that was given is done. */
  async settled(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#next !== undefined) {
      const { given } = this.#next;
      this.#next = undefined;
      await this.#work(given);
    }
    this.#running = undefined;
  }
}

/** Seconds of a piece of work: by the clock, and of the processor. The second is what it costs on a busy machine, too. */
export interface Cost {
  readonly seconds: number;
  /** Of all threads, the engine's own included: on an idle machine at least the elapsed time of work in one thread. */
  readonly cpuSeconds: number;
}

export function costOf(work: () => void): Cost {
  const start = performance.now();
  const before = process.cpuUsage();
  work();
  const { user, system } = process.cpuUsage(before);
  return { seconds: (performance.now() - start) / 1000, cpuSeconds: (user + system) / 1e6 };
}

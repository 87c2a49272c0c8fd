/** What a serving process has counted since it began, at an instant (milliseconds). */
export interface ServiceSample {
  readonly at: number;
  readonly requests: number;
  /** Answers of 5xx. */
  readonly errors: number;
  /** Decisions of which there is no record. */
  readonly unrecorded: number;
}

/** Samples of each service by its address, the oldest first. */
export type ServiceHistory = Readonly<Record<string, readonly ServiceSample[]>>;

type Counted = Omit<ServiceSample, "at">;

/** Reads the sample from what a scoring server shows at /metrics. Undefined where that is no scoring server's. */
export function readServiceSample(text: string, at: number): ServiceSample | undefined {
  const lines = text.split("\n");
  const sum = (series: string): number =>
    lines
      .filter((line) => line.startsWith(`${series}{`) || line.startsWith(`${series} `))
      .reduce((total, line) => total + Number(line.slice(line.lastIndexOf(" ") + 1)), 0);
  if (!text.includes("# TYPE esteira_scoring_requests_total")) return undefined;
  return {
    at,
    requests: sum("esteira_scoring_requests_total"),
    errors: sum('esteira_scoring_errors_total{side="server"}'),
    unrecorded: sum("esteira_scoring_decisions_unrecorded_total"),
  };
}

/** The history with what was read now, and without what no window of `keepMs` asks for any more. */
export function withSamples(
  history: ServiceHistory,
  samples: Readonly<Record<string, ServiceSample>>,
  at: number,
  keepMs: number,
): ServiceHistory {
  const services = new Set([...Object.keys(history), ...Object.keys(samples)]);
  return Object.fromEntries(
    [...services].flatMap((service) => {
      const all = [...(history[service] ?? []), ...(samples[service] === undefined ? [] : [samples[service]])];
      // The newest before the window is where its growth begins.
      const first = all.findLastIndex((sample) => sample.at <= at - keepMs);
      const kept = all.slice(Math.max(0, first));
      return kept.length === 0 ? [] : [[service, kept]];
    }),
  );
}

/**
 * What all services counted in the window that ends at `to`. A counter that has fallen belongs to a process that began anew. A service that has not
 * answered within the window is not counted; undefined where none is.
 */
export function countedIn(history: ServiceHistory, to: number, windowMs: number): Counted | undefined {
  const from = to - windowMs;
  const spans = Object.values(history).flatMap((all) => {
    const until = all.filter(({ at }) => at <= to);
    const own = until.slice(
      Math.max(
        0,
        until.findLastIndex(({ at }) => at <= from),
      ),
    );
    return own.length >= 2 && own.at(-1)!.at > from ? [own] : [];
  });
  if (spans.length === 0) return undefined;
  const grown = (name: keyof Counted): number =>
    spans
      .flatMap((own) => own.slice(1).map((sample, i) => growth(own[i]![name], sample[name])))
      .reduce((a, b) => a + b, 0);
  return { requests: grown("requests"), errors: grown("errors"), unrecorded: grown("unrecorded") };
}

const growth = (before: number, now: number): number => (now >= before ? now - before : now);

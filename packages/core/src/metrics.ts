/** Counters, gauges and histograms, written in Prometheus's text format (version 0.0.4). */

export const METRICS_TYPE = "text/plain; version=0.0.4; charset=utf-8";

/** A number that only grows. The values of its labels come in the order in which the labels were named. */
export interface Counter {
  add(amount: number, ...labels: readonly string[]): void;
}

/** How often a measured value came at or below each bound, their sum and their number. */
export interface Histogram {
  observe(value: number, ...labels: readonly string[]): void;
}

/** One value of a gauge that is read when somebody asks. */
export interface Sample {
  readonly value: number;
  /** In the order in which the labels were named. */
  readonly labels?: readonly string[];
}

type ReadGauge = () => number | readonly Sample[] | undefined | Promise<number | readonly Sample[] | undefined>;

export interface Metrics {
  counter(name: string, help: string, labels?: readonly string[]): Counter;
  /** `bounds` are upper bounds, ascending; the last bucket, of everything, is added. */
  histogram(name: string, help: string, bounds: readonly number[], labels?: readonly string[]): Histogram;
  /** `read` is asked at each rendering; undefined, or a failure to read, leaves the gauge out of it. */
  gauge(name: string, help: string, read: ReadGauge, labels?: readonly string[]): void;
  /** A counter that something else counts: as a gauge, and it only grows. */
  total(name: string, help: string, read: ReadGauge, labels?: readonly string[]): void;
  /** All series, in the order in which they were made; those of one name by the values of their labels. */
  render(): Promise<string>;
}

/** A name and the lines that it has now. */
interface Series {
  readonly name: string;
  lines(): Promise<readonly string[]> | readonly string[];
}

export function createMetrics(): Metrics {
  const all: Series[] = [];
  const add = (series: Series): void => {
    if (all.some(({ name }) => name === series.name)) throw new Error(`There is a metric ${series.name} already.`);
    all.push(series);
  };
  const read =
    (type: "gauge" | "counter") =>
    (name: string, help: string, ask: ReadGauge, labels: readonly string[] = []): void =>
      add({
        name,
        lines: async () => {
          const found = await ask();
          if (found === undefined) return [];
          const samples = typeof found === "number" ? [{ value: found }] : found;
          return [
            ...head(name, help, type),
            ...samples.map((one) => `${name}${labelText(labels, one.labels ?? [])} ${numberText(one.value)}`),
          ];
        },
      });
  return {
    counter: (name, help, labels = []) => {
      const values = byLabels(labels, () => ({ value: 0 }));
      // Without labels there is one series from the start: a counter that never moved is 0, not absent.
      if (labels.length === 0) values.of([]);
      add({
        name,
        lines: () => [
          ...head(name, help, "counter"),
          ...values.sorted().map(([text, { value }]) => `${name}${text} ${numberText(value)}`),
        ],
      });
      return {
        add: (amount, ...of) => {
          values.of(of).value += amount;
        },
      };
    },
    histogram: (name, help, bounds, labels = []) => {
      const cells = byLabels(labels, () => ({ counts: new Float64Array(bounds.length), sum: 0, count: 0 }));
      if (labels.length === 0) cells.of([]);
      add({
        name,
        lines: () => [
          ...head(name, help, "histogram"),
          ...cells.sorted().flatMap(([text, { counts, sum, count }]) => {
            const upTo = (bound: string, n: number) => `${name}_bucket${withBound(text, bound)} ${n}`;
            let below = 0;
            return [
              ...bounds.map((bound, i) => {
                below += counts[i] ?? 0;
                return upTo(numberText(bound), below);
              }),
              upTo("+Inf", count),
              `${name}_sum${text} ${numberText(sum)}`,
              `${name}_count${text} ${count}`,
            ];
          }),
        ],
      });
      return {
        observe: (value, ...of) => {
          const cell = cells.of(of);
          const bucket = bounds.findIndex((bound) => value <= bound);
          if (bucket !== -1) cell.counts[bucket] = (cell.counts[bucket] ?? 0) + 1;
          cell.sum += value;
          cell.count += 1;
        },
      };
    },
    gauge: read("gauge"),
    total: read("counter"),
    render: async () => {
      const blocks = await Promise.all(all.map(linesOf));
      return `${blocks.flat().join("\n")}\n`;
    },
  };
}

/** What cannot be read now must not keep the rest from being read. */
async function linesOf(series: Series): Promise<readonly string[]> {
  try {
    return await series.lines();
  } catch {
    return [];
  }
}

/** A cell for each combination of label values that was seen. */
function byLabels<Cell>(names: readonly string[], make: () => Cell) {
  const cells = new Map<string, { readonly labels: readonly string[]; readonly cell: Cell }>();
  return {
    of: (labels: readonly string[]): Cell => {
      const key = labels.join("\0");
      let found = cells.get(key);
      if (found === undefined) {
        if (labels.length !== names.length) throw new Error(`Expected the labels ${names.join(", ")}.`);
        found = { labels, cell: make() };
        cells.set(key, found);
      }
      return found.cell;
    },
    sorted: (): readonly (readonly [string, Cell])[] =>
      [...cells]
        .sort(([a], [b]) => (a < b ? -1 : 1))
        .map(([, { labels, cell }]) => [labelText(names, labels), cell] as const),
  };
}

const head = (name: string, help: string, type: string): readonly string[] => [
  `# HELP ${name} ${help.replaceAll("\\", "\\\\").replaceAll("\n", "\\n")}`,
  `# TYPE ${name} ${type}`,
];

const labelText = (names: readonly string[], values: readonly string[]): string =>
  names.length === 0 ? "" : `{${names.map((name, i) => `${name}="${escaped(values[i] ?? "")}"`).join(",")}}`;

const withBound = (labels: string, bound: string): string =>
  labels === "" ? `{le="${bound}"}` : `${labels.slice(0, -1)},le="${bound}"}`;

const escaped = (value: string): string =>
  value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n");

function numberText(value: number): string {
  if (value === Number.POSITIVE_INFINITY) return "+Inf";
  if (value === Number.NEGATIVE_INFINITY) return "-Inf";
  return String(value);
}

import type { Run } from "@esteira/core/entities/run";
import { durationOf, userOf, valuesOf } from "../runs/run-values.ts";
import { extent, isNumber, padded, positionIn, type Range } from "./scale.ts";

/** A quantity or a kind of runs: `metrics.KEY`, `params.KEY`, `user` or `duration` (seconds). */
export interface Dimension {
  readonly id: string;
  readonly label: string;
  readonly kind: "number" | "category";
  /** One a run; undefined where it has none, or one that is no number among numbers. */
  readonly values: readonly (number | string | undefined)[];
  /** Every category, by name, numbers in names in their order; none of a quantity. */
  readonly categories: readonly string[];
}

const byName = new Intl.Collator("en", { numeric: true });

/** Params are numbers when all of them are. */
export function dimensionOf(runs: readonly Run[], id: string, label = nameOf(id)): Dimension {
  const raw = runs.map((run) => rawOf(run, id));
  const numbers = raw.map((value) => (typeof value === "string" ? numberOf(value) : value));
  const isQuantity = raw.every((value, at) => value === undefined || numbers[at] !== undefined);
  if (isQuantity && !id.startsWith("tags.") && id !== "user") {
    return {
      id,
      label,
      kind: "number",
      categories: [],
      values: numbers.map((n) => (n !== undefined && isNumber(n) ? n : undefined)),
    };
  }
  const values = raw.map((value) => (value === undefined ? undefined : String(value)));
  const categories = [...new Set(values.filter((value) => value !== undefined))].sort(byName.compare);
  return { id, label, kind: "category", values, categories };
}

const nameOf = (id: string): string => (id.includes(".") ? id.slice(id.indexOf(".") + 1) : id);

function rawOf(run: Run, id: string): number | string | undefined {
  const key = nameOf(id);
  if (id.startsWith("metrics.")) return valuesOf(run).metrics.get(key)?.value;
  if (id.startsWith("params.")) return valuesOf(run).params.get(key);
  if (id.startsWith("tags.")) return valuesOf(run).tags.get(key);
  if (id === "user") return userOf(run) || undefined;
  const duration = id === "duration" && run.info.endTime !== undefined ? durationOf(run.info, 0) : undefined;
  return duration === undefined ? undefined : duration / 1000;
}

/** A param's text as a number; undefined when it is none. */
const numberOf = (text: string): number | undefined =>
  text.trim() !== "" && /^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(text) ? Number(text) : undefined;

/** Params and metrics of runs by id: first those that differ and that half of the runs have, then what differs, then by name. */
export function choicesOf(runs: readonly Run[]): {
  readonly metrics: readonly string[];
  readonly params: readonly string[];
} {
  const inOrder = (ids: readonly string[]) => {
    const counts = new Map<string, number>();
    for (const id of ids) counts.set(id, (counts.get(id) ?? 0) + 1);
    const rank = new Map(
      [...counts].map(([id, count]) => {
        const differs = new Set(runs.map((run) => rawOf(run, id))).size > 1;
        return [id, differs ? (2 * count >= runs.length ? 0 : 1) : 2];
      }),
    );
    return [...counts.keys()].sort((a, b) => rank.get(a)! - rank.get(b)! || byName.compare(a, b));
  };
  return {
    metrics: inOrder(runs.flatMap((run) => run.data.metrics.map(({ key }) => `metrics.${key}`))),
    params: inOrder(runs.flatMap((run) => run.data.params.map(({ key }) => `params.${key}`))),
  };
}

/** Greatest over least from which positive numbers are laid out by their logarithms. */
const WIDE = 100;

/** How the values of a dimension lie on an axis. */
export interface AxisScale {
  readonly isLog: boolean;
  /** The range of a quantity; of categories, from 0 to their number. */
  readonly range: Range;
  /** 0 at the low end, 1 at the high end; undefined where the run has no place on it. */
  place(value: number | string | undefined): number | undefined;
}

/** Undefined when no run has a value. Quantities over two powers of ten, all positive, are laid out by logarithms. */
export function scaleOf(dimension: Dimension, air = 0.04): AxisScale | undefined {
  if (dimension.kind === "category") {
    const places = new Map(
      dimension.categories.map((category, at) => [category, (at + 0.5) / dimension.categories.length]),
    );
    const range: Range = [0, dimension.categories.length];
    return { isLog: false, range, place: (value) => (typeof value === "string" ? places.get(value) : undefined) };
  }
  const numbers = dimension.values.filter((value) => typeof value === "number");
  const found = extent(numbers, false);
  if (found === undefined) return undefined;
  const isLog = found[0] > 0 && found[1] / found[0] >= WIDE;
  const range = padded(found, isLog, air);
  return { isLog, range, place: (value) => (typeof value === "number" ? positionIn(range, value, isLog) : undefined) };
}

/** Parts of axes, as shares from their low ends, by the ids of their dimensions. */
export type Brushes = Readonly<Record<string, readonly [low: number, high: number]>>;

/** Which runs lie in every part that was chosen; one without a place on such an axis does not. */
export function brushed(dimensions: readonly Dimension[], brushes: Brushes, runs: number): readonly boolean[] {
  const chosen = dimensions.flatMap((dimension) => {
    const brush = brushes[dimension.id];
    const scale = scaleOf(dimension);
    return brush === undefined || scale === undefined ? [] : [{ dimension, brush, scale }];
  });
  return Array.from({ length: runs }, (_, at) =>
    chosen.every(({ dimension, brush, scale }) => {
      const place = scale.place(dimension.values[at]);
      return place !== undefined && place >= brush[0] && place <= brush[1];
    }),
  );
}

import type { Metric } from "@esteira/core/entities/metric";
import type { Range } from "./scale.ts";

/** What a curve runs along: steps, time since the run's start, the time of day, or another metric. */
export type XAxis =
  | { readonly kind: "step" }
  | { readonly kind: "relative" }
  | { readonly kind: "time" }
  | { readonly kind: "metric"; readonly key: string };

const METRIC = "metrics.";

/** The axis that the URL names; steps when it names none. */
export function parseAxis(text: string | undefined): XAxis {
  if (text === "relative" || text === "time") return { kind: text };
  return text?.startsWith(METRIC) && text.length > METRIC.length
    ? { kind: "metric", key: text.slice(METRIC.length) }
    : { kind: "step" };
}

/** The axis in the URL; steps need no word. */
export const axisText = (axis: XAxis): string | undefined =>
  axis.kind === "metric" ? `${METRIC}${axis.key}` : axis.kind === "step" ? undefined : axis.kind;

/** One run's history of one metric, as it came. */
export interface History {
  readonly points: readonly Metric[];
  /** The history of the metric of the axis, when it is one. */
  readonly along?: readonly Metric[];
  /** Milliseconds since the epoch at which the run began; relative time counts from there. */
  readonly startTime: number;
}

/**
 * Where each point lies on the axis; NaN for one that has no place on it. Time is in seconds. Along another metric a point
 * lies at that metric's value at the same step; between two steps of it, in proportion.
 */
export function places(history: History, axis: XAxis): readonly number[] {
  const { points, startTime } = history;
  switch (axis.kind) {
    case "step":
      return points.map(({ step }) => Number(step));
    case "time":
      return points.map(({ timestamp }) => Number(timestamp) / 1000);
    case "relative":
      return points.map(({ timestamp }) => (Number(timestamp) - startTime) / 1000);
    case "metric":
      return placesAlong(points, history.along ?? []);
  }
}

function placesAlong(points: readonly Metric[], along: readonly Metric[]): readonly number[] {
  let after = 0;
  return points.map(({ step }) => {
    const at = Number(step);
    while (after < along.length && Number(along[after]!.step) < at) after++;
    const next = along[after];
    if (next === undefined) return Number.NaN;
    if (Number(next.step) === at) {
      // Of several values at one step the last one counts.
      let last = after;
      while (last + 1 < along.length && Number(along[last + 1]!.step) === at) last++;
      return along[last]!.value;
    }
    const before = along[after - 1];
    if (before === undefined) return Number.NaN;
    const share = (at - Number(before.step)) / (Number(next.step) - Number(before.step));
    return before.value + (next.value - before.value) * share;
  });
}

/** The steps that a range of the axis covers in these runs, with the neighbours at both ends; undefined when it has none. */
export function stepsWithin(histories: readonly History[], axis: XAxis, [low, high]: Range): Range | undefined {
  let [first, last] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const history of histories) {
    const at = places(history, axis);
    at.forEach((place, index) => {
      if (place < low || place > high) return;
      first = Math.min(first, Number(history.points[Math.max(0, index - 1)]!.step));
      last = Math.max(last, Number(history.points[Math.min(at.length - 1, index + 1)]!.step));
    });
  }
  if (axis.kind === "step") return [Math.floor(Math.min(first, low)), Math.ceil(Math.max(last, high))];
  return first <= last ? [first, last] : undefined;
}

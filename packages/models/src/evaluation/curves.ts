import { checkBothClasses, countPositives, type Labels, type Scores } from "./rows.ts";

/** A curve for storage and drawing: parallel arrays, one entry a kept threshold, by descending threshold. */
export interface Curve {
  readonly x: readonly number[];
  readonly y: readonly number[];
  readonly threshold: readonly number[];
}

/** Recall (x) against precision (y) at the distinct thresholds of rows ranked by `rankDescending`, thinned. */
export function prCurve(order: Uint32Array, scores: Scores, labels: Labels, points = 300): Curve {
  checkBothClasses(labels);
  const positives = countPositives(labels);
  return walk(order, scores, labels, points, (caught, alerts) => [caught / positives, caught / alerts]);
}

/** False positive rate (x) against recall (y) at the distinct thresholds, from (0, 0) to (1, 1), thinned. */
export function rocCurve(order: Uint32Array, scores: Scores, labels: Labels, points = 300): Curve {
  checkBothClasses(labels);
  const positives = countPositives(labels);
  const negatives = labels.length - positives;
  const curve = walk(order, scores, labels, points, (caught, alerts) => [
    (alerts - caught) / negatives,
    caught / positives,
  ]);
  const top = curve.threshold[0]!;
  return { x: [0, ...curve.x], y: [0, ...curve.y], threshold: [top, ...curve.threshold] };
}

function walk(
  order: Uint32Array,
  scores: Scores,
  labels: Labels,
  points: number,
  at: (caught: number, alerts: number) => [number, number],
): Curve {
  const x: number[] = [];
  const y: number[] = [];
  const threshold: number[] = [];
  let caught = 0;
  let kept: [number, number] | undefined;
  for (let i = 0; i < order.length; i++) {
    caught += labels[order[i]!]!;
    const last = i === order.length - 1;
    if (!last && scores[order[i]!] === scores[order[i + 1]!]) continue;
    const point = at(caught, i + 1);
    // Kept when it moved by a visible step in either direction: the eye loses nothing, the file hundreds of kilobytes.
    const moved = kept === undefined ? 1 : Math.max(Math.abs(point[0] - kept[0]), Math.abs(point[1] - kept[1]));
    if (!last && moved < 1 / points) continue;
    kept = point;
    x.push(point[0]);
    y.push(point[1]);
    threshold.push(scores[order[i]!]!);
  }
  return { x, y, threshold };
}

import type { Metric } from "@esteira/core/entities/metric";

/** What MLflow stores for infinities: no chart can show them. */
const LARGEST = 1.7976931348623157e308;

export interface Line {
  readonly label: string;
  readonly color: string;
  readonly points: readonly Metric[];
}

export interface Aligned {
  /** Steps of all lines, ascending, each once. */
  readonly steps: readonly number[];
  /** One list a line, as long as `steps`; null where the line has no drawable value. */
  readonly values: readonly (readonly (number | null)[])[];
}

const drawable = (value: number, log: boolean): number | null =>
  Number.isFinite(value) && Math.abs(value) < LARGEST && (!log || value > 0) ? value : null;

/** Lines over one axis of steps. Of several values at one step the last logged is shown; a log scale has only positives. */
export function aligned(lines: readonly Line[], log: boolean): Aligned {
  const steps = [...new Set(lines.flatMap((line) => line.points.map((point) => Number(point.step))))].sort(
    (a, b) => a - b,
  );
  const index = new Map(steps.map((step, at) => [step, at]));
  const values = lines.map((line) => {
    const row = new Array<number | null>(steps.length).fill(null);
    for (const point of line.points) row[index.get(Number(point.step))!] = drawable(point.value, log);
    return row;
  });
  return { steps, values };
}

export const hasPoints = (data: Aligned): boolean => data.values.some((row) => row.some((value) => value !== null));

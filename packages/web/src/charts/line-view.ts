import { clipped, extent, padded, type Range } from "./scale.ts";
import { aligned, hasPoints, type Line, type LogScales } from "./series.ts";

export interface LineView {
  readonly x: Range;
  readonly y: Range;
  /** Points in view that clipping leaves outside. */
  readonly outside: number;
}

type DrawnLine = Pick<Line, "x" | "y" | "band">;

/** What part of the plane is shown; undefined when no line has a point that the scales can show. */
export function lineView(
  lines: readonly DrawnLine[],
  faint: readonly DrawnLine[],
  log: LogScales,
  range: Range | undefined,
  clip: boolean,
): LineView | undefined {
  const data = aligned(lines, log);
  if (!hasPoints(data)) return undefined;
  const whole = extent(data.x, log.x)!;
  const x: Range =
    range !== undefined && !(log.x && range[0] <= 0) ? range : whole[0] < whole[1] ? whole : padded(whole, log.x);
  const values: number[] = [];
  for (const line of [...lines, ...faint]) {
    line.x.forEach((at, index) => {
      if (at < x[0] || at > x[1]) return;
      values.push(line.y[index]!);
      if (line.band !== undefined) values.push(line.band.low[index]!, line.band.high[index]!);
    });
  }
  // A part of the axis without points keeps the values that lie around it.
  const bare =
    extent(values, log.y) ??
    extent(
      data.values.flatMap((row) => row.filter((v) => v !== null)),
      log.y,
    )!;
  const core = clip ? (clipped(values, log.y) ?? bare) : bare;
  const y = padded(core, log.y);
  const outside = clip
    ? values.filter((v) => Number.isFinite(v) && (v < y[0] || v > y[1]) && (!log.y || v > 0)).length
    : 0;
  return { x, y, outside };
}

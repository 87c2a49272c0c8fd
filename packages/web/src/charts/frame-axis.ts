import { type AxisScale, type Dimension, scaleOf } from "./dimensions.ts";
import type { FrameAxis } from "./frame.tsx";
import { positionIn, ticks } from "./scale.ts";

/** Marks of a dimension's axis: its categories, or round numbers. */
export function marksOf(
  dimension: Dimension,
  scale: AxisScale,
  count: number,
  format: (value: number) => string,
): FrameAxis["marks"] {
  if (dimension.kind === "category") return dimension.categories.map((text) => ({ place: scale.place(text)!, text }));
  return ticks(scale.range, count, scale.isLog).map((mark) => ({
    place: positionIn(scale.range, mark, scale.isLog),
    text: format(mark),
  }));
}

/** A dimension as an axis of a frame; undefined when no run has a place on it. */
export function frameAxis(
  dimension: Dimension,
  count: number,
  format: (value: number) => string,
): { readonly axis: FrameAxis; readonly scale: AxisScale } | undefined {
  const scale = scaleOf(dimension);
  if (scale === undefined) return undefined;
  const title = scale.isLog ? `${dimension.label} (log)` : dimension.label;
  return { scale, axis: { title, marks: marksOf(dimension, scale, count, format) } };
}

import { curveLinear, curveStepAfter, line as path } from "d3-shape";
import { type Axis, type LegendEntry, type PictureText, type Plot, picture, plot } from "./frame.ts";
import { coordinate, element, label, line } from "./svg.ts";
import { type Color, paint, SERIES, SIZE, textWidth } from "./theme.ts";

export interface Series {
  readonly name: string;
  readonly x: readonly number[];
  /** NaN leaves a gap. */
  readonly y: readonly number[];
  /** A band around the line. */
  readonly low?: readonly number[];
  readonly high?: readonly number[];
  readonly color?: Color;
  readonly dashed?: boolean;
  readonly stepped?: boolean;
  /** Draws a dot at every point: for a dozen points or fewer, where each is an observation. */
  readonly dots?: boolean;
}

export interface LineChart extends PictureText {
  readonly x: Axis;
  readonly y: Axis;
  readonly series: readonly Series[];
  /** Horizontal limits with their words. */
  readonly limits?: readonly { readonly at: number; readonly text: string; readonly color?: Color }[];
  /** Stretches of x that need a remark (immature labels, a change of model). */
  readonly spans?: readonly { readonly from: number; readonly to: number; readonly text: string }[];
  /** A point worth a mark: the threshold in use. */
  readonly marks?: readonly { readonly x: number; readonly y: number; readonly text: string }[];
}

/** Lines over one pair of axes. The base of the PR, ROC and time pictures. */
export function lineChart(chart: LineChart): string {
  const colors = chart.series.map((series, i) => series.color ?? SERIES[i % SERIES.length]!);
  const limits = chart.limits ?? [];
  // One line alone is named by the title. Limits are named here too: inside the plot their words would cross the lines.
  const legend: LegendEntry[] =
    chart.series.length + limits.length < 2
      ? []
      : [
          ...chart.series.map((series, i) => ({
            text: series.name,
            color: colors[i]!,
            dashed: series.dashed === true,
          })),
          ...limits.map(({ text, color }) => ({ text, color: color ?? ("muted" as const), dashed: true })),
        ];
  return picture(chart, legend, (box) => {
    const plotted = plot(box, chart.x, chart.y);
    const { x, y } = plotted;
    let markup = "";
    for (const span of chart.spans ?? []) {
      const left = x(span.from);
      const width = x(span.to) - left;
      markup += element("rect", {
        x: left,
        y: plotted.box.top,
        width,
        height: plotted.box.bottom - plotted.box.top,
        fill: paint("quiet"),
        "fill-opacity": 0.22,
      });
      if (textWidth(span.text, SIZE.tick) < width - 8)
        markup += label(left + width / 2, plotted.box.top + 10, span.text, { anchor: "middle" });
    }
    markup += plotted.markup;
    for (const limit of limits) {
      const color = limit.color ?? "muted";
      markup += line(plotted.box.left, y(limit.at), plotted.box.right, y(limit.at), color, {
        "stroke-dasharray": "5 4",
      });
    }
    chart.series.forEach((series, i) => {
      markup += drawSeries(series, colors[i]!, plotted);
    });
    for (const mark of chart.marks ?? []) markup += drawMark(mark, plotted);
    return markup;
  });
}

function drawSeries(series: Series, color: Color, { x, y }: Plot): string {
  let markup = "";
  const points = series.x.map((at, i) => [x(at), y(series.y[i]!)] as [number, number]);
  if (series.low !== undefined && series.high !== undefined) {
    const upper = series.x.map((at, i) => [x(at), y(series.high![i]!)] as [number, number]);
    const lower = series.x.map((at, i) => [x(at), y(series.low![i]!)] as [number, number]).reverse();
    const outline = [...upper, ...lower].filter(([, height]) => Number.isFinite(height));
    const d = outline.map(([px, py]) => `${coordinate(px)} ${coordinate(py)}`).join("L");
    if (outline.length > 2) markup += element("path", { d: `M${d}Z`, fill: paint(color), "fill-opacity": 0.14 });
  }
  const draw = path<[number, number]>()
    .digits(2)
    .defined(([, height]) => Number.isFinite(height))
    .curve(series.stepped === true ? curveStepAfter : curveLinear);
  markup += element("path", {
    d: draw(points) ?? "",
    fill: "none",
    stroke: paint(color),
    "stroke-width": series.dashed === true ? 1.5 : 2,
    "stroke-linejoin": "round",
    "stroke-linecap": "round",
    "stroke-dasharray": series.dashed === true ? "1 5" : undefined,
  });
  if (series.dots === true) {
    for (const [cx, cy] of points) {
      if (!Number.isFinite(cy)) continue;
      markup += element("circle", { cx, cy, r: 3.2, fill: paint("paper"), stroke: paint(color), "stroke-width": 1.8 });
    }
  }
  return markup;
}

function drawMark(mark: { x: number; y: number; text: string }, { x, y, box }: Plot): string {
  const cx = x(mark.x);
  const cy = y(mark.y);
  const width = textWidth(mark.text, SIZE.label);
  const toLeft = cx + 12 + width > box.right;
  const above = cy - 16 > box.top;
  return (
    element("circle", { cx, cy, r: 5, fill: paint("paper"), stroke: paint("ink"), "stroke-width": 2 }) +
    element("rect", {
      x: toLeft ? cx - 14 - width : cx + 6,
      y: (above ? cy - 14 : cy + 14) - 9,
      width: width + 8,
      height: 18,
      rx: 3,
      fill: paint("paper"),
      "fill-opacity": 0.8,
    }) +
    label(toLeft ? cx - 10 : cx + 10, above ? cy - 14 : cy + 14, mark.text, {
      anchor: toLeft ? "end" : "start",
      color: "ink",
      size: SIZE.label,
    })
  );
}

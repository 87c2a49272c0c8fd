import { type ScaleContinuousNumeric, scaleLinear, scaleLog } from "d3-scale";
import { element, escapeText, label, line } from "./svg.ts";
import { type Color, clip, FONT, paint, SIZE, textWidth, themeCss } from "./theme.ts";

/** Words of a picture and its size in pixels (600 to 900 is what it is drawn for). */
export interface PictureText {
  readonly title: string;
  /** One line: what to read from it, the figure that matters. */
  readonly subtitle?: string;
  readonly width?: number;
  readonly height?: number;
  /** For numbers and dates; `en` or `pt-BR`. */
  readonly locale?: string;
}

export interface LegendEntry {
  readonly text: string;
  readonly color: Color;
  readonly dashed?: boolean;
}

export interface Box {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export type NumberScale = ScaleContinuousNumeric<number, number>;

export interface Axis {
  readonly title: string;
  readonly domain: readonly [number, number];
  readonly log?: boolean;
  readonly format: (value: number) => string;
  /** Preferred ticks; otherwise round numbers. */
  readonly ticks?: readonly number[];
}

const MARGIN = 20;

/** The whole SVG: background, title, subtitle, legend, and what `draw` puts into the box that remains. */
export function picture(text: PictureText, legend: readonly LegendEntry[], draw: (box: Box) => string): string {
  const width = text.width ?? 760;
  const height = text.height ?? 460;
  let top = MARGIN + SIZE.title / 2;
  let content = label(MARGIN, top, clip(text.title, width - 2 * MARGIN, SIZE.title), {
    size: SIZE.title,
    color: "ink",
    weight: 600,
  });
  if (text.subtitle !== undefined) {
    top += 22;
    content += label(MARGIN, top, clip(text.subtitle, width - 2 * MARGIN, SIZE.subtitle), { size: SIZE.subtitle });
  }
  top += 24;
  if (legend.length > 0) {
    const drawn = drawLegend(legend, MARGIN, top, width - MARGIN);
    content += drawn.markup;
    top = drawn.bottom + 12;
  }
  content += draw({ left: MARGIN, top, right: width - MARGIN, bottom: height - MARGIN });
  return element(
    "svg",
    {
      xmlns: "http://www.w3.org/2000/svg",
      viewBox: `0 0 ${width} ${height}`,
      width: String(width),
      height: String(height),
      role: "img",
      "aria-label": text.title,
      class: "esteira-picture",
      style: "max-width:100%;height:auto",
      "font-family": FONT,
    },
    `<title>${escapeText(text.title)}</title><style>${themeCss(".esteira-picture")}</style>${element("rect", {
      width: "100%",
      height: "100%",
      fill: paint("paper"),
    })}${content}`,
  );
}

function drawLegend(entries: readonly LegendEntry[], left: number, top: number, right: number) {
  let x = left;
  let y = top;
  let markup = "";
  for (const entry of entries) {
    const text = clip(entry.text, right - left - 30, SIZE.label);
    const width = 26 + textWidth(text, SIZE.label) + 18;
    if (x + width > right && x > left) {
      x = left;
      y += 20;
    }
    markup += line(x, y, x + 18, y, entry.color, {
      "stroke-width": 3,
      "stroke-linecap": "round",
      "stroke-dasharray": entry.dashed === true ? "1 6" : undefined,
    });
    markup += label(x + 26, y, text, { size: SIZE.label, color: "ink" });
    x += width;
  }
  return { markup, bottom: y + 8 };
}

export interface Plot {
  readonly x: NumberScale;
  readonly y: NumberScale;
  readonly box: Box;
  /** Grid, axes and their titles. */
  readonly markup: string;
}

/** Two axes in a box, with as many ticks as fit without touching. */
export function plot(box: Box, xAxis: Axis, yAxis: Axis): Plot {
  const bottom = box.bottom - 40;
  const y = scaleOf(yAxis, [bottom, box.top + 18]);
  const yTicks = ticksOf(y, yAxis, Math.max(2, Math.floor((bottom - box.top) / 46)));
  const yWidth = Math.max(...yTicks.map((tick) => textWidth(yAxis.format(tick), SIZE.tick)), 8);
  const left = box.left + yWidth + 8;
  const right = box.right - 6;
  const x = scaleOf(xAxis, [left, right]);
  let count = 9;
  let xTicks = ticksOf(x, xAxis, count);
  while (count > 2 && !fits(xTicks, x, xAxis)) xTicks = ticksOf(x, xAxis, --count);
  if (!fits(xTicks, x, xAxis)) xTicks = thin(xTicks, x, xAxis);

  let markup = label(box.left, box.top + 2, yAxis.title, { size: SIZE.label });
  for (const tick of yTicks) {
    markup += line(left, y(tick), right, y(tick), "grid");
    markup += label(left - 8, y(tick), yAxis.format(tick), { anchor: "end" });
  }
  markup += line(left, bottom, right, bottom, "axis");
  for (const tick of xTicks) {
    markup += line(x(tick), bottom, x(tick), bottom + 4, "axis");
    const text = xAxis.format(tick);
    // The outermost labels stay inside the picture.
    const half = textWidth(text, SIZE.tick) / 2;
    const at = Math.min(Math.max(x(tick), box.left + half), box.right - half);
    markup += label(at, bottom + 14, text, { anchor: "middle" });
  }
  markup += label((left + right) / 2, box.bottom - 6, xAxis.title, { anchor: "middle", size: SIZE.label });
  return { x, y, box: { left, right, top: box.top + 18, bottom }, markup };
}

const scaleOf = (axis: Axis, range: [number, number]): NumberScale =>
  (axis.log === true ? scaleLog() : scaleLinear()).domain(axis.domain).range(range);

function ticksOf(scale: NumberScale, axis: Axis, count: number): readonly number[] {
  if (axis.ticks !== undefined) return axis.ticks;
  const ticks = scale.ticks(count);
  if (axis.log !== true) return ticks;
  const decades = ticks.filter((tick) => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9);
  return decades.length >= 2 ? decades : ticks;
}

function fits(ticks: readonly number[], scale: NumberScale, axis: Axis): boolean {
  return ticks.every((tick, i) => {
    const next = ticks[i + 1];
    if (next === undefined) return true;
    const widths = textWidth(axis.format(tick), SIZE.tick) + textWidth(axis.format(next), SIZE.tick);
    return Math.abs(scale(next) - scale(tick)) >= widths / 2 + 10;
  });
}

function thin(ticks: readonly number[], scale: NumberScale, axis: Axis): readonly number[] {
  for (let step = 2; step < ticks.length; step++) {
    const kept = ticks.filter((_, i) => i % step === 0);
    if (fits(kept, scale, axis)) return kept;
  }
  return ticks.slice(0, 1);
}

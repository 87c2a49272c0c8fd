import { scaleLinear } from "d3-scale";
import { formats } from "./format.ts";
import { type PictureText, picture } from "./frame.ts";
import { element, label, line } from "./svg.ts";
import { type Color, clip, paint, SIZE, textWidth } from "./theme.ts";

export interface Bar {
  readonly name: string;
  readonly value: number;
  readonly color?: Color;
  /** Said at the bar's end instead of the value. */
  readonly text?: string;
  /** An interval drawn over the bar's end. */
  readonly low?: number;
  readonly high?: number;
}

/** Horizontal bars in the order given, each with its value at its end. Grows with the number of bars. */
export function barPicture(
  text: PictureText & {
    readonly bars: readonly Bar[];
    readonly format?: (value: number) => string;
    /** The end of the scale; the largest value when absent. */
    readonly max?: number;
  },
): string {
  const format = text.format ?? formats(text.locale).number;
  const top = text.subtitle === undefined ? 76 : 98;
  return picture({ ...text, height: text.height ?? top + text.bars.length * 24 + 8 }, [], (box) => {
    const names = Math.min(
      Math.max(...text.bars.map((bar) => textWidth(bar.name, SIZE.label)), 40),
      (box.right - box.left) * 0.42,
    );
    const ends = Math.max(...text.bars.map((bar) => textWidth(bar.text ?? format(bar.value), SIZE.tick)), 20);
    const left = box.left + names + 12;
    const max = text.max ?? Math.max(...text.bars.map((bar) => Math.max(bar.value, bar.high ?? 0)), 0);
    const x = scaleLinear()
      .domain([0, max > 0 ? max : 1])
      .range([left, box.right - ends - 10]);
    const step = (box.bottom + 12 - box.top) / Math.max(1, text.bars.length);
    let markup = "";
    text.bars.forEach((bar, i) => {
      const middle = box.top + step * (i + 0.5) - 6;
      const value = Number.isFinite(bar.value) ? bar.value : 0;
      const color = bar.color ?? "one";
      markup += label(left - 12, middle, clip(bar.name, names + 1, SIZE.label), {
        anchor: "end",
        color: "ink",
        size: SIZE.label,
      });
      markup += element("rect", {
        x: left,
        y: middle - 7,
        width: Math.max(1, x(value) - left),
        height: 14,
        rx: 2,
        fill: paint(color),
      });
      let end = x(value);
      if (bar.low !== undefined && bar.high !== undefined) {
        markup += line(x(bar.low), middle, x(bar.high), middle, "ink", { "stroke-width": 1.5, "stroke-opacity": 0.7 });
        end = Math.max(end, x(bar.high));
      }
      markup += label(end + 8, middle, bar.text ?? format(bar.value), { color: "muted" });
    });
    return markup + line(left, box.top - 8, left, box.top + step * text.bars.length - 8, "axis");
  });
}

/** The features by share of the model's gain, largest first. */
export function importancePicture(
  text: Partial<PictureText> & {
    readonly features: readonly { readonly name: string; readonly value: number }[];
    readonly top?: number;
  },
): string {
  const shown = [...text.features].sort((a, b) => b.value - a.value).slice(0, text.top ?? 20);
  const total = text.features.reduce((sum, feature) => sum + feature.value, 0);
  return barPicture({
    title: "Importance of features",
    subtitle: `Share of the total gain${text.features.length > shown.length ? `; first ${shown.length} of ${text.features.length}` : ""}`,
    ...text,
    bars: shown.map(({ name, value }) => ({ name, value: total === 0 ? 0 : value / total })),
    format: formats(text.locale).percentShort,
  });
}

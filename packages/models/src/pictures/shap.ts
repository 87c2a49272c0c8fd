import { scaleLinear } from "d3-scale";
import { barPicture } from "./bars.ts";
import { formats } from "./format.ts";
import { type PictureText, picture, plot } from "./frame.ts";
import { element, label, line } from "./svg.ts";
import { clip, paint, SIZE, textWidth } from "./theme.ts";

/** SHAP values of some rows: `contributions[f][row]` in the margin's unit (log-odds), `values[f][row]` the feature itself. */
export interface Contributions {
  readonly names: readonly string[];
  readonly contributions: readonly ArrayLike<number>[];
  readonly values: readonly ArrayLike<number>[];
}

interface Ranked {
  readonly name: string;
  readonly mean: number;
  readonly index: number;
}

function rankByMean({ names, contributions }: Contributions, top: number): Ranked[] {
  return names
    .map((name, index) => {
      const column = contributions[index]!;
      let sum = 0;
      for (let row = 0; row < column.length; row++) sum += Math.abs(column[row]!);
      return { name, index, mean: column.length === 0 ? 0 : sum / column.length };
    })
    .sort((a, b) => b.mean - a.mean)
    .slice(0, top);
}

/** Mean |contribution| of each feature, largest first. */
export function shapBarPicture(
  text: Partial<PictureText> & { readonly shap: Contributions; readonly top?: number },
): string {
  return barPicture({
    title: "What moves the score",
    subtitle: `Mean absolute contribution (SHAP, log-odds) over ${formats(text.locale).count(text.shap.contributions[0]?.length ?? 0)} transfers`,
    ...text,
    bars: rankByMean(text.shap, text.top ?? 20).map(({ name, mean }) => ({ name, value: mean })),
    format: formats(text.locale).figure,
  });
}

/** Each row a dot: to the right it raises the score; its colour is the feature's own value, from low to high. */
export function shapBeeswarmPicture(
  text: Partial<PictureText> & { readonly shap: Contributions; readonly top?: number; readonly maxDots?: number },
): string {
  const ranked = rankByMean(text.shap, text.top ?? 15);
  const maxDots = text.maxDots ?? 220;
  const rowHeight = 30;
  const { number } = formats(text.locale);
  return picture(
    {
      title: "How each feature moves the score",
      subtitle: "A dot is a transfer; to the right it raises the suspicion. Colour: the feature's value",
      height: 172 + ranked.length * rowHeight,
      ...text,
    },
    [
      { text: "low value", color: "one" },
      { text: "high value", color: "two" },
      { text: "no value", color: "quiet" },
    ],
    (box) => {
      const names = Math.min(
        Math.max(...ranked.map(({ name }) => textWidth(name, SIZE.label)), 40),
        (box.right - box.left) * 0.38,
      );
      let low = 0;
      let high = 0;
      for (const { index } of ranked) {
        const column = text.shap.contributions[index]!;
        for (let row = 0; row < column.length; row++) {
          low = Math.min(low, column[row]!);
          high = Math.max(high, column[row]!);
        }
      }
      const room = (high - low || 1) * 0.03;
      const {
        x,
        markup: axes,
        box: inner,
      } = plot(
        { ...box, left: box.left + names },
        { title: "Contribution to the log-odds", domain: [low - room, high + room], format: number },
        { title: "", domain: [0, 1], ticks: [], format: number },
      );
      const step = (inner.bottom - inner.top) / Math.max(1, ranked.length);
      let markup = axes + line(x(0), inner.top, x(0), inner.bottom, "axis");
      ranked.forEach(({ name, index }, place) => {
        const middle = inner.top + step * (place + 0.5);
        markup += line(inner.left, middle, inner.right, middle, "grid", { "stroke-dasharray": "1 4" });
        markup += label(inner.left - 8, middle, clip(name, names + 1, SIZE.label), {
          anchor: "end",
          color: "ink",
          size: SIZE.label,
        });
        markup += swarm(text.shap, index, { x, middle, height: step, maxDots });
      });
      return markup;
    },
  );
}

function swarm(
  shap: Contributions,
  feature: number,
  at: { x: (value: number) => number; middle: number; height: number; maxDots: number },
): string {
  const contributions = shap.contributions[feature]!;
  const values = shap.values[feature]!;
  const stride = Math.max(1, Math.ceil(contributions.length / at.maxDots));
  const rows: number[] = [];
  for (let row = 0; row < contributions.length; row += stride) rows.push(row);
  // Colour by rank: one outlier would otherwise paint all others alike.
  const present = rows.filter((row) => !Number.isNaN(values[row]!));
  const sorted = Float64Array.from(present, (row) => values[row]!).sort();
  const [lowest, highest] = [rankOf(sorted, sorted[0] ?? 0), rankOf(sorted, sorted.at(-1) ?? 0)];
  const shade = scaleLinear().domain([lowest, Math.max(lowest + 1, highest)]);
  // Dots of one place are stacked up and down; a tall stack is packed closer, so that it stays in its lane.
  const stacks = new Map<number, number>();
  const placeOf = (row: number) => Math.round(at.x(contributions[row]!) / 4);
  for (const row of rows) stacks.set(placeOf(row), (stacks.get(placeOf(row)) ?? 0) + 1);
  const spacing = Math.min(2.6, (at.height - 8) / Math.max(1, ...stacks.values()));
  const taken = new Map<number, number>();
  // One path of dots for each shade: a tenth of the bytes of a circle each.
  const dots = new Map<string, string>();
  for (const row of rows) {
    const cx = at.x(contributions[row]!);
    const stacked = taken.get(placeOf(row)) ?? 0;
    taken.set(placeOf(row), stacked + 1);
    const cy = at.middle + (stacked % 2 === 0 ? 1 : -1) * Math.ceil(stacked / 2) * spacing;
    const value = values[row]!;
    const stroke = Number.isNaN(value)
      ? paint("quiet")
      : `color-mix(in oklab, ${paint("two")} ${Math.round(shade(rankOf(sorted, value)) * 8) * 12.5}%, ${paint("one")})`;
    dots.set(stroke, `${dots.get(stroke) ?? ""}M${cx.toFixed(1)} ${cy.toFixed(1)}h0`);
  }
  return [...dots]
    .map(([stroke, d]) =>
      element("path", {
        d,
        fill: "none",
        style: `stroke:${stroke}`,
        "stroke-width": 4.2,
        "stroke-linecap": "round",
        "stroke-opacity": 0.8,
      }),
    )
    .join("");
}

/** Middle position of a value among ascending values. */
function rankOf(sorted: Float64Array, value: number): number {
  let low = 0;
  let high = sorted.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle]! < value) low = middle + 1;
    else high = middle;
  }
  let end = low;
  while (end < sorted.length && sorted[end] === value) end++;
  return (low + Math.max(low, end - 1)) / 2;
}

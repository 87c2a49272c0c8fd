import type { ScoreHistogram } from "../evaluation/score-histogram.ts";
import { formats } from "./format.ts";
import { type PictureText, picture, plot } from "./frame.ts";
import { element, label, line } from "./svg.ts";
import { type Color, paint } from "./theme.ts";

/** Where the scores of frauds and of honest transfers lie, each class as shares of its own, on a logarithmic scale. */
export function scoreHistogramPicture(
  text: Partial<PictureText> & { readonly histogram: ScoreHistogram; readonly threshold?: number },
): string {
  const { edges, honest, fraud } = text.histogram;
  const { percent, number } = formats(text.locale);
  const top = Math.max(...honest, ...fraud, 0.01);
  return picture(
    { title: "Scores of frauds and of honest transfers", subtitle: "Share of each class by score", ...text },
    [
      { text: "Fraud", color: "two" },
      { text: "Honest", color: "one" },
    ],
    (box) => {
      const plotted = plot(
        box,
        { title: "Score", domain: [edges[0]!, edges.at(-1)!], log: true, format: number },
        { title: "Share of the class", domain: [0, top * 1.08], format: percent },
      );
      const { x, y } = plotted;
      let markup = plotted.markup;
      for (const [shares, color] of [
        [honest, "one"],
        [fraud, "two"],
      ] as const satisfies readonly (readonly [readonly number[], Color])[]) {
        shares.forEach((share, bin) => {
          if (share === 0) return;
          const left = x(edges[bin]!);
          markup += element("rect", {
            x: left + 0.5,
            y: y(share),
            width: Math.max(1, x(edges[bin + 1]!) - left - 1),
            height: y(0) - y(share),
            fill: paint(color),
            "fill-opacity": 0.55,
          });
        });
      }
      const threshold = text.threshold;
      if (threshold !== undefined && threshold >= edges[0]! && threshold <= 1) {
        const at = x(threshold);
        markup += line(at, plotted.box.top, at, plotted.box.bottom, "ink", { "stroke-dasharray": "5 4" });
        const left = at > (plotted.box.left + plotted.box.right) / 2;
        markup += label(left ? at - 8 : at + 8, plotted.box.top + 6, `threshold ${number(threshold)}`, {
          anchor: left ? "end" : "start",
          color: "ink",
        });
      }
      return markup;
    },
  );
}

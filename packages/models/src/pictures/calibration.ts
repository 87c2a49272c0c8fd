import type { CalibrationBin } from "../evaluation/calibration.ts";
import { wilson } from "../evaluation/interval.ts";
import { formats } from "./format.ts";
import { type PictureText, picture, plot } from "./frame.ts";
import { element, line } from "./svg.ts";
import { paint } from "./theme.ts";

/** Predicted probability against the share of frauds, on logarithmic axes, each bin with its 95 % interval. */
export function calibrationPicture(
  text: Partial<PictureText> & { readonly bins: readonly CalibrationBin[]; readonly ece?: number },
): string {
  const { percent } = formats(text.locale);
  const intervals = text.bins.map((bin) => wilson(bin.positives, bin.rows));
  const positive = [
    ...text.bins.flatMap((bin) => [bin.predicted, bin.observed]),
    ...intervals.map((interval) => interval.high),
  ].filter((value) => value > 0);
  const floor = Math.max(1e-6, 10 ** Math.floor(Math.log10(Math.min(...positive, 0.1))));
  const axis = { domain: [floor, 1] as const, log: true, format: percent };
  return picture(
    {
      title: "Calibration",
      subtitle: `On the diagonal the probabilities mean what they say${text.ece === undefined ? "" : `; expected calibration error ${formats(text.locale).number(Number(text.ece.toPrecision(2)))}`}`,
      height: 500,
      ...text,
    },
    [
      { text: "Bins of equal expected frauds, with 95 % interval", color: "one" },
      { text: "Perfect", color: "muted", dashed: true },
    ],
    (box) => {
      const plotted = plot(box, { ...axis, title: "Predicted probability" }, { ...axis, title: "Share of frauds" });
      const { x, y } = plotted;
      let markup = `${plotted.markup}${line(x(floor), y(floor), x(1), y(1), "muted", { "stroke-dasharray": "1 5", "stroke-width": 1.5, "stroke-linecap": "round" })}`;
      text.bins.forEach((bin, i) => {
        const cx = x(Math.max(bin.predicted, floor));
        const { low, high } = intervals[i]!;
        markup += line(cx, y(Math.max(low, floor)), cx, y(Math.max(high, floor)), "one", { "stroke-opacity": 0.5 });
        if (bin.observed >= floor) markup += element("circle", { cx, cy: y(bin.observed), r: 4.5, fill: paint("one") });
      });
      return markup;
    },
  );
}

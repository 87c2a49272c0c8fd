import type { Curve } from "../evaluation/curves.ts";
import { formats } from "./format.ts";
import type { Axis, PictureText } from "./frame.ts";
import { lineChart } from "./line-chart.ts";

export interface CurveOf {
  readonly name: string;
  readonly curve: Curve;
  /** Area under it, said beside the name. */
  readonly area: number;
}

const UNIT_TICKS = [0, 0.2, 0.4, 0.6, 0.8, 1];

const unitAxis = (title: string, locale: string | undefined): Axis => ({
  title,
  domain: [0, 1],
  ticks: UNIT_TICKS,
  format: formats(locale).percent,
});

/** Precision by recall, with the random ranking (the prevalence) and the threshold in use. */
export function prPicture(
  text: Partial<PictureText> & {
    readonly curves: readonly CurveOf[];
    readonly prevalence: number;
    readonly at?: { readonly recall: number; readonly precision: number; readonly text: string };
  },
): string {
  const { figure, percent } = formats(text.locale);
  return lineChart({
    title: "Precision and recall",
    subtitle: `A random ranking would have a precision of ${percent(Number(text.prevalence.toPrecision(2)))} at every recall`,
    height: 500,
    ...text,
    x: unitAxis("Recall", text.locale),
    y: unitAxis("Precision", text.locale),
    series: [
      ...text.curves.map(({ name, curve, area }) => ({
        name: `${name} (AP ${figure(area)})`,
        x: [0, ...curve.x],
        y: [curve.y[0] ?? Number.NaN, ...curve.y],
      })),
      {
        name: "Random",
        x: [0, 1],
        y: [text.prevalence, text.prevalence],
        dashed: true,
        color: "muted",
      },
    ],
    ...(text.at === undefined ? {} : { marks: [{ x: text.at.recall, y: text.at.precision, text: text.at.text }] }),
  });
}

/** Recall by false positive rate. The left tenth of a per cent decides in practice; the PR picture shows it. */
export function rocPicture(
  text: Partial<PictureText> & {
    readonly curves: readonly CurveOf[];
    readonly at?: { readonly falsePositiveRate: number; readonly recall: number; readonly text: string };
  },
): string {
  const { figure } = formats(text.locale);
  return lineChart({
    title: "ROC: recall by false positive rate",
    height: 500,
    ...text,
    x: unitAxis("False positive rate", text.locale),
    y: unitAxis("Recall", text.locale),
    series: [
      ...text.curves.map(({ name, curve, area }) => ({
        name: `${name} (AUC ${figure(area)})`,
        x: curve.x,
        y: curve.y,
      })),
      { name: "Random", x: [0, 1], y: [0, 1], dashed: true, color: "muted" },
    ],
    ...(text.at === undefined
      ? {}
      : { marks: [{ x: text.at.falsePositiveRate, y: text.at.recall, text: text.at.text }] }),
  });
}

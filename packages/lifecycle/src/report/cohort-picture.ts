import { formats } from "@esteira/models/pictures/format";
import { picture, plot } from "@esteira/models/pictures/frame";
import { element, label, line } from "@esteira/models/pictures/svg";
import { paint, SIZE, textWidth } from "@esteira/models/pictures/theme";
import type { Cohort } from "../monitoring/performance.ts";
import type { Page } from "./page.ts";

/** Recall of each cohort with its interval. The young ones are hollow, and stand on a ground that says so. */
export function cohortPicture({ report, words, figures, language }: Page, width: number): string {
  const { cohorts } = report.performance;
  const before = report.novelty.all.referenceRecall;
  const from = cohorts[0]?.from ?? report.window.from;
  const to = cohorts.at(-1)?.to ?? report.window.to;
  const young = cohorts.find((cohort) => !cohort.mature);
  const legend = [
    ...(young === cohorts[0] ? [] : [{ text: words.legendMature, color: "one" as const }]),
    ...(young === undefined ? [] : [{ text: words.legendYoung, color: "muted" as const }]),
    ...(Number.isFinite(before) ? [{ text: words.legendBefore, color: "two" as const, dashed: true }] : []),
  ];
  return picture({ title: words.recallByCohort, width, height: 300, locale: language }, legend, (box) => {
    const {
      x,
      y,
      box: inner,
      markup: axes,
    } = plot(
      box,
      { title: "", domain: [from, to], ticks: cohorts.map((cohort) => cohort.from), format: formats(language).day },
      { title: "", domain: [0, 1], ticks: [0, 0.25, 0.5, 0.75, 1], format: figures.percent },
    );
    let markup = "";
    if (young !== undefined) {
      const left = x(young.from);
      markup += element("rect", {
        x: left,
        y: inner.top,
        width: inner.right - left,
        height: inner.bottom - inner.top,
        fill: paint("quiet"),
        "fill-opacity": 0.18,
      });
      if (textWidth(words.stillArriving, SIZE.tick) < inner.right - left - 8)
        markup += label((left + inner.right) / 2, inner.top - 9, words.stillArriving, { anchor: "middle" });
    }
    markup += axes;
    if (Number.isFinite(before))
      markup += line(inner.left, y(before), inner.right, y(before), "two", {
        "stroke-width": 1.5,
        "stroke-dasharray": "1 5",
        "stroke-linecap": "round",
      });
    return markup + cohorts.map((cohort) => mark(cohort, x, y)).join("");
  });
}

function mark(cohort: Cohort, x: (time: number) => number, y: (share: number) => number): string {
  if (!Number.isFinite(cohort.recall)) return "";
  const at = x((cohort.from + cohort.to) / 2);
  const color = cohort.mature ? "one" : "muted";
  const { low, high } = cohort.recallInterval;
  return (
    line(at, y(low), at, y(high), color, {
      "stroke-width": 2,
      "stroke-opacity": 0.6,
      "stroke-dasharray": cohort.mature ? undefined : "3 3",
    }) +
    element("circle", {
      cx: at,
      cy: y(cohort.recall),
      r: 5,
      fill: paint(cohort.mature ? "one" : "paper"),
      stroke: paint(color),
      "stroke-width": 2,
    })
  );
}

import { count } from "./count.ts";

export const charts = {
  logScale: "Log scale",
  smoothing: "Smoothing",
  searchLabel: "Search charts",
  noSeries: "No metric of this run has more than one step. Log one with a step to see its curve here.",
  noSeriesCompare: "None of these runs has a metric with more than one step.",
  finalValues: "Single values",
  summary: (metric: string, series: number, points: number) =>
    `${metric}: ${count(series, "line", "lines")}, ${count(points, "point", "points")}`,
  noPoints: "No finite values to draw.",
  zoomHint: "Drag to zoom, double-click to go back",
  showMore: (n: number) => `Show ${count(n, "more chart", "more charts")}`,
};

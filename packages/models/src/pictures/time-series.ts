import { formats } from "./format.ts";
import { type LineChart, lineChart, type Series } from "./line-chart.ts";

/** Lines over time. `x` of the series are instants (milliseconds since the epoch); days are named in UTC. */
export function timeSeriesPicture(
  chart: Omit<LineChart, "x" | "y"> & {
    readonly yTitle: string;
    readonly format?: (value: number) => string;
    /** Scale of y; from 0 to a little above the highest value when absent. */
    readonly yDomain?: readonly [number, number];
  },
): string {
  const instants = chart.series.flatMap((series) => series.x);
  const from = Math.min(...instants);
  const to = Math.max(...instants, from + 1);
  const { day, number } = formats(chart.locale);
  return lineChart({
    height: 340,
    ...chart,
    x: { title: "", domain: [from, to], format: day, ticks: dayTicks(from, to) },
    y: {
      title: chart.yTitle,
      domain: chart.yDomain ?? [0, highest(chart.series, chart.limits) * 1.12],
      format: chart.format ?? number,
    },
  });
}

const DAY = 86_400_000;

/** Midnights, at most a dozen. */
function dayTicks(from: number, to: number): number[] {
  const days = Math.max(1, Math.ceil((to - from) / DAY));
  const step = [1, 2, 7, 14, 28, 56, 91, 182, 364].find((each) => days / each <= 12) ?? Math.ceil(days / 12);
  const ticks: number[] = [];
  for (let at = Math.ceil(from / DAY) * DAY; at <= to; at += step * DAY) ticks.push(at);
  return ticks;
}

function highest(series: readonly Series[], limits: LineChart["limits"]): number {
  const values = series.flatMap(({ y, high }) => [...y, ...(high ?? [])]).filter(Number.isFinite);
  return Math.max(...values, ...(limits ?? []).map((limit) => limit.at), 1e-9);
}

import type { Interval } from "@esteira/models/evaluation/interval";
import { coordinate, element, line } from "@esteira/models/pictures/svg";
import { paint } from "@esteira/models/pictures/theme";

/** Pictures the size of a word, for table cells. `name` is what a screen reader says. */
const small = (width: number, height: number, name: string, content: string): string =>
  element(
    "svg",
    {
      viewBox: `0 0 ${width} ${height}`,
      width: String(width),
      height: String(height),
      role: "img",
      "aria-label": name,
    },
    content,
  );

/** Two distributions over the same bins: the reference as a grey ground, the present as a line of steps. */
export function histogramSketch(reference: readonly number[], current: readonly number[], name: string): string {
  const width = 112;
  const height = 26;
  const top = Math.max(...reference, ...current, 1e-9);
  const step = width / Math.max(1, reference.length);
  const y = (value: number) => height - 1 - (value / top) * (height - 3);
  const steps = (shares: readonly number[]) =>
    shares
      .map((value, bin) => `${coordinate(bin * step)} ${coordinate(y(value))}H${coordinate((bin + 1) * step)}`)
      .join("L");
  const ground = `M0 ${height - 1}L${steps(reference)}V${height - 1}Z`;
  return small(
    width,
    height,
    name,
    element("path", { d: ground, fill: paint("quiet"), "fill-opacity": 0.55 }) +
      element("path", {
        d: `M${steps(current)}`,
        fill: "none",
        stroke: paint("one"),
        "stroke-width": 1.6,
        "stroke-linejoin": "round",
      }),
  );
}

/** A share on a track from 0 to 1 with its interval, and a mark where it was before. */
export function shareSketch(
  now: { readonly value: number; readonly interval: Interval; readonly alarming: boolean } | undefined,
  before: number,
  name: string,
): string {
  const width = 130;
  const height = 18;
  const middle = height / 2;
  const x = (value: number) => 5 + value * (width - 10);
  let content = line(x(0), middle, x(1), middle, "grid", { "stroke-width": 6, "stroke-linecap": "round" });
  if (now !== undefined && Number.isFinite(now.value)) {
    const color = now.alarming ? "alarm" : "one";
    content += line(x(now.interval.low), middle, x(now.interval.high), middle, color, {
      "stroke-width": 6,
      "stroke-opacity": 0.3,
      "stroke-linecap": "round",
    });
    content += element("circle", { cx: x(now.value), cy: middle, r: 4, fill: paint(color) });
  }
  if (Number.isFinite(before)) content += line(x(before), 2, x(before), height - 2, "ink", { "stroke-width": 1.6 });
  return small(width, height, name, content);
}

/** Known frauds by week: caught below, missed above. */
export function weeksSketch(
  weeks: readonly { readonly frauds: number; readonly caught: number }[],
  name: string,
): string {
  const height = 26;
  const step = Math.min(14, 90 / Math.max(1, weeks.length));
  const width = Math.max(14, step * weeks.length);
  const top = Math.max(...weeks.map((week) => week.frauds), 1);
  const tall = (count: number) => (count / top) * (height - 2);
  let content = line(0, height - 0.5, width, height - 0.5, "axis");
  weeks.forEach(({ frauds, caught }, week) => {
    const x = week * step + 1;
    const bar = (from: number, count: number, color: "one" | "two") =>
      count === 0
        ? ""
        : element("rect", {
            x,
            y: height - 1 - tall(from + count),
            width: step - 2,
            height: tall(count),
            fill: paint(color),
          });
    content += bar(0, caught, "one") + bar(caught, frauds - caught, "two");
  });
  return small(width, height, name, content);
}

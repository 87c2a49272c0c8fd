import type { Range } from "./scale.ts";
import { positionIn, ticks } from "./scale.ts";
import type { Line } from "./series.ts";

/** Everything that a line chart shows, for a picture of its own outside of the page. */
export interface LinePicture {
  readonly title: string;
  readonly xTitle: string;
  readonly width: number;
  readonly height: number;
  readonly x: Range;
  readonly y: Range;
  readonly logX: boolean;
  readonly logY: boolean;
  readonly lines: readonly Line[];
  readonly colors: PictureColors;
  formatX(value: number): string;
  formatY(value: number): string;
}

export interface PictureColors {
  readonly surface: string;
  readonly text: string;
  readonly dim: string;
  readonly grid: string;
}

const FONT = "system-ui, sans-serif";
const TOP = 34;
const BOTTOM = 40;
const RIGHT = 14;
const LEGEND_LINE = 18;
/** Lines that the legend names; a longer list would be no legend. */
const NAMED = 20;

/** Characters that XML takes for its own, and those that it does not take at all. */
export const escaped = (text: string): string =>
  text
    .replace(/[\p{Cc}\p{Cs}]/gu, " ")
    .replaceAll("&", "&amp;")
    .replaceAll("<", "&lt;")
    .replaceAll(">", "&gt;")
    .replaceAll('"', "&quot;");

const number = (value: number) => String(Number(value.toFixed(2)));

/** The chart as an SVG document that stands by itself. */
export function lineSvg(picture: LinePicture): string {
  const { width, height, colors, lines } = picture;
  const named = lines.slice(0, NAMED);
  const yMarks = ticks(picture.y, 5, picture.logY);
  const left = 14 + 6.4 * Math.max(3, ...yMarks.map((mark) => picture.formatY(mark).length));
  const inner = { width: width - left - RIGHT, height: height - TOP - BOTTOM };
  const px = (value: number) => left + positionIn(picture.x, value, picture.logX) * inner.width;
  const py = (value: number) => TOP + (1 - positionIn(picture.y, value, picture.logY)) * inner.height;
  const total = height + named.length * LEGEND_LINE + (lines.length > NAMED ? LEGEND_LINE : 0);
  const label = (x: number, y: number, anchor: string, text: string, fill = colors.dim) =>
    `<text x="${number(x)}" y="${number(y)}" text-anchor="${anchor}" fill="${fill}">${escaped(text)}</text>`;
  const parts = [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${total}" viewBox="0 0 ${width} ${total}" font-family="${FONT}" font-size="11">`,
    `<rect width="${width}" height="${total}" fill="${colors.surface}"/>`,
    `<text x="14" y="20" font-size="13" font-weight="600" fill="${colors.text}">${escaped(picture.title)}</text>`,
    `<clipPath id="plot"><rect x="${number(left)}" y="${TOP}" width="${number(inner.width)}" height="${inner.height}"/></clipPath>`,
    ...yMarks.map(
      (mark) =>
        `<path d="M${number(left)} ${number(py(mark))}h${number(inner.width)}" stroke="${colors.grid}"/>${label(left - 6, py(mark) + 4, "end", picture.formatY(mark))}`,
    ),
    ...ticks(picture.x, Math.max(2, Math.floor(inner.width / 90)), picture.logX).map((mark) =>
      label(px(mark), TOP + inner.height + 16, "middle", picture.formatX(mark)),
    ),
    label(left + inner.width / 2, TOP + inner.height + 32, "middle", picture.xTitle),
    `<g clip-path="url(#plot)" fill="none" stroke-linejoin="round">`,
    ...lines.flatMap((line) => (line.band === undefined ? [] : [bandPath(line, line.band, px, py)])),
    ...lines.map(
      (line) =>
        `<path d="${pathOf(line.x, line.y, px, py)}" stroke="${line.color}" stroke-width="1.6"${line.dash ? ` stroke-dasharray="${line.dash.join(" ")}"` : ""}/>`,
    ),
    "</g>",
    ...named.map((line, at) => {
      const y = height + at * LEGEND_LINE;
      return `<path d="M14 ${y}h18" stroke="${line.color}" stroke-width="3"/>${label(38, y + 4, "start", line.label, colors.text)}`;
    }),
    lines.length > NAMED ? label(38, height + NAMED * LEGEND_LINE + 4, "start", `+ ${lines.length - NAMED}`) : "",
    "</svg>",
  ];
  return parts.join("\n");
}

type Place = (value: number) => number;

/** A path through the points; one that is no place (NaN) interrupts it. */
export function pathOf(x: readonly number[], y: readonly number[], px: Place, py: Place): string {
  let path = "";
  let isDown = false;
  for (let at = 0; at < x.length; at++) {
    const [left, top] = [px(x[at]!), py(y[at]!)];
    const isPlace = Number.isFinite(left) && Number.isFinite(top);
    if (isPlace) path += `${isDown ? "L" : "M"}${number(left)} ${number(top)}`;
    isDown = isPlace;
  }
  return path;
}

function bandPath(line: Line, band: NonNullable<Line["band"]>, px: Place, py: Place): string {
  const back = line.x.map((_, at) => line.x.length - 1 - at);
  const top = pathOf(line.x, band.high, px, py);
  const bottom = pathOf(
    back.map((at) => line.x[at]!),
    back.map((at) => band.low[at]!),
    px,
    py,
  );
  return `<path d="${top}${bottom.replace(/^M/, "L")}Z" fill="${line.color}" fill-opacity="0.16" stroke="none"/>`;
}

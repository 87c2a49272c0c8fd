import { type Color, paint, SIZE } from "./theme.ts";

type Attributes = Readonly<Record<string, string | number | undefined>>;

/** Text made safe inside SVG and HTML, also in attributes. */
export const escapeText = (text: string): string =>
  text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`).replace(/\p{Cc}/gu, " ");

/** Two decimals are below what a screen can show. */
export const coordinate = (value: number): string => String(Math.round(value * 100) / 100);

/** One element; numbers are coordinates. `content` is markup, already safe. */
export function element(name: string, attributes: Attributes, content = ""): string {
  let text = `<${name}`;
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined) continue;
    text += ` ${key}="${typeof value === "number" ? coordinate(value) : escapeText(value)}"`;
  }
  return content === "" ? `${text}/>` : `${text}>${content}</${name}>`;
}

export interface TextStyle {
  readonly size?: number;
  readonly color?: Color;
  readonly anchor?: "start" | "middle" | "end";
  readonly weight?: number;
  /** Degrees, around the text's own point. */
  readonly rotate?: number;
}

/** A text whose vertical middle is at `y`. */
export function label(x: number, y: number, text: string, style: TextStyle = {}): string {
  const size = style.size ?? SIZE.tick;
  return element(
    "text",
    {
      x,
      y: y + size * 0.35, // not dominant-baseline: viewers disagree on it
      fill: paint(style.color ?? "muted"),
      "font-size": size,
      "font-weight": style.weight === undefined ? undefined : String(style.weight),
      "text-anchor": style.anchor === "start" ? undefined : style.anchor,
      transform: style.rotate === undefined ? undefined : `rotate(${style.rotate} ${coordinate(x)} ${coordinate(y)})`,
    },
    escapeText(text),
  );
}

export const line = (x1: number, y1: number, x2: number, y2: number, color: Color, more: Attributes = {}): string =>
  element("line", { x1, y1, x2, y2, stroke: paint(color), "stroke-width": 1, ...more });

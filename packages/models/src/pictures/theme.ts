/**
 * The one visual language of all pictures. Colours are CSS variables with a light value written into the SVG, so that a picture
 * is right alone (in a file viewer), and follows the page, or the reader's dark mode, where there is one.
 */
export const COLORS = {
  paper: ["#ffffff", "#14171a"],
  ink: ["#1f2933", "#e6e9ec"],
  muted: ["#5f6c7b", "#9aa5b1"],
  grid: ["#e4e7eb", "#2a3036"],
  axis: ["#9aa5b1", "#52606d"],
  /** The subject of the picture: the model, fraud. */
  one: ["#0b6e8f", "#4cb5d6"],
  /** The other: honest transfers, the champion before. */
  two: ["#c2703d", "#e39a6a"],
  three: ["#6b5ca5", "#a99ae0"],
  four: ["#3d8361", "#6fbf96"],
  five: ["#9d3f57", "#df8199"],
  quiet: ["#b8c2cc", "#46505a"],
  alarm: ["#b42318", "#f0766b"],
} as const satisfies Record<string, readonly [light: string, dark: string]>;

export type Color = keyof typeof COLORS;

/** Colours of series in order. Beyond six lines a chart is not read but admired: pick fewer. */
export const SERIES: readonly Color[] = ["one", "two", "three", "four", "five", "quiet"];

export const FONT = "ui-sans-serif, system-ui, -apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', Arial, sans-serif";

export const SIZE = { title: 16, subtitle: 12.5, label: 12.5, tick: 11.5 } as const;

/** A colour as a paint value. */
export const paint = (color: Color): string => `var(--esteira-${color}, ${COLORS[color][0]})`;

const declarations = (side: 0 | 1): string =>
  Object.entries(COLORS)
    .map(([name, sides]) => `--esteira-${name}:${sides[side]}`)
    .join(";");

/** The CSS that gives the variables their values; a page that embeds pictures inline needs it once. */
export const themeCss = (selector = ":root"): string =>
  `${selector}{color-scheme:light dark;${declarations(0)}}@media (prefers-color-scheme: dark){${selector}{${declarations(1)}}}`;

/** An approximate width of a text in pixels, enough to keep texts apart without a browser. */
export function textWidth(text: string, size: number): number {
  let units = 0;
  for (const char of text) {
    if ("iljtfI.,:;|'!()[] ".includes(char)) units += 0.36;
    else if ("mwMW%@".includes(char)) units += 0.9;
    else if (/[A-Z]/.test(char)) units += 0.7;
    else units += 0.6;
  }
  return units * size;
}

/** A text cut to a width, with an ellipsis. */
export function clip(text: string, width: number, size: number): string {
  if (textWidth(text, size) <= width) return text;
  let kept = text;
  while (kept.length > 1 && textWidth(`${kept}…`, size) > width) kept = kept.slice(0, -1);
  return `${kept}…`;
}

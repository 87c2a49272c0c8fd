/**
 * Colours of lines, for light and for dark pages. They stay apart for the common kinds of colour blindness and stand out from
 * the page; the test beside says by how much.
 */
const LIGHT = ["#0f717c", "#b44533", "#3b4fd0", "#b87a8c", "#7c960a", "#5b1405", "#4f97e0", "#662b53"];
const DARK = ["#5fc3cd", "#bb8f29", "#6f83f5", "#fa8e93", "#b4d94a", "#6e8379", "#a4f9fd", "#d72126"];

/** Different colours; after so many lines they come again, with other strokes. */
export const COLORS = LIGHT.length;

export const colorOf = (index: number, dark: boolean): string => (dark ? DARK : LIGHT)[index % COLORS]!;

const DASHES: readonly (readonly number[] | undefined)[] = [undefined, [6, 4], [2, 3], [10, 3, 2, 3]];

/** Lengths of strokes and gaps, in pixels: what tells lines of one colour apart. The first round of colours has none. */
export const dashOf = (index: number): readonly number[] | undefined =>
  DASHES[Math.floor(index / COLORS) % DASHES.length];

/** Colours of what stands around a chart's lines. Canvas and exported pictures cannot read the page's variables. */
export const AROUND = {
  light: { surface: "#ffffff", text: "#1b1f27", dim: "#5d6675", grid: "#eceef1", line: "#cfd3da" },
  dark: { surface: "#1a1e23", text: "#e4e7eb", dim: "#9aa4b1", grid: "#262c33", line: "#414954" },
} as const;

/** From little to much: lightness alone says which is more, so it holds without colour too. */
const SEQUENCE = {
  light: ["#d7ecf5", "#9fd0dc", "#5fabb8", "#2f7f96", "#28527f", "#2b2459"],
  dark: ["#23304d", "#26597c", "#23849a", "#3bb0a8", "#8fd68f", "#f2f0a1"],
} as const;

/** The colour of a share (0 to 1) of a range. */
export function sequentialColor(share: number, dark: boolean): string {
  const stops = dark ? SEQUENCE.dark : SEQUENCE.light;
  const at = Math.min(1, Math.max(0, share)) * (stops.length - 1);
  const [from, to] = [stops[Math.floor(at)]!, stops[Math.ceil(at)]!];
  const mix = (start: number) => {
    const [a, b] = [from, to].map((hex) => Number.parseInt(hex.slice(start, start + 2), 16));
    return Math.round(a! + (b! - a!) * (at - Math.floor(at)))
      .toString(16)
      .padStart(2, "0");
  };
  return `#${mix(1)}${mix(3)}${mix(5)}`;
}

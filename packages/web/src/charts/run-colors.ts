import { type Dimension, scaleOf } from "./dimensions.ts";
import { colorOf, sequentialColor } from "./palette.ts";

/** What colour each run has by a dimension: from little to much of a quantity, one of the palette for each category. */
export function runColors(dimension: Dimension | undefined, runs: number, dark: boolean): readonly string[] {
  const scale = dimension && scaleOf(dimension, 0);
  return Array.from({ length: runs }, (_, at) => {
    const value = dimension?.values[at];
    const place = scale?.place(value);
    if (dimension === undefined) return colorOf(0, dark);
    if (place === undefined) return dark ? "#646e7b" : "#9aa4b1";
    if (dimension.kind === "number") return sequentialColor(0.15 + 0.85 * place, dark);
    return colorOf(dimension.categories.indexOf(String(value)), dark);
  });
}

import { describe, expect, it } from "vitest";
import { COLORS, colorOf, dashOf } from "./palette.ts";

type Rgb = readonly [number, number, number];
const linear = (hex: string): Rgb => {
  const channel = (at: number) => {
    const value = Number.parseInt(hex.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  };
  return [channel(1), channel(3), channel(5)];
};
const luminance = ([r, g, b]: Rgb) => 0.2126 * r + 0.7152 * g + 0.0722 * b;
const contrast = (a: string, b: string) => {
  const [x, y] = [luminance(linear(a)), luminance(linear(b))];
  return (Math.max(x, y) + 0.05) / (Math.min(x, y) + 0.05);
};
/** Machado, Oliveira and Fernandes (2009), severity 1. */
const SIGHT: Readonly<Record<string, readonly Rgb[]>> = {
  full: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
};
const seen = (hex: string, sight: readonly Rgb[]): Rgb => {
  const [r, g, b] = linear(hex);
  const row = (weights: Rgb) => Math.min(1, Math.max(0, weights[0] * r + weights[1] * g + weights[2] * b));
  return [row(sight[0]!), row(sight[1]!), row(sight[2]!)];
};
/** Ottosson's OKLab: equal distances look equally different. */
const oklab = ([r, g, b]: Rgb): Rgb => {
  const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
  const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
  const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
  return [
    0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
    1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
    0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
  ];
};
const distance = (a: Rgb, b: Rgb) => Math.hypot(a[0] - b[0], a[1] - b[1], a[2] - b[2]);

describe.each([
  ["light", "#ffffff", false],
  ["dark", "#1a1e23", true],
] as const)("the palette on %s pages", (_, surface, dark) => {
  const colors = Array.from({ length: COLORS }, (_, at) => colorOf(at, dark));

  it("stands out from the surface (WCAG 1.4.11: 3 to 1)", () => {
    for (const color of colors) expect(contrast(color, surface), color).toBeGreaterThanOrEqual(3);
  });

  it.each(Object.keys(SIGHT))("keeps its first colours apart for %s sight", (sight) => {
    const labs = colors.map((color) => oklab(seen(color, SIGHT[sight]!)));
    for (let a = 0; a < labs.length; a++)
      for (let b = 0; b < a; b++)
        expect(distance(labs[a]!, labs[b]!), `${colors[a]} ${colors[b]}`).toBeGreaterThan(0.075);
  });
});

it("tells lines of one colour apart by their strokes", () => {
  expect(dashOf(0)).toBeUndefined();
  expect(new Set([0, 1, 2].map((round) => String(dashOf(round * COLORS)))).size).toBe(3);
});

import { describe, expect, it } from "vitest";
import { barPicture, importancePicture } from "./bars.ts";
import { calibrationPicture } from "./calibration.ts";
import { confusionPicture } from "./confusion.ts";
import { prPicture, rocPicture } from "./curves.ts";
import { formats } from "./format.ts";
import { scoreHistogramPicture } from "./score-histogram.ts";
import { shapBarPicture, shapBeeswarmPicture } from "./shap.ts";
import { escapeText } from "./svg.ts";
import { clip, textWidth, themeCss } from "./theme.ts";
import { timeSeriesPicture } from "./time-series.ts";

const curve = { x: [0.1, 0.5, 1], y: [1, 0.6, 0.01], threshold: [0.9, 0.5, 0.1] };
const shap = {
  names: ["a & b", "<script>", "constant"],
  contributions: [Float64Array.of(1, -2, 0.5), Float64Array.of(0.1, 0, 0), new Float64Array(3)],
  values: [Float64Array.of(1, 2, Number.NaN), Float64Array.of(3, 3, 3), new Float64Array(3)],
};
const x = [0, 1, 2, 3].map((day) => Date.UTC(2026, 0, 5 + day));

const pictures: Record<string, string> = {
  pr: prPicture({
    curves: [{ name: "m", curve, area: 0.5 }],
    prevalence: 0.01,
    at: { recall: 0.5, precision: 0.6, text: "τ" },
  }),
  roc: rocPicture({ curves: [{ name: "m", curve, area: 0.9 }] }),
  calibration: calibrationPicture({
    bins: [
      { rows: 1000, predicted: 0.001, observed: 0, positives: 0 },
      { rows: 10, predicted: 0.5, observed: 0.4, positives: 4 },
    ],
    ece: 0.01,
  }),
  importance: importancePicture({
    features: [
      { name: "a & b", value: 3 },
      { name: "b", value: 0 },
    ],
  }),
  shapBar: shapBarPicture({ shap }),
  beeswarm: shapBeeswarmPicture({ shap }),
  confusion: confusionPicture({
    confusion: { truePositives: 0, falsePositives: 0, trueNegatives: 9, falseNegatives: 0 },
    threshold: 0.5,
  }),
  histogram: scoreHistogramPicture({
    histogram: { edges: [0.001, 0.01, 0.1, 1], honest: [0.9, 0.1, 0], fraud: [0, 0, 0] },
    threshold: 0.05,
  }),
  series: timeSeriesPicture({
    title: "Alert rate",
    yTitle: "share",
    series: [{ name: "a", x, y: [1, Number.NaN, 2, 3], low: [0, Number.NaN, 1, 2], high: [2, Number.NaN, 3, 4] }],
    spans: [{ from: x[2]!, to: x[3]!, text: "young" }],
    limits: [{ at: 2.5, text: "limit" }],
  }),
  noBars: barPicture({ title: "Nothing", bars: [] }),
};

/** Elements left open, or closed out of turn: enough of XML to catch a broken template. */
function unbalanced(markup: string): string[] {
  const open: string[] = [];
  for (const [, close, name, self] of markup.matchAll(/<(\/?)([a-z]+)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (self === "/") continue;
    if (close === "") open.push(name!);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

describe.each(Object.entries(pictures))("%s", (_name, svg) => {
  it("is one closed SVG with a name, finite coordinates and no foreign markup", () => {
    expect(svg.startsWith("<svg ")).toBe(true);
    expect(unbalanced(svg)).toEqual([]);
    expect(svg).toMatch(/aria-label="[^"]+"/);
    expect(svg).not.toMatch(/NaN|Infinity|undefined|<script/);
    expect(svg).not.toMatch(/&(?!#\d+;)/);
  });

  it("stays inside its own frame", () => {
    const width = Number(/viewBox="0 0 ([\d.]+)/.exec(svg)![1]);
    for (const [, left] of svg.matchAll(/<(?:text|circle|rect)[^>]* c?x="(-?[\d.]+)"/g)) {
      expect(Number(left)).toBeGreaterThanOrEqual(0);
      expect(Number(left)).toBeLessThanOrEqual(width);
    }
  });

  it("keeps the labels of the horizontal axis apart", () => {
    const texts = [
      ...svg.matchAll(/<text x="([\d.]+)" y="([\d.]+)"[^>]*font-size="11.5" text-anchor="middle">([^<]*)</g),
    ];
    for (const [i, [, left, top, text]] of texts.entries()) {
      const next = texts[i + 1];
      if (next === undefined || next[2] !== top) continue;
      const room = Math.abs(Number(next[1]) - Number(left));
      expect(room).toBeGreaterThan((textWidth(text!, 11.5) + textWidth(next[3]!, 11.5)) / 2);
    }
  });
});

it("has a light and a dark value for every colour", () => {
  expect(themeCss()).toMatch(/prefers-color-scheme: dark/);
  expect(themeCss().match(/--esteira-alarm:/g)).toHaveLength(2);
});

it("cuts long names and escapes what a name may bring", () => {
  expect(clip("a_rather_long_feature_name", 80, 12)).toMatch(/^a_rather.*…$/);
  expect(clip("short", 200, 12)).toBe("short");
  expect(escapeText(`<a href="x">'&`)).toBe("&#60;a href=&#34;x&#34;&#62;&#39;&#38;");
  expect(formats("pt-BR").percent(0.0525)).toBe("5,25%");
});

import { expect, it } from "vitest";
import { csvCell, csvText } from "./csv-text.ts";
import { AROUND, sequentialColor } from "./palette.ts";
import { lineSvg } from "./picture.ts";
import { fileNameOf } from "./save-file.ts";

it("draws a picture in which names are texts, gaps are gaps, and a log scale is one", () => {
  const svg = lineSvg({
    title: 'loss <script>alert("1")</script>\u0000',
    xTitle: "Step",
    width: 400,
    height: 200,
    x: [0, 4],
    y: [1, 100],
    logX: false,
    logY: true,
    lines: [
      {
        id: "a",
        label: "run & co",
        color: "#123456",
        x: [0, 1, 2, 3, 4],
        y: [1, 10, Number.NaN, -1, 100],
        dash: [6, 4],
      },
      { id: "b", label: "mean", color: "#654321", x: [0, 4], y: [2, 3], band: { low: [1, 2], high: [3, 4] } },
    ],
    colors: AROUND.light,
    formatX: String,
    formatY: String,
  });
  expect(svg).toContain("loss &lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt; <");
  expect(svg).toContain("run &amp; co");
  expect(svg).not.toContain("NaN");
  expect(svg).toContain('stroke-dasharray="6 4"');
  expect(svg).toContain('fill-opacity="0.16"');
  // The path is interrupted where there is no value, and begins again at the last one, at the top.
  expect(svg).toMatch(/d="M\d+(\.\d+)? 160L\d+(\.\d+)? 97M386 34"/);
});

it("writes cells that a spreadsheet reads as texts, quoted where they must be", () => {
  expect(["=1+1", "-x", 'a "b", c', "a\nb", "plain", -2, Number.NaN, undefined].map(csvCell)).toEqual([
    "'=1+1",
    "'-x",
    '"a ""b"", c"',
    '"a\nb"',
    "plain",
    "-2",
    "NaN",
    "",
  ]);
  expect(csvText(["a", "b"], [[1, "x"]])).toBe("a,b\r\n1,x\r\n");
});

it("names files by what file systems take", () => {
  expect(fileNameOf("train/loss <b>", "csv")).toBe("train-loss-b.csv");
  expect(fileNameOf("../../etc", "png")).toBe("etc.png");
  expect(fileNameOf("🧪", "svg")).toBe("chart.svg");
  expect(fileNameOf("precisão", "svg")).toBe("precisão.svg");
});

it("mixes sequential colours between its stops, and stays at the ends", () => {
  expect(sequentialColor(0, false)).toBe("#d7ecf5");
  expect(sequentialColor(7, true)).toBe("#f2f0a1");
  expect(sequentialColor(0.5, false)).toMatch(/^#[0-9a-f]{6}$/);
});

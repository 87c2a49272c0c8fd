import { describe, expect, it } from "vitest";
import { runOf } from "../testing/run.testing.ts";
import { brushed, choicesOf, dimensionOf, scaleOf } from "./dimensions.ts";
import { parseEvaluation } from "./evaluation-file.ts";
import { contour, shepard } from "./surface.ts";

const runs = [
  runOf("a", undefined, { metrics: { auc: 0.5, same: 1 }, params: { lr: "1e-4", depth: "3", model: "xgboost" } }),
  runOf("b", undefined, { metrics: { auc: Number.NaN, same: 1 }, params: { lr: "0.1", depth: "10", model: "rf 10" } }),
  runOf("c", undefined, { metrics: { same: 1 }, params: { lr: "0.01", depth: "none", model: "rf 9" } }),
];

describe("dimensionOf", () => {
  it("takes params for numbers when all of them are", () => {
    expect(dimensionOf(runs, "params.lr")).toMatchObject({ label: "lr", kind: "number", values: [1e-4, 0.1, 0.01] });
    expect(dimensionOf(runs, "params.depth")).toMatchObject({ kind: "category", categories: ["3", "10", "none"] });
    expect(dimensionOf(runs, "params.model").categories).toEqual(["rf 9", "rf 10", "xgboost"]);
    expect(dimensionOf(runs, "metrics.auc").values).toEqual([0.5, undefined, undefined]);
    expect(dimensionOf(runs, "params.absent")).toMatchObject({
      kind: "number",
      values: [undefined, undefined, undefined],
    });
  });

  it("names first what differs", () => {
    const { metrics, params } = choicesOf(runs);
    expect(metrics).toEqual(["metrics.auc", "metrics.same"]);
    expect(params).toEqual(["params.depth", "params.lr", "params.model"]);
  });
});

describe("scaleOf", () => {
  it("lays positive numbers over two powers of ten out by logarithms", () => {
    const scale = scaleOf(dimensionOf(runs, "params.lr"), 0)!;
    expect([scale.isLog, scale.place(1e-4), scale.place(0.1)]).toEqual([true, 0, 1]);
    expect(scale.place(undefined)).toBeUndefined();
    expect(scaleOf(dimensionOf(runs, "metrics.same"))).toMatchObject({ isLog: false });
    expect(scaleOf(dimensionOf(runs, "metrics.none"))).toBeUndefined();
  });

  it("gives each category a part of the axis", () => {
    const scale = scaleOf(dimensionOf(runs, "params.model"))!;
    expect(["rf 9", "rf 10", "xgboost"].map((name) => scale.place(name))).toEqual([1 / 6, 0.5, 5 / 6]);
  });
});

it("chooses the runs in every brushed part, and none without a place there", () => {
  const dimensions = ["params.lr", "params.model"].map((id) => dimensionOf(runs, id));
  expect(brushed(dimensions, { "params.lr": [0.5, 1] }, 3)).toEqual([false, true, true]);
  expect(brushed(dimensions, { "params.lr": [0.5, 1], "params.model": [0, 0.2] }, 3)).toEqual([false, false, true]);
  expect(brushed([dimensionOf(runs, "metrics.auc")], { "metrics.auc": [0, 1] }, 3)).toEqual([true, false, false]);
});

describe("a surface", () => {
  it("goes through its samples and stays between the least and the greatest", () => {
    const surface = shepard(
      [
        { x: 0.25, y: 0.5, z: 2 },
        { x: 0.75, y: 0.5, z: 6 },
      ],
      2,
      1,
    );
    expect([...surface.heights]).toEqual([expect.closeTo(2, 6), expect.closeTo(6, 6)]);
    const fine = shepard(
      [
        { x: 0.1, y: 0.1, z: -1 },
        { x: 0.9, y: 0.2, z: 3 },
        { x: 0.4, y: 0.9, z: 1 },
      ],
      20,
      20,
    );
    expect(Math.min(...fine.heights)).toBeGreaterThanOrEqual(-1);
    expect(Math.max(...fine.heights)).toBeLessThanOrEqual(3);
  });

  it("has contours where the height is crossed, and none where it is not", () => {
    // Heights rise from left to right: the contour of 1.5 stands upright in the middle.
    const slope = { columns: 4, rows: 3, heights: Float64Array.from({ length: 12 }, (_, at) => at % 4) };
    const lines = contour(slope, 1.5);
    expect(lines).toHaveLength(2);
    for (const [x1, , x2] of lines) expect([x1, x2]).toEqual([0.5, 0.5]);
    expect(contour(slope, 9)).toEqual([]);
  });
});

describe("parseEvaluation", () => {
  it("reads curves, and what the run says of the area under them", () => {
    const text = JSON.stringify({
      pr: { x: [0, 1], y: [1, 0.1], threshold: [0.9, 0.1] },
      calibration: [{ rows: 10, predicted: 0.2, observed: 0.1, positives: 1 }],
      prevalence: 0.1,
      metrics: { auc_pr: 0.7, note: "x" },
    });
    expect(parseEvaluation(text)).toEqual({
      pr: { x: [0, 1], y: [1, 0.1] },
      roc: undefined,
      calibration: { x: [0.2], y: [0.1] },
      prevalence: 0.1,
      figures: { pr: 0.7, roc: undefined, calibration: undefined },
    });
  });

  it("finds none in files of another kind", () => {
    for (const text of ["", "{", "[]", "{}", '{"pr":{"x":[1],"y":[]}}', '{"metrics":{"auc_pr":1}}', "null"])
      expect(parseEvaluation(text), text).toBeUndefined();
  });
});

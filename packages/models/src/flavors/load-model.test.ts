import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectedOf, flatFloats, modelBytes } from "../engines/trees/fixtures/fixture.ts";
import { parseXgboost } from "../engines/trees/parse-xgboost.ts";
import type { ModelConfig } from "../format/mlmodel.ts";
import { writeModelFolder } from "../format/model-folder.ts";
import { columnsOf } from "../format/signature.ts";
import { type ColumnarTable, positions } from "../format/table.ts";
import { toNumbers } from "./flavor.ts";
import { loadModel, loadNativeModel } from "./load-model.ts";
import { createXgboostModel } from "./xgboost.ts";

const NAMES = ["amount", "hour", "age", "velocity", "balance", "distance"];

/** The rows of a fixture as a table. */
function tableOf(rows: readonly (readonly (number | null)[])[], names = NAMES): ColumnarTable {
  const columns = names.map((_, i) => Float64Array.from(rows, (row) => row[i] ?? Number.NaN));
  return { names, columns, rowCount: rows.length };
}

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-flavor-"));
});
afterAll(() => rm(root, { recursive: true, force: true }));

const noConfig: ModelConfig = { flavors: {} };
const binary = expectedOf("binary");

describe("loadModel", () => {
  it("loads a folder and predicts by column name", async () => {
    const folder = join(root, "model");
    await writeModelFolder(folder, {
      ubj: modelBytes("binary.ubj"),
      createdAt: 0,
      modelUuid: "0",
      signature: { inputs: columnsOf(NAMES, "double") },
    });
    const model = await loadModel(folder);
    const table = tableOf(binary.rows);
    const expected = flatFloats(binary.output);
    const predictions = Float32Array.from(toNumbers(model.predict(table)));
    predictions.forEach((value, i) => {
      expect(value).toBeCloseTo(expected[i]!, 6);
    });
    const turned = { ...table, names: [...table.names].reverse(), columns: [...table.columns].reverse() };
    expect(model.predict(turned)).toEqual(model.predict(table));
    expect(model.rowScorer?.featureNames).toEqual(NAMES);
    const row = flatFloats(binary.rows.slice(0, 1));
    expect(model.rowScorer?.score(row)).toBe(model.predict(table)[0]);
    expect(model.rowScorer?.margin(row)).toBe(flatFloats(binary.margin)[0]);
    const explained = model.rowScorer?.explain(row) ?? new Float64Array();
    expect(explained.reduce((sum, one) => sum + one, 0)).toBeCloseTo(flatFloats(binary.margin)[0]!, 5);
  });

  it("refuses by name what it cannot score", async () => {
    const folder = join(root, "sklearn");
    await mkdir(folder);
    await writeFile(join(folder, "MLmodel"), "flavors:\n  sklearn: {pickled_model: m.pkl}\n  python_function: {}\n");
    await expect(loadModel(folder)).rejects.toThrow("has the flavors sklearn, python_function; without Python");
    await expect(loadNativeModel(folder)).rejects.toThrow("can be scored: xgboost, lightgbm, spark, onnx;");
    await writeFile(
      join(folder, "MLmodel"),
      "flavors:\n  onnx: {data: m.onnx, onnx_session_options: {execution_mode: x}}\n",
    );
    await expect(loadNativeModel(folder)).rejects.toThrow("an execution_mode that is neither");
    await writeFile(join(folder, "MLmodel"), "flavors:\n  xgboost: {data: m.ubj, model_class: xgboost.dask.X}\n");
    await expect(loadModel(folder)).rejects.toThrow("'xgboost.dask.X' is not known");
    await writeFile(join(folder, "MLmodel"), "flavors:\n  xgboost: {data: m.ubj}\n");
    await expect(loadModel(folder)).rejects.toThrow("no file 'm.ubj'");
    await writeFile(join(folder, "MLmodel"), "flavors:\n  xgboost: {code: null}\n");
    await expect(loadModel(folder)).rejects.toThrow("data must name the model file");
  });
});

describe("the xgboost flavor", () => {
  const ensemble = parseXgboost(modelBytes("binary.ubj"));
  const table = tableOf(binary.rows);

  it("uses all rounds as a Booster, those up to the best as a scikit-learn model", () => {
    const booster = createXgboostModel(ensemble, "booster", noConfig).predict(table, { output_margin: true });
    const regressor = createXgboostModel(ensemble, "regressor", noConfig).predict(table, { output_margin: true });
    expect(Float32Array.from(toNumbers(booster))).toEqual(flatFloats(binary.margin));
    expect(regressor).not.toEqual(booster);
  });

  it("answers labels as a classifier, of two classes and of more", () => {
    const classifier = createXgboostModel(ensemble, "classifier", noConfig);
    const margins = toNumbers(classifier.predict(table, { output_margin: true }));
    expect(classifier.predict(table)).toEqual(margins.map((margin) => Number(margin > 0)));
    expect(classifier.rowScorer?.score(flatFloats(binary.rows.slice(0, 1)))).toBe(classifier.predict(table)[0]);

    for (const name of ["multiclass", "softmax"] as const) {
      const expected = expectedOf(name);
      const rows = tableOf(expected.rows, [...positions(6)]);
      const model = createXgboostModel(parseXgboost(modelBytes(`${name}.ubj`)), "classifier", noConfig);
      const labels = expected.margin.map((margin) => {
        const values = [...flatFloats([margin])];
        return values.indexOf(Math.max(...values));
      });
      expect(model.predict(rows)).toEqual(labels);
      expect(model.rowScorer).toBeUndefined();
    }
  });

  it("answers leaves and contributions, in Python's shapes", () => {
    const model = createXgboostModel(ensemble, "booster", noConfig);
    expect(flatFloats(model.predict(table, { pred_leaf: true }))).toEqual(flatFloats(binary.leaves));
    expect(model.predict(table, { pred_leaf: true, strict_shape: true })[0]).toHaveLength(8);
    expect(model.predict(table, { pred_contribs: true })[0]).toHaveLength(7);
    expect(model.predict(table, { strict_shape: true })[0]).toHaveLength(1);
    expect(() => model.predict(table, { pred_interactions: true })).toThrow("pred_interactions is not supported");
  });

  it("refuses tables that do not fit", () => {
    const model = createXgboostModel(ensemble, "booster", noConfig);
    const { names, columns, rowCount } = table;
    const without = { names: names.slice(1), columns: columns.slice(1), rowCount };
    expect(() => model.predict(without)).toThrow("needs the columns 'amount'");
    const text = { names, columns: columns.with(0, new Array(rowCount).fill("x")), rowCount };
    expect(() => model.predict(text)).toThrow("'amount' holds values that are not numbers");
    const large = { names, columns: columns.with(1, new Float64Array(rowCount).fill(1e39)), rowCount };
    expect(() => model.predict(large)).toThrow("too large for float32");
    expect(() => model.predict(tableOf(binary.rows, [...positions(6)]))).toThrow("needs the columns");
    const unnamed = createXgboostModel(parseXgboost(modelBytes("dart.ubj")), "booster", noConfig);
    expect(() => unnamed.predict(without)).toThrow("takes 6 columns, the input has 5");
    expect(unnamed.predict({ names: [], columns: [], rowCount: 0 })).toEqual([]);
  });
});

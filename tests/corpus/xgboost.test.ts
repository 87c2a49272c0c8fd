import { join } from "node:path";
import { toNumbers } from "@esteira/models/flavors/flavor";
import { loadModel } from "@esteira/models/flavors/load-model";
import { describe, expect, it } from "vitest";
import { casesOf, farthest, flat, goldenOf, missing, tableOf } from "./corpus.ts";

/** The last bit of exp is all that may differ between C libraries, for a probability. */
const ONE_BIT = 3e-8;
const CONTRIBUTION = 1e-5;

const cases = casesOf("xgboost");

if (missing !== undefined) it.skip(`models are scored (skipped: ${missing})`);

describe.skipIf(cases.length === 0)("a model of MLflow and XGBoost", () => {
  for (const one of cases)
    it(`is scored as there: ${one.writer} ${one.name}`, async () => {
      const folder = join(one.folder, "model");
      if (one.isRefused) {
        await expect(loadModel(folder)).rejects.toMatchObject({ code: "INVALID_PARAMETER_VALUE" });
        return;
      }
      const golden = goldenOf(one);
      const { margin, leaves, contribs, predict } = golden.answers;
      const model = await loadModel(folder);
      const isBooster = model.config.flavors.xgboost?.model_class === "xgboost.core.Booster";
      const table = tableOf(golden);

      const margins = flat(model.predict(table, { output_margin: true }));
      expect(Float32Array.from(margins)).toEqual(Float32Array.from(flat(margin ?? [])));
      const theirs = flat(predict ?? []);
      const largest = Math.max(1, ...theirs.map(Math.abs));
      expect(farthest(flat(model.predict(table)), theirs)).toBeLessThanOrEqual(ONE_BIT * 2 * largest);

      if (isBooster) {
        expect(flat(model.predict(table, { pred_leaf: true }))).toEqual(flat(leaves ?? []));
        const ours = flat(model.predict(table, { pred_contribs: true }));
        const most = Math.max(1, ...flat(contribs ?? []).map(Math.abs));
        expect(farthest(ours, flat(contribs ?? []))).toBeLessThanOrEqual(CONTRIBUTION * most);
      }
      const { rowScorer } = model;
      if (rowScorer === undefined) return;
      const rows = golden.rows.map((row) => Float64Array.from(row as number[]));
      expect(rows.map((row) => rowScorer.margin(row))).toEqual(margins);
      expect(rows.map((row) => rowScorer.score(row))).toEqual(toNumbers(model.predict(table)));
    });
});

describe.skipIf(cases.length === 0)("a value beyond float32", () => {
  const find = (name: string) => cases.find((one) => one.name === name)!;
  const withHuge = (name: string) => {
    const golden = goldenOf(find(name));
    return tableOf({ ...golden, rows: [golden.rows[0]!.with(0, 1e39)] });
  };

  it("is refused by a Booster and scored as infinite by a classifier", async () => {
    const booster = await loadModel(join(find("binary-ubj").folder, "model"));
    expect(() => booster.predict(withHuge("binary-ubj"))).toThrow("too large for float32");
    const classifier = await loadModel(join(find("classifier").folder, "model"));
    expect(classifier.predict(withHuge("classifier"))).toHaveLength(1);
  });
});

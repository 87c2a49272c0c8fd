import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseLightgbm } from "@esteira/models/engines/lightgbm/parse-lightgbm";
import { createLightgbmExplainer, createLightgbmScorer } from "@esteira/models/engines/lightgbm/scorer";
import { toNumbers } from "@esteira/models/flavors/flavor";
import { loadModel } from "@esteira/models/flavors/load-model";
import { describe, expect, it } from "vitest";
import { casesOf, farthest, flat, goldenOf, missing, tableOf } from "./corpus.ts";

/** Raw scores are equal to the bit; exp and log1p may differ between C libraries in the last one. */
const LAST_BITS = 4 * Number.EPSILON;
const CONTRIBUTION = 1e-9;

const cases = casesOf("lightgbm");
const named = cases.filter((one) => one.name === "pandas-categories");

if (missing !== undefined) it.skip(`models are scored (skipped: ${missing})`);

describe.skipIf(cases.length === 0)("a model of MLflow and LightGBM", () => {
  for (const one of cases.filter((other) => !named.includes(other)))
    it(`is scored as there: ${one.writer} ${one.name}`, async () => {
      const folder = join(one.folder, "model");
      const golden = goldenOf(one);
      const { raw, answer, leaves, contribs, predict } = golden.answers;
      const file = readdirSync(folder).find((name) => name.startsWith("model."))!;
      const scorer = createLightgbmScorer(parseLightgbm(readFileSync(join(folder, file))));
      const matrix = Float64Array.from(golden.rows.flat() as number[]);
      const rows = golden.rows.length;

      expect([...scorer.raw(matrix, rows)]).toEqual(flat(raw ?? []));
      expect([...scorer.leaves(matrix, rows)]).toEqual(flat(leaves ?? []));
      const theirs = flat(answer ?? []);
      const largest = Math.max(1, ...theirs.filter(Number.isFinite).map(Math.abs));
      expect(farthest(scorer.predict(matrix, rows), theirs)).toBeLessThanOrEqual(LAST_BITS * largest);

      const model = await loadModel(folder);
      const answers = model.predict(tableOf(golden));
      expect(farthest(flat(answers), flat(predict ?? []))).toBeLessThanOrEqual(LAST_BITS * largest);
      const { rowScorer } = model;
      if (rowScorer !== undefined) {
        const values = golden.rows.map((row) => Float64Array.from(row as number[]));
        expect(values.map((row) => rowScorer.score(row))).toEqual(toNumbers(answers));
        expect(values.map((row) => rowScorer.margin(row))).toEqual(flat(raw ?? []));
      }
      if (contribs === undefined) {
        expect(() => createLightgbmExplainer(scorer.model)).toThrow("linear trees");
        return;
      }
      const explainer = createLightgbmExplainer(scorer.model);
      const ours = golden.rows.map((row) => Array.from(explainer.contributions(Float64Array.from(row as number[]))));
      expect(farthest(flat(ours), flat(contribs))).toBeLessThanOrEqual(CONTRIBUTION);
    });

  for (const one of named)
    it(`takes categories by name: ${one.writer}`, async () => {
      const golden = goldenOf(one);
      const model = await loadModel(join(one.folder, "model"));
      const columns = golden.columns.map((_, i) => {
        const cells = golden.rows.map((row) => row[i]);
        return cells.every((cell) => typeof cell === "number" || cell === null)
          ? Float64Array.from(cells as (number | null)[], (cell) => cell ?? Number.NaN)
          : cells;
      });
      const table = { names: golden.columns, columns, rowCount: golden.rows.length };
      expect(model.predict(table)).toEqual(flat(golden.answers.raw ?? []));
    });
});

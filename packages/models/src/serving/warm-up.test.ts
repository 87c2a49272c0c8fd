import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { modelBytes } from "../engines/trees/fixtures/fixture.ts";
import type { ServableModel } from "../flavors/flavor.ts";
import { loadModel } from "../flavors/load-model.ts";
import { writeModelFolder } from "../format/model-folder.ts";
import { columnsOf } from "../format/signature.ts";
import { warmUp } from "./warm-up.ts";

const FEATURES = ["a", "b", "c", "d", "e", "f"];
let folder: string;
beforeEach(async () => {
  folder = join(await mkdtemp(join(tmpdir(), "esteira-warm-up-")), "model");
});
afterEach(() => rm(join(folder, ".."), { recursive: true }));

/** The model, with what it was asked. */
async function model(withExample: boolean): Promise<{ watched: ServableModel; tables: number; rows: number }> {
  await writeModelFolder(folder, {
    ubj: modelBytes("dart.ubj"),
    createdAt: 0,
    modelUuid: "0".repeat(32),
    signature: { inputs: columnsOf(FEATURES, "double") },
    ...(withExample && { inputExample: { columns: FEATURES, data: [[1, 2, 3, 4, 5, 6]] } }),
  });
  const loaded = await loadModel(folder);
  const { rowScorer } = loaded;
  if (rowScorer === undefined) throw new Error("the fixture answers one number a row");
  const seen = {
    tables: 0,
    rows: 0,
    watched: {
      ...loaded,
      predict: (table, params) => {
        seen.tables++;
        return loaded.predict(table, params);
      },
      rowScorer: {
        ...rowScorer,
        score: (row) => {
          seen.rows++;
          return rowScorer.score(row);
        },
      },
    } satisfies ServableModel,
  };
  return seen;
}

test("a model is asked about its example, as a request would", async () => {
  const seen = await model(true);
  await warmUp(seen.watched, folder);
  expect(seen.tables).toBeGreaterThan(0);
  expect(seen.rows).toBe(0);
});

test("one without an example is asked about a row of missing values", async () => {
  const seen = await model(false);
  await warmUp(seen.watched, folder);
  expect(seen.rows).toBeGreaterThan(0);
});

test("an example that it cannot answer keeps nobody from serving", async () => {
  const seen = await model(true);
  await writeFile(join(folder, "serving_input_example.json"), "{");
  await warmUp(seen.watched, folder);
  expect(seen.tables).toBe(0);
});

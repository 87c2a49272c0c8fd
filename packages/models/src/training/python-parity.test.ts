import { createHash } from "node:crypto";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { oraclePython, present, python, xgboostForTests } from "../engines/xgboost/xgboost.testing.ts";
import { averagePrecision } from "../evaluation/average-precision.ts";
import { fitLogisticRegression } from "./logistic-regression.ts";
import type { Params, TrainedModel } from "./trainer.ts";
import { createTrainer } from "./trainers.ts";
import { syntheticData } from "./training-data.testing.ts";

const found = await xgboostForTests();
const oracle = oraclePython("the comparison with Python's xgboost and scikit-learn");
const DATA = syntheticData(3_000, 21);
const VALIDATION = syntheticData(1_000, 22);
const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** Loads our model file, and trains the same model anew. */
const WITH_XGBOOST = `
import hashlib, json, sys
import numpy as np, xgboost as xgb
folder, settings = sys.argv[1], json.loads(sys.argv[2])
names = settings["names"]
read = lambda name, kind: np.fromfile(f"{folder}/{name}", kind)
x, y = read("x", "<f4").reshape(-1, len(names)), read("y", "u1")
v, w = read("v", "<f4").reshape(-1, len(names)), read("w", "u1")
loaded = xgb.Booster(model_file=f"{folder}/model.ubj")
described = dict(feature_names=names, feature_types=["float"] * len(names))
exact = settings["params"]["tree_method"] == "exact"
train = xgb.DMatrix(x, y, **described) if exact else xgb.QuantileDMatrix(x, y, max_bin=256, **described)
valid = xgb.DMatrix(v, w, **described) if exact else xgb.QuantileDMatrix(v, w, ref=train, **described)
stop = [xgb.callback.EarlyStopping(settings["patience"], save_best=True)] if settings["patience"] else []
again = xgb.train(settings["params"], train, settings["rounds"], [(valid, "validation")], callbacks=stop, verbose_eval=False)
predict = lambda booster: hashlib.sha256(booster.inplace_predict(v).astype("<f4").tobytes()).hexdigest()
print(json.dumps({
    "names": loaded.feature_names, "types": loaded.feature_types, "rounds": loaded.num_boosted_rounds(),
    "best": loaded.attributes().get("best_iteration"), "loaded": predict(loaded), "again": predict(again),
    "bytes": hashlib.sha256(again.save_raw("ubj")).hexdigest(),
}))
`;

const WITH_SKLEARN = `
import json, sys
import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
folder, columns = sys.argv[1], int(sys.argv[2])
x = np.fromfile(f"{folder}/x", "<f4").reshape(-1, columns).astype("f8")
y = np.fromfile(f"{folder}/y", "u1")
model = make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression(C=1, tol=1e-10, max_iter=10000)).fit(x, y)
print(json.dumps({
    "coefficients": model[-1].coef_[0].tolist(), "intercept": model[-1].intercept_[0],
    "ap": average_precision_score(y, model.predict_proba(x)[:, 1]),
}))
`;

describe.skipIf(found === undefined || oracle === undefined)("beside Python", () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "esteira-parity-"));
    await writeFile(join(folder, "x"), new Uint8Array(DATA.values.buffer));
    await writeFile(join(folder, "y"), DATA.labels);
    await writeFile(join(folder, "v"), new Uint8Array(VALIDATION.values.buffer));
    await writeFile(join(folder, "w"), VALIDATION.labels);
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  async function compare(model: TrainedModel, settings: { params: Params; rounds: number; patience: number }) {
    await writeFile(join(folder, "model.ubj"), model.modelBytes);
    const request = { ...settings, names: DATA.featureNames };
    const reply = JSON.parse(python(oracle ?? "", WITH_XGBOOST, [folder, JSON.stringify(request)]));
    const ours = sha256(new Uint8Array((await model.predict(VALIDATION.values, VALIDATION.rows)).buffer));
    expect(reply).toEqual({
      names: [...DATA.featureNames],
      types: DATA.featureNames.map(() => "float"),
      rounds: model.bestIteration + 1,
      best: settings.patience > 0 ? String(model.bestIteration) : null,
      loaded: ours,
      again: ours,
      bytes: sha256(model.modelBytes),
    });
    model.dispose();
  }

  const input = { train: DATA, validation: VALIDATION, seed: 5, threads: 2 };
  const shared = { max_depth: 4, subsample: 0.8, colsample_bynode: 0.7 };
  const native = {
    ...shared,
    tree_method: "hist",
    seed: 5,
    nthread: 2,
    eval_metric: "aucpr",
    seed_per_iteration: true,
  };

  test("xgboost without early stopping is the same file, to the byte", async () => {
    const params = { ...shared, num_boost_round: 30, early_stopping_rounds: 0, learning_rate: 0.2 };
    const model = await createTrainer("xgboost", present(found)).train({ ...input, params });
    const booster = { ...native, objective: "binary:logistic", learning_rate: 0.2 };
    await compare(model, { params: booster, rounds: 30, patience: 0 });
  });

  test("xgboost stops at the same round, and is the same file, to the byte", async () => {
    const params = { ...shared, num_boost_round: 200, early_stopping_rounds: 6, learning_rate: 0.3 };
    const model = await createTrainer("xgboost", present(found)).train({ ...input, params });
    expect(model.rounds).toBeLessThan(200);
    const booster = { ...native, objective: "binary:logistic", learning_rate: 0.3 };
    await compare(model, { params: booster, rounds: 200, patience: 6 });
  });

  test("xgboost with exact trees, from a base score of 0.5, is the same file, to the byte", async () => {
    // XGBoost's exact trees know no colsample_bynode.
    const exact = { max_depth: 4, subsample: 0.8, tree_method: "exact", base_score: 0.5, learning_rate: 0.3 };
    const model = await createTrainer("xgboost", present(found)).train({
      ...input,
      params: { ...exact, num_boost_round: 20, early_stopping_rounds: 0 },
    });
    expect(model.resolvedParams).toMatchObject({ tree_method: "exact", base_score: 0.5 });
    const { colsample_bynode: _unknown, ...rest } = native;
    const booster = { ...rest, ...exact, objective: "binary:logistic" };
    await compare(model, { params: booster, rounds: 20, patience: 0 });
  });

  test("a random forest is the same file, to the byte", async () => {
    const params = { ...shared, num_parallel_tree: 12 };
    const model = await createTrainer("random-forest", present(found)).train({ ...input, params });
    const own = ["num_parallel_tree", "min_child_weight", "lambda", "learning_rate", "objective"];
    const resolved = Object.entries(model.resolvedParams).filter(([name]) => own.includes(name));
    const booster = { ...native, ...Object.fromEntries(resolved) };
    await compare(model, { params: booster, rounds: 1, patience: 0 });
  });

  test("the logistic regression is scikit-learn's", async () => {
    const model = await fitLogisticRegression(DATA);
    const columns = DATA.featureNames.length;
    const reply = JSON.parse(python(oracle ?? "", WITH_SKLEARN, [folder, String(columns)]));
    for (let at = 0; at < columns; at++) expect(model.coefficients[at]).toBeCloseTo(reply.coefficients[at], 4);
    expect(model.intercept).toBeCloseTo(reply.intercept, 4);
    expect(averagePrecision(model.predict(DATA.values, DATA.rows), DATA.labels)).toBeCloseTo(reply.ap, 5);
  });
});

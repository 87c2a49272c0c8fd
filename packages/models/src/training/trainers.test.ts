import { describe, expect, test } from "vitest";
import { Booster } from "../engines/xgboost/booster.ts";
import { present, xgboostForTests } from "../engines/xgboost/xgboost.testing.ts";
import type { TrainedModel, TrainInput, TrainingData } from "./trainer.ts";
import { createTrainer } from "./trainers.ts";
import { syntheticData } from "./training-data.testing.ts";

const found = await xgboostForTests();

const TRAIN = syntheticData(3_000, 1);
const VALIDATION = syntheticData(1_000, 2);
const QUICK = { max_depth: 3, num_boost_round: 20 };
const NAMES = ["xgboost", "random-forest"] as const;
const SMALL = { xgboost: QUICK, "random-forest": { max_depth: 4, num_parallel_tree: 10 } } as const;

const train = (name: string, input: Partial<TrainInput> = {}): Promise<TrainedModel> =>
  createTrainer(name, present(found)).train({ train: TRAIN, params: QUICK, seed: 3, threads: 2, ...input });

describe.skipIf(found === undefined).each(NAMES)("the %s trainer", (name) => {
  const params = SMALL[name];

  test("gives a model file that predicts as the trained model does", async () => {
    const model = await train(name, { params, validation: VALIDATION });
    const loaded = Booster.load(present(found), model.modelBytes);
    const expected = await model.predict(VALIDATION.values, VALIDATION.rows);
    expect(await loaded.predictBatch(VALIDATION.values, VALIDATION.rows)).toEqual(expected);
    expect(loaded.featureNames).toEqual([...TRAIN.featureNames]);
    expect(model.trainer).toBe(name);
    expect(expected.every((probability) => probability > -1e-6 && probability < 1 + 1e-6)).toBe(true);
    loaded.dispose();
    model.dispose();
  });

  test("gives the same bytes and history for one seed, others for another", async () => {
    const sampled = { ...params, subsample: 0.6, colsample_bynode: 0.5 };
    const first = await train(name, { params: sampled, validation: VALIDATION });
    const second = await train(name, { params: sampled, validation: VALIDATION });
    const other = await train(name, { params: sampled, validation: VALIDATION, seed: 4 });
    expect(Buffer.from(second.modelBytes).equals(first.modelBytes)).toBe(true);
    expect(second.history).toEqual(first.history);
    expect(second.importance).toEqual(first.importance);
    expect(Buffer.from(other.modelBytes).equals(first.modelBytes)).toBe(false);
    for (const model of [first, second, other]) model.dispose();
  });

  test("obeys monotone directions", async () => {
    const columns = TRAIN.featureNames.length;
    const falls = async (monotone: TrainInput["monotone"]): Promise<number> => {
      const model = await train(name, { params: { ...params, max_depth: 6 }, ...(monotone && { monotone }) });
      // One row, with `amount` rising from 0 to 1.
      const values = Float32Array.from({ length: 200 * columns }, (_, at) => {
        const column = at % columns;
        return column === 0 ? Math.floor(at / columns) / 200 : 0.5 * 10 ** (column % 3);
      });
      const scores = await model.predict(values, 200);
      model.dispose();
      return scores.filter((score, at) => at > 0 && score < scores[at - 1]!).length;
    };
    expect(await falls({ amount: 1 })).toBe(0);
    expect(await falls(undefined)).toBeGreaterThan(0);
  });

  test("ranks every feature by gain, also those that no tree uses", async () => {
    const model = await train(name, { params: { ...params, max_depth: 2 } });
    expect(model.importance.map(({ feature }) => feature).sort()).toEqual([...TRAIN.featureNames].sort());
    const gains = model.importance.map(({ gain }) => gain);
    expect(gains).toEqual([...gains].sort((a, b) => b - a));
    expect(["amount", "velocity"]).toContain(model.importance[0]?.feature);
    model.dispose();
  });

  test("resolves every param that shapes the model", async () => {
    const model = await train(name, { params: { ...params, reg_lambda: 2.5, base_score: 0.125, scale_pos_weight: 3 } });
    expect(model.resolvedParams).toMatchObject({
      objective: name === "random-forest" ? "reg:squarederror" : "binary:logistic",
      tree_method: "hist",
      lambda: 2.5,
      base_score: 0.125,
      scale_pos_weight: 3,
      max_depth: params.max_depth,
      max_bin: 256,
      num_parallel_tree: name === "random-forest" ? 10 : 1,
      learning_rate: name === "random-forest" ? 1 : 0.1,
      seed: 3,
      threads: 2,
      seed_per_iteration: true,
    });
    model.dispose();
  });

  test("weighs the rare class up by scale_pos_weight, and rows by their weights", async () => {
    const mean = async (input: Partial<TrainInput>): Promise<number> => {
      const model = await train(name, { params, ...input });
      const scores = await model.predict(VALIDATION.values, VALIDATION.rows);
      model.dispose();
      return scores.reduce((sum, score) => sum + score, 0) / scores.length;
    };
    const plain = await mean({});
    expect(await mean({ params: { ...params, scale_pos_weight: 10 } })).toBeGreaterThan(plain * 1.5);
    const weights = Float32Array.from(TRAIN.labels, (label) => (label === 1 ? 10 : 1));
    expect(await mean({ train: { ...TRAIN, weights } })).toBeGreaterThan(plain * 1.5);
  });

  test("stops between rounds when it is told to", async () => {
    const control = new AbortController();
    const onRound = () => control.abort(new Error("The user has had enough."));
    await expect(train(name, { params, signal: control.signal, onRound })).rejects.toThrow("had enough");
    const stopped = AbortSignal.abort(new Error("Too late."));
    await expect(train(name, { params, signal: stopped })).rejects.toThrow("Too late.");
  });
});

describe.skipIf(found === undefined)("early stopping", () => {
  test("cuts the model after the best round, and says which it was", async () => {
    const seen: number[] = [];
    const model = await train("xgboost", {
      validation: VALIDATION,
      params: { num_boost_round: 400, early_stopping_rounds: 5, learning_rate: 0.3, eval_metric: "logloss,aucpr" },
      onRound: (round, metrics) => {
        expect(round).toBe(seen.length);
        expect(Object.keys(metrics)).toEqual(["validation-logloss", "validation-aucpr"]);
        seen.push(metrics["validation-aucpr"] ?? 0);
      },
    });
    const best = seen.indexOf(Math.max(...seen));
    expect(model.bestIteration).toBe(best);
    expect(model.rounds).toBe(best + 5 + 1);
    expect(model.rounds).toBe(seen.length);
    expect(model.history.map(({ round }) => round)).toEqual(seen.map((_, round) => round));
    const loaded = Booster.load(present(found), model.modelBytes);
    expect(loaded.rounds).toBe(best + 1);
    expect(loaded.attribute("best_iteration")).toBe(String(best));
    expect(Number(loaded.attribute("best_score"))).toBe(seen[best]);
    loaded.dispose();
    model.dispose();
  });

  test("takes the smallest value of a loss, and may be switched off", async () => {
    const input = {
      validation: VALIDATION,
      params: { num_boost_round: 60, learning_rate: 0.5, eval_metric: "logloss" },
    };
    const stopped = await train("xgboost", { ...input, params: { ...input.params, early_stopping_rounds: 4 } });
    const whole = await train("xgboost", { ...input, params: { ...input.params, early_stopping_rounds: 0 } });
    const losses = whole.history.map(({ metrics }) => metrics["validation-logloss"] ?? 0);
    const seen = losses.slice(0, stopped.rounds);
    expect(stopped.bestIteration).toBe(seen.indexOf(Math.min(...seen)));
    expect(whole.rounds).toBe(60);
    expect(whole.bestIteration).toBe(59);
    stopped.dispose();
    whole.dispose();
  });

  test("measures the training rows too when asked", async () => {
    const model = await train("xgboost", { validation: VALIDATION, params: { ...QUICK, eval_train: true } });
    expect(Object.keys(model.history[0]?.metrics ?? {})).toEqual(["train-aucpr", "validation-aucpr"]);
    model.dispose();
  });
});

describe.skipIf(found === undefined)("what cannot be trained on", () => {
  const but = (change: Partial<TrainingData>): TrainingData => ({ ...TRAIN, ...change });
  const infinite = TRAIN.values.slice();
  infinite[TRAIN.featureNames.length * 4 + 1] = Number.POSITIVE_INFINITY;
  const oddLabels = TRAIN.labels.slice();
  oddLabels[9] = 2;
  const badWeights = new Float32Array(TRAIN.rows).fill(1);
  badWeights[2] = Number.NaN;

  test.each<[string, Partial<TrainInput>, string]>([
    ["an unknown param", { params: { max_dept: 3 } }, 'xgboost has no param "max_dept"; it has num_boost_round,'],
    [
      "a param of the wrong type",
      { params: { max_depth: "6" } },
      'max_depth of xgboost must be a whole number from 0 to 64, not "6"',
    ],
    [
      "a param out of range",
      { params: { subsample: 0 } },
      "subsample of xgboost must be a number, above 0 and at most 1, not 0",
    ],
    [
      "a param twice",
      { params: { eta: 0.1, learning_rate: 0.2 } },
      "The params eta and learning_rate of xgboost are the same one",
    ],
    [
      "a param that is decided here",
      { params: { booster: "dart" } },
      "booster of xgboost cannot be set: it is always gbtree",
    ],
    [
      "a way to grow trees that it does not have",
      { params: { tree_method: "approx" } },
      'tree_method of xgboost must be one of hist, exact, not "approx"',
    ],
    ["an unknown metric", { params: { eval_metric: "nothing" } }, "Unknown metric function nothing"],
    [
      "no rows",
      { train: but({ rows: 0, values: new Float32Array(), labels: new Uint8Array() }) },
      "The training data has 0 rows",
    ],
    ["no features", { train: but({ featureNames: [] }) }, "has no features"],
    ["a feature twice", { train: but({ featureNames: TRAIN.featureNames.map(() => "same") }) }, '"same" occurs twice'],
    [
      "a feature name of XGBoost's own signs",
      { train: but({ featureNames: ["a<b", ...TRAIN.featureNames.slice(1)] }) },
      '"a<b" is not possible',
    ],
    [
      "too few values",
      { train: but({ values: TRAIN.values.slice(1) }) },
      "needs 18000 values (3000 rows x 6 features), not 17999",
    ],
    ["too few labels", { train: but({ labels: TRAIN.labels.slice(1) }) }, "needs 3000 labels, one a row, not 2999"],
    ["too few weights", { train: but({ weights: new Float32Array(2) }) }, "needs 3000 weights, one a row, not 2"],
    ["one class only", { train: but({ labels: new Uint8Array(TRAIN.rows) }) }, "one class only: all 3000 labels are 0"],
    [
      "one class only to validate on",
      { validation: but({ labels: new Uint8Array(TRAIN.rows).fill(1) }) },
      "The validation data has one class only",
    ],
    ["a label that is no class", { train: but({ labels: oddLabels }) }, "has the label 2 in row 10; a label is 0 or 1"],
    ["a weight that is no number", { train: but({ weights: badWeights }) }, "has the weight NaN in row 3"],
    ["an infinite value", { train: but({ values: infinite }) }, 'has Infinity in row 5, feature "velocity"'],
    [
      "other features to validate on",
      { validation: { ...VALIDATION, featureNames: [...TRAIN.featureNames].reverse() } },
      'feature 1 is "noise_2" where training has "amount"',
    ],
    ["a direction of no feature", { monotone: { amonut: 1 } }, '"amonut" names no feature'],
    ["a seed that is no whole number", { seed: 0.5 }, "The seed must be a whole number"],
    ["no threads", { threads: 0 }, "The threads must be a whole number from 1"],
  ])("%s gets one sentence", async (_what, input, sentence) => {
    await expect(train("xgboost", input)).rejects.toMatchObject({
      code: "INVALID_PARAMETER_VALUE",
      message: expect.stringContaining(sentence),
    });
  });

  test("a label that is not a number, from a caller without types", async () => {
    const labels = Float32Array.from(TRAIN.labels);
    labels[4] = Number.NaN;
    const untyped: TrainingData = Object.assign({}, TRAIN, { labels });
    await expect(train("xgboost", { train: untyped })).rejects.toThrow("has the label NaN in row 5");
  });

  test("a forest has no learning rate", async () => {
    await expect(train("random-forest", { params: { learning_rate: 0.1 } })).rejects.toThrow("so it is always 1");
  });

  test("a forest's leaf is the share of positives in it, so its scores are on the scale of the labels", async () => {
    const model = await train("random-forest", { params: SMALL["random-forest"] });
    const scores = await model.predict(TRAIN.values, TRAIN.rows);
    const mean = (list: Iterable<number>): number => [...list].reduce((sum, value) => sum + value, 0) / TRAIN.rows;
    expect(mean(scores)).toBeCloseTo(mean(TRAIN.labels), 2);
    model.dispose();
  });

  test("a trainer that does not exist", () => {
    expect(() => createTrainer("catboost", present(found))).toThrow("there are xgboost and random-forest");
  });
});

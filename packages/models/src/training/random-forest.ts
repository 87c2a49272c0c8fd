import type { NativeXgboost } from "../engines/xgboost/native.ts";
import { trainBoosted } from "./boosting.ts";
import { FIXED, type ParamTable, resolveParams, TREE_ALIASES, TREE_RULES } from "./params.ts";
import type { Trainer } from "./trainer.ts";

const { eta: _eta, ...aliases } = TREE_ALIASES;

export const RANDOM_FOREST_PARAMS: ParamTable = {
  rules: { num_parallel_tree: { kind: "integer", min: 1, max: 10_000 }, ...TREE_RULES },
  aliases: { ...aliases, n_estimators: "num_parallel_tree" },
  fixed: {
    ...FIXED,
    tree_method: "it is always hist",
    objective: "it is always reg:squarederror, so that a leaf is the share of frauds in it",
    num_boost_round: "a forest is one round of many trees",
    early_stopping_rounds: "a forest is one round of many trees",
    learning_rate: "the trees of a forest are averaged, so it is always 1",
    eta: "the trees of a forest are averaged, so it is always 1",
  },
  defaults: {
    num_parallel_tree: 100,
    max_depth: 12,
    max_leaves: 0,
    max_bin: 256,
    min_child_weight: 3,
    max_delta_step: 0,
    gamma: 0,
    lambda: 0.00001,
    alpha: 0,
    subsample: 0.8,
    colsample_bytree: 1,
    colsample_bylevel: 1,
    colsample_bynode: 0.3,
    grow_policy: "depthwise",
    scale_pos_weight: 1,
    eval_metric: "aucpr",
    eval_train: false,
  },
};

/** A random forest: one round of trees, each on its own sample of rows and features. An XGBoost model file too. */
export const createRandomForestTrainer = (native: NativeXgboost): Trainer => ({
  name: "random-forest",
  defaults: RANDOM_FOREST_PARAMS.defaults,
  train: async (input) => {
    const params = resolveParams("random-forest", RANDOM_FOREST_PARAMS, input.params);
    return trainBoosted(native, {
      trainer: "random-forest",
      input,
      // One Newton step of the logistic loss overshoots where frauds are few; the mean of a leaf is its probability.
      objective: "reg:squarederror",
      rounds: 1,
      patience: 0,
      params: { ...params, learning_rate: 1 },
      ownParams: { num_boost_round: 1 },
    });
  },
});

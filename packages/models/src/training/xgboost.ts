import type { NativeXgboost } from "../engines/xgboost/native.ts";
import { trainBoosted } from "./boosting.ts";
import { FIXED, type ParamTable, resolveParams, TREE_ALIASES, TREE_RULES } from "./params.ts";
import type { Trainer } from "./trainer.ts";

export const XGBOOST_PARAMS: ParamTable = {
  rules: {
    num_boost_round: { kind: "integer", min: 1, max: 100_000 },
    /** 0 never stops early; without validation data nothing does. */
    early_stopping_rounds: { kind: "integer", min: 0, max: 100_000 },
    learning_rate: { kind: "number", above: 0, max: 1 },
    /** exact looks at every value instead of max_bin bins: the default of XGBoost 1, slower, and to be asked for. */
    tree_method: { kind: "choice", choices: ["hist", "exact"] },
    ...TREE_RULES,
  },
  aliases: { ...TREE_ALIASES, n_estimators: "num_boost_round" },
  fixed: { ...FIXED, num_parallel_tree: "a round of xgboost has one tree; random-forest has many" },
  defaults: {
    num_boost_round: 400,
    early_stopping_rounds: 30,
    learning_rate: 0.1,
    tree_method: "hist",
    max_depth: 6,
    max_leaves: 0,
    max_bin: 256,
    min_child_weight: 1,
    max_delta_step: 0,
    gamma: 0,
    lambda: 1,
    alpha: 0,
    subsample: 1,
    colsample_bytree: 1,
    colsample_bylevel: 1,
    colsample_bynode: 1,
    grow_policy: "depthwise",
    scale_pos_weight: 1,
    eval_metric: "aucpr",
    eval_train: false,
  },
};

/** Gradient boosting: histogram trees unless exact ones are asked for, logistic loss, stopped early on the validation data's last metric. */
export const createXgboostTrainer = (native: NativeXgboost): Trainer => ({
  name: "xgboost",
  defaults: XGBOOST_PARAMS.defaults,
  train: async (input) => {
    const params = resolveParams("xgboost", XGBOOST_PARAMS, input.params);
    const { num_boost_round, early_stopping_rounds, ...booster } = params;
    return trainBoosted(native, {
      trainer: "xgboost",
      input,
      rounds: Number(num_boost_round),
      objective: "binary:logistic",
      patience: Number(early_stopping_rounds),
      params: booster,
      ownParams: { num_boost_round: Number(num_boost_round), early_stopping_rounds: Number(early_stopping_rounds) },
    });
  },
});

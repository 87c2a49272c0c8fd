/** Payments of which the large ones, and those of the night, are frauds more often; the same for the same seed. */
export function payments(
  count: number,
  seed: number,
  isTold: (isFraud: boolean) => boolean = (isFraud) => isFraud,
): string {
  let state = seed;
  const random = () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
  const rows = Array.from({ length: count }, (_, at) => {
    const [amount, hour] = [Math.round(random() * 1000), Math.floor(random() * 24)];
    const risk = 0.02 + (amount > 700 ? 0.4 : 0) + (hour < 6 ? 0.2 : 0);
    return [`t${at}`, `c${at % 97}`, amount, hour, isTold(random() < risk) ? 1 : 0].join();
  });
  return ["id", "payer", "amount", "hour", "fraud"].join().concat("\n", rows.join("\n"), "\n");
}

export const GATE = `version: 1
name: pix
checks:
  - { check: metric, metric: auc_pr_lift, min: 1.2 }
  - { check: champion, metric: auc_pr, replicates: 200, support: 20 }
`;

export const MLPROJECT = `name: pix
entry_points:
  main:
    command: node train.mjs
`;

/** A training without any library: boosted stumps, written as XGBoost writes a model, and sent to the server into the run. */
export const TRAINING = `import { readFileSync } from "node:fs";
import { createHash } from "node:crypto";

const NAMES = ["amount", "hour"];
const { rounds } = JSON.parse(readFileSync("params.json", "utf8"));
const [head, ...lines] = readFileSync("data/train.csv", "utf8").trim().split("\\n").map((line) => line.split(","));
const rows = lines.map((line) => NAMES.map((name) => Number(line[head.indexOf(name)])));
const labels = lines.map((line) => Number(line[head.indexOf("fraud")]));

const margins = labels.map(() => 0);
const trees = [];
for (let id = 0; id < rounds; id++) {
  const p = margins.map((margin) => 1 / (1 + Math.exp(-margin)));
  const g = p.map((value, at) => value - labels[at]);
  const h = p.map((value) => value * (1 - value));
  let best = { gain: -1 };
  NAMES.forEach((_, feature) => {
    for (const cut of [...new Set(rows.map((row) => row[feature]))].sort((a, b) => a - b)) {
      const sums = [0, 0, 0, 0];
      rows.forEach((row, at) => {
        const side = row[feature] < cut ? 0 : 2;
        sums[side] += g[at];
        sums[side + 1] += h[at];
      });
      const [gl, hl, gr, hr] = sums;
      const gain = (gl * gl) / (hl + 1) + (gr * gr) / (hr + 1);
      if (gain > best.gain) best = { gain, feature, cut, left: -gl / (hl + 1), right: -gr / (hr + 1), hl, hr };
    }
  });
  const { feature, cut, left, right, hl, hr, gain } = best;
  rows.forEach((row, at) => (margins[at] += row[feature] < cut ? left : right));
  trees.push({
    base_weights: [0, left, right], categories: [], categories_nodes: [], categories_segments: [], categories_sizes: [],
    default_left: [0, 0, 0], id, left_children: [1, -1, -1], right_children: [2, -1, -1], loss_changes: [gain, 0, 0],
    parents: [2147483647, 0, 0], split_conditions: [cut, left, right], split_indices: [feature, 0, 0], split_type: [0, 0, 0],
    sum_hessian: [hl + hr, hl, hr],
    tree_param: { num_deleted: "0", num_feature: "2", num_nodes: "3", size_leaf_vector: "1" },
  });
}
const booster = {
  learner: {
    attributes: {}, feature_names: NAMES, feature_types: ["float", "float"],
    gradient_booster: {
      model: {
        gbtree_model_param: { num_parallel_tree: "1", num_trees: String(trees.length) },
        iteration_indptr: trees.map((_, at) => at).concat(trees.length), tree_info: trees.map(() => 0), trees,
      },
      name: "gbtree",
    },
    learner_model_param: { base_score: "5E-1", boost_from_average: "1", num_class: "0", num_feature: "2", num_target: "1" },
    objective: { name: "binary:logistic", reg_loss_param: { scale_pos_weight: "1" } },
  },
  version: [3, 2, 0],
};
const model = JSON.stringify(booster);
const inputs = JSON.stringify(NAMES.map((name) => ({ type: "double", name, required: true })));
const mlmodel = [
  "flavors:",
  "  xgboost:",
  "    code: null",
  "    data: model.json",
  "    model_class: xgboost.core.Booster",
  "    model_format: json",
  "    xgb_version: 3.2.0",
  "mlflow_version: 3.17.2",
  "model_uuid: " + createHash("md5").update(model).digest("hex"),
  "signature:",
  "  inputs: '" + inputs + "'",
  "utc_time_created: '2026-01-01 00:00:00.000000'",
  "",
].join("\\n");

const { MLFLOW_TRACKING_URI: uri, MLFLOW_TRACKING_TOKEN: token, MLFLOW_RUN_ID: run, MLFLOW_EXPERIMENT_ID: experiment } = process.env;
for (const [name, body] of [["MLmodel", mlmodel], ["model.json", model]]) {
  const address = uri + "/api/2.0/mlflow-artifacts/artifacts/" + [experiment, run, "artifacts", "model", name].join("/");
  const answer = await fetch(address, { method: "PUT", body, headers: { authorization: "Bearer " + token } });
  if (!answer.ok) throw new Error(name + ": " + answer.status + " " + (await answer.text()));
}
console.log("trained " + trees.length + " stumps on " + rows.length + " rows");
`;

/** LightGBM's text model files, formats v2 to v4 (LightGBM 2.x to 4.x), into a `LightgbmModel`. */

import { invalid } from "@esteira/core/errors";
import { parseJson } from "../../format/json.ts";
import type { LightgbmModel, LinearLeaf, PandasCategories } from "./model.ts";
import { parseObjective } from "./objective.ts";
import { parseTree, type Tree } from "./parse-tree.ts";
import { type ModelText, type Part, refuse, splitModelText, textOf, wholeOf } from "./text.ts";

/** Larger files are refused before they are read into memory several times over. */
const MAX_BYTES = 512 * 1024 * 1024;
const MAX_FEATURES = 2 ** 22;
const MAX_GROUPS = 65_536;
const VERSIONS = ["v2", "v3", "v4"];

/**
 * Reads a model that LightGBM saved (`save_model`, MLflow's `model.lgb` or `model.txt`). Throws
 * INVALID_PARAMETER_VALUE, in one sentence, for anything that is not a sound model: truncated or oversized files, trees
 * with cycles, links and features that are not there, unknown objectives and versions.
 */
export function parseLightgbm(bytes: Uint8Array): LightgbmModel {
  if (bytes.length === 0) throw invalid("The model file is empty");
  if (bytes.length > MAX_BYTES)
    throw invalid(`The model file has ${bytes.length} bytes, more than the ${MAX_BYTES} that are read`);
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw refuse("it is not UTF-8 text");
  }
  const parts = splitModelText(text);
  const header: Part = { where: "the header", lines: parts.header };
  const version = textOf(header, "version");
  if (!VERSIONS.includes(version))
    throw refuse(`its version is '${version.slice(0, 20)}'; known are ${VERSIONS.join(", ")}`);
  const groups = wholeOf(header, "num_tree_per_iteration", 1, MAX_GROUPS);
  const numFeatures = wholeOf(header, "max_feature_idx", 0, MAX_FEATURES) + 1;
  const featureNames = textOf(header, "feature_names").split(" ").filter(Boolean);
  if (featureNames.length !== numFeatures)
    throw refuse(`it has ${featureNames.length} feature names for ${numFeatures} features`);
  const sizes = parts.header.get("tree_sizes")?.split(" ").filter(Boolean);
  if (sizes !== undefined && sizes.length !== parts.trees.length)
    throw refuse(`its header counts ${sizes.length} trees, but it holds ${parts.trees.length}`);
  if (parts.trees.length % groups !== 0)
    throw refuse(`its ${parts.trees.length} trees are no whole rounds of ${groups}`);
  const objective = parts.header.get("objective");
  const trees = parts.trees.map((lines, i) => parseTree({ where: `tree ${i}`, lines }, numFeatures));
  return {
    objective: objective === undefined || objective === "custom" ? undefined : parseObjective(objective, groups),
    writtenBy: version,
    numFeatures,
    featureNames,
    groups,
    isAverage: parts.header.has("average_output"),
    pandas: readPandas(parts, numFeatures),
    treeCount: trees.length,
    treeGroup: Int32Array.from(trees, (_, tree) => tree % groups),
    treeDepth: Int32Array.from(trees, (tree) => tree.depth),
    ...joinTrees(trees),
  };
}

/** pandas' categories come in the order of the categorical features, which the training parameters name. */
function readPandas(parts: ModelText, numFeatures: number): readonly PandasCategories[] {
  if (parts.pandasCategorical === undefined) return [];
  const lists = parseJson(parts.pandasCategorical, "pandas_categorical of the model");
  if (lists === null) return [];
  if (!Array.isArray(lists)) throw refuse("pandas_categorical must be a list of lists");
  if (lists.length === 0) return [];
  const features = (parts.parameters.get("categorical_feature") ?? "").split(",").filter(Boolean).map(Number);
  if (features.length !== lists.length)
    throw refuse(`pandas_categorical has ${lists.length} lists for ${features.length} categorical features`);
  return lists.map((list: unknown, i) => {
    const feature = features[i]!;
    if (!Number.isInteger(feature) || feature < 0 || feature >= numFeatures)
      throw refuse(`categorical_feature names the feature ${feature} of ${numFeatures}`);
    if (!Array.isArray(list)) throw refuse("pandas_categorical must be a list of lists");
    const categories = list.map((item: unknown) => {
      if (typeof item !== "string" && typeof item !== "number" && typeof item !== "boolean")
        throw refuse("pandas_categorical may hold text, numbers and booleans only");
      return item;
    });
    return { feature, categories };
  });
}

type Nodes = Pick<
  LightgbmModel,
  | "treeStart"
  | "feature"
  | "value"
  | "missing"
  | "defaultLeft"
  | "child"
  | "cover"
  | "originalId"
  | "categories"
  | "linear"
>;

function joinTrees(trees: readonly Tree[]): Nodes {
  const treeStart = new Int32Array(trees.length + 1);
  trees.forEach((tree, t) => {
    treeStart[t + 1] = treeStart[t]! + tree.size;
  });
  const total = treeStart[trees.length]!;
  const nodes = {
    treeStart,
    feature: new Int32Array(total),
    value: new Float64Array(total),
    missing: new Uint8Array(total),
    defaultLeft: new Uint8Array(total),
    child: new Int32Array(total),
    cover: new Float64Array(total),
    originalId: new Int32Array(total),
    categories: new Map<number, Uint32Array>(),
    linear: new Map<number, LinearLeaf>(),
  };
  trees.forEach((tree, t) => {
    const start = treeStart[t]!;
    nodes.feature.set(tree.feature, start);
    nodes.value.set(tree.value, start);
    nodes.missing.set(tree.missing, start);
    nodes.defaultLeft.set(tree.defaultLeft, start);
    nodes.cover.set(tree.cover, start);
    nodes.originalId.set(tree.originalId, start);
    for (let n = 0; n < tree.size; n++) nodes.child[start + n] = tree.feature[n]! < 0 ? 0 : start + tree.child[n]!;
    for (const [node, set] of tree.categories) nodes.categories.set(start + node, set);
    for (const [node, leaf] of tree.linear) nodes.linear.set(start + node, leaf);
  });
  return nodes;
}

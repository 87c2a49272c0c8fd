/** XGBoost's model files, JSON and UBJ, from 1.x to 3.x, into a `TreeEnsemble`. */

import { invalid } from "@esteira/core/errors";
import { parseJson } from "../../format/json.ts";
import type { TreeEnsemble } from "./ensemble.ts";
import { asList, asNumbers, asText, asTexts, asWhole, type Field, get, isAbsent } from "./fields.ts";
import { toBaseMargin } from "./objective.ts";
import { parseTree, type Tree } from "./parse-tree.ts";
import { parseUbjson } from "./ubjson.ts";

/** Larger files are refused before they are read into memory several times over. */
const MAX_BYTES = 512 * 1024 * 1024;
const MAX_FEATURES = 2 ** 22;
const MAX_GROUPS = 65_536;

const BRACE = 0x7b;
/** What may follow the first brace of a UBJ file: the marker of a length, or a container header. */
const UBJ_SECOND = new Set("iUIlL$#N}".split("").map((c) => c.charCodeAt(0)));

/**
 * Reads a model that XGBoost saved as `.ubj` or `.json` (the bytes tell which).
 * Throws INVALID_PARAMETER_VALUE, in one sentence, for anything that is not a sound tree model: truncated or oversized
 * files, the binary format of before 1.0, linear boosters, vector leaves, trees with cycles, unknown objectives.
 */
export function parseXgboost(bytes: Uint8Array): TreeEnsemble {
  if (bytes.length === 0) throw invalid("The model file is empty");
  if (bytes.length > MAX_BYTES)
    throw invalid(`The model file has ${bytes.length} bytes, more than the ${MAX_BYTES} that are read`);
  if (bytes[0] !== BRACE)
    throw invalid(
      "The model file is neither JSON nor UBJ. XGBoost's old binary format is not read: load it with the XGBoost that wrote it and save it with save_model('model.ubj')",
    );
  const second = bytes[1];
  const isUbj = second !== undefined && UBJ_SECOND.has(second) && !(second === 0x7d && bytes.length > 2);
  return decode({ where: "", value: isUbj ? parseUbjson(bytes) : parseJson(decodeText(bytes), "The model file") });
}

function decodeText(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    throw invalid("The model file is not UTF-8");
  }
}

function decode(root: Field): TreeEnsemble {
  const learner = get(root, "learner");
  const params = get(learner, "learner_model_param");
  const numFeatures = asWhole(get(params, "num_feature"), 0, MAX_FEATURES);
  const numClass = asWhole(orZero(get(params, "num_class")), 0, MAX_GROUPS);
  const numTarget = asWhole(orZero(get(params, "num_target")), 0, MAX_GROUPS);
  const groups = Math.max(1, numClass, numTarget);
  const objective = asText(get(get(learner, "objective"), "name"));
  const { model, weights } = readBooster(get(learner, "gradient_booster"));
  const trees = asList(get(model, "trees")).map((tree) => parseTree(tree, numFeatures));
  const treeGroup = Int32Array.from(asNumbers(get(model, "tree_info"), trees.length));
  for (const group of treeGroup)
    if (group < 0 || group >= groups)
      throw invalid(`The model is not a valid XGBoost model: a tree adds to output ${group} of ${groups}`);
  const featureNames = asTexts(get(learner, "feature_names"));
  if (featureNames.length !== 0 && featureNames.length !== numFeatures)
    throw invalid(
      `The model is not a valid XGBoost model: ${featureNames.length} feature names for ${numFeatures} features`,
    );
  return {
    objective,
    writtenBy: readVersion(get(root, "version")),
    numFeatures,
    featureNames,
    featureTypes: asTexts(get(learner, "feature_types")),
    groups,
    baseMargin: readBaseMargin(get(params, "base_score"), objective, groups),
    attributes: readAttributes(get(learner, "attributes")),
    treeCount: trees.length,
    treeGroup,
    treeDepth: Int32Array.from(trees, (tree) => tree.depth),
    treeWeight: weights === undefined ? undefined : readWeights(weights, trees.length),
    roundStart: readRounds(model, trees.length, groups),
    ...joinTrees(trees),
  };
}

const orZero = (field: Field): Field => (isAbsent(field) ? { ...field, value: 0 } : field);

function readBooster(booster: Field): { model: Field; weights?: Field } {
  const name = asText(get(booster, "name"));
  if (name === "gbtree") return { model: get(booster, "model") };
  if (name === "dart") return { model: get(get(booster, "gbtree"), "model"), weights: get(booster, "weight_drop") };
  throw invalid(`The booster '${name}' of the model is not supported; gbtree and dart are`);
}

function readWeights(field: Field, trees: number): Float32Array {
  const weights = Float32Array.from(asNumbers(field, trees));
  if (!weights.every(Number.isFinite))
    throw invalid(`The model is not a valid XGBoost model: ${field.where} must be finite`);
  return weights;
}

const readVersion = (field: Field): string => (isAbsent(field) ? "unknown" : Array.from(asNumbers(field)).join("."));

function readAttributes(field: Field): Readonly<Record<string, string>> {
  if (isAbsent(field)) return {};
  const { value } = field;
  if (typeof value !== "object" || value === null) return {};
  return Object.fromEntries(Object.keys(value).map((key) => [key, asText(get(field, key))]));
}

/** 3.x writes a vector as text, `[4.75E-1]`; earlier ones a number as text. One value serves all groups. */
function readBaseMargin(field: Field, objective: string, groups: number): Float32Array {
  const stored = typeof field.value === "number" ? String(field.value) : asText(field);
  const list = stored.startsWith("[") && stored.endsWith("]") ? stored.slice(1, -1).split(",") : [stored];
  const scores = list.map((item) => {
    const score = item.trim() === "" ? Number.NaN : Number(item);
    if (!Number.isFinite(score))
      throw invalid(`The model is not a valid XGBoost model: base_score '${stored.slice(0, 40)}' is not a number`);
    return toBaseMargin(objective, score);
  });
  if (scores.length !== 1 && scores.length !== groups)
    throw invalid(`The model is not a valid XGBoost model: ${scores.length} base scores for ${groups} outputs`);
  return Float32Array.from({ length: groups }, (_, group) => scores[scores.length === 1 ? 0 : group]!);
}

/** First tree of each round; models from before 2.0 do not say, there every round has the same number of trees. */
function readRounds(model: Field, trees: number, groups: number): Int32Array {
  const field = get(model, "iteration_indptr");
  if (!isAbsent(field)) {
    const starts = Int32Array.from(asNumbers(field));
    const rising = starts.every((start, i) => start >= (i === 0 ? 0 : starts[i - 1]!));
    if (starts.length > 0 && rising && starts[0] === 0 && starts[starts.length - 1] === trees) return starts;
    throw invalid(
      `The model is not a valid XGBoost model: ${field.where} does not divide its ${trees} trees into rounds`,
    );
  }
  const parallel = get(get(model, "gbtree_model_param"), "num_parallel_tree");
  const perRound = groups * Math.max(1, asWhole(orZero(parallel), 0, 2 ** 24));
  if (trees % perRound !== 0)
    throw invalid(`The model is not a valid XGBoost model: ${trees} trees are no whole rounds of ${perRound}`);
  return Int32Array.from({ length: trees / perRound + 1 }, (_, round) => round * perRound);
}

type Nodes = Pick<
  TreeEnsemble,
  "treeStart" | "feature" | "value" | "child" | "defaultLeft" | "cover" | "originalId" | "categories"
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
    value: new Float32Array(total),
    child: new Int32Array(total),
    defaultLeft: new Uint8Array(total),
    cover: new Float32Array(total),
    originalId: new Int32Array(total),
    categories: new Map<number, Uint32Array>(),
  };
  trees.forEach((tree, t) => {
    const start = treeStart[t]!;
    nodes.feature.set(tree.feature, start);
    nodes.value.set(tree.value, start);
    nodes.defaultLeft.set(tree.defaultLeft, start);
    nodes.cover.set(tree.cover, start);
    nodes.originalId.set(tree.originalId, start);
    for (let n = 0; n < tree.size; n++) nodes.child[start + n] = tree.feature[n]! < 0 ? 0 : start + tree.child[n]!;
    for (const [node, set] of tree.categories) nodes.categories.set(start + node, set);
  });
  return nodes;
}

import { z } from "zod";
import type { ParamValue } from "./trainer.ts";

const section = z.record(z.string(), z.unknown());

/** The parts of XGBoost's configuration that shape a tree model. */
const configSchema = z.object({
  learner: z.object({
    gradient_booster: z.object({ gbtree_train_param: section, gbtree_model_param: section, tree_train_param: section }),
    learner_model_param: section,
    objective: z.object({ name: z.string(), reg_loss_param: section.optional() }),
    generic_param: section,
  }),
});

/**
 * What XGBoost has made of the params. A float32 reads back as 0.300000012: where that is the float of the value
 * that was given, the given value is shown.
 */
export function resolvedParamsOf(
  config: string,
  given: Readonly<Record<string, ParamValue>>,
): Record<string, ParamValue> {
  const { learner } = configSchema.parse(JSON.parse(config));
  const booster = learner.gradient_booster;
  const found: Readonly<Record<string, unknown>> = {
    ...booster.tree_train_param,
    ...booster.gbtree_train_param,
    num_parallel_tree: booster.gbtree_model_param.num_parallel_tree,
    ...learner.objective.reg_loss_param,
    base_score: learner.learner_model_param.base_score,
  };
  const resolved: Record<string, ParamValue> = { ...given, objective: learner.objective.name };
  for (const name of [
    ...Object.keys(given),
    "tree_method",
    "base_score",
    "num_parallel_tree",
    "monotone_constraints",
  ]) {
    const text = found[name];
    if (typeof text === "string") resolved[name] = readable(text, given[name]);
  }
  resolved.seed_per_iteration = learner.generic_param.seed_per_iteration === "1";
  return resolved;
}

function readable(text: string, given: ParamValue | undefined): ParamValue {
  // base_score is a list with one entry a target: [1.3E-2].
  const value = Number(text.replace(/^\[(.*)\]$/, "$1"));
  if (text.trim() === "" || Number.isNaN(value)) {
    // An enumeration reads back as its number or its name; a name that was given stays.
    return typeof given === "string" ? given : text;
  }
  if (typeof given === "string") return given;
  return typeof given === "number" && Math.fround(given) === Math.fround(value) ? given : value;
}

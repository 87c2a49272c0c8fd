import { invalid } from "@esteira/core/errors";
import type { Params, ParamValue } from "./trainer.ts";

/** What a parameter may be. `above` is an exclusive lower bound. */
export type ParamRule =
  | { readonly kind: "integer"; readonly min: number; readonly max: number }
  | { readonly kind: "number"; readonly min?: number; readonly above?: number; readonly max?: number }
  | { readonly kind: "boolean" }
  | { readonly kind: "choice"; readonly choices: readonly string[] }
  | { readonly kind: "text" };

export interface ParamTable {
  readonly rules: Readonly<Record<string, ParamRule>>;
  /** Other names by which users know a parameter. */
  readonly aliases: Readonly<Record<string, string>>;
  /** Names that XGBoost knows but that are decided here, each with the reason. */
  readonly fixed: Readonly<Record<string, string>>;
  readonly defaults: Readonly<Record<string, ParamValue>>;
}

const SHARE = { kind: "number", above: 0, max: 1 } as const;
const NOT_NEGATIVE = { kind: "number", min: 0 } as const;

/** Parameters of one tree, which both trainers have. */
export const TREE_RULES = {
  max_depth: { kind: "integer", min: 0, max: 64 },
  max_leaves: { kind: "integer", min: 0, max: 1 << 20 },
  max_bin: { kind: "integer", min: 2, max: 65_535 },
  min_child_weight: NOT_NEGATIVE,
  max_delta_step: NOT_NEGATIVE,
  gamma: NOT_NEGATIVE,
  lambda: NOT_NEGATIVE,
  alpha: NOT_NEGATIVE,
  subsample: SHARE,
  colsample_bytree: SHARE,
  colsample_bylevel: SHARE,
  colsample_bynode: SHARE,
  grow_policy: { kind: "choice", choices: ["depthwise", "lossguide"] },
  scale_pos_weight: { kind: "number", above: 0 },
  /** The probability before any tree; estimated from the labels when it is not given. */
  base_score: { kind: "number", above: 0, max: 0.999999 },
  /** Comma-separated. The last one decides when to stop early, as in XGBoost. */
  eval_metric: { kind: "text" },
  /** Whether metrics are measured on the training rows too, which costs time. */
  eval_train: { kind: "boolean" },
} as const satisfies Record<string, ParamRule>;

export const TREE_ALIASES = {
  reg_lambda: "lambda",
  reg_alpha: "alpha",
  min_split_loss: "gamma",
  eta: "learning_rate",
} as const;

export const FIXED = {
  objective: "it is always binary:logistic",
  booster: "it is always gbtree",
  device: "it is always cpu",
  seed: "give the seed beside the params",
  random_state: "give the seed beside the params",
  nthread: "give the threads beside the params",
  n_jobs: "give the threads beside the params",
  monotone_constraints: "give the monotone directions beside the params",
  seed_per_iteration: "it is always on, so that a seed samples the same rows whatever else is trained",
} as const;

/**
 * The defaults with `given` over them, under their own names.
 * @throws EsteiraError INVALID_PARAMETER_VALUE for an unknown name, a wrong type or a value out of range.
 */
export function resolveParams(trainer: string, table: ParamTable, given: Params): Record<string, ParamValue> {
  const resolved: Record<string, ParamValue> = { ...table.defaults };
  const givenAs = new Map<string, string>();
  for (const [name, value] of Object.entries(given)) {
    const fixed = Object.hasOwn(table.fixed, name) ? table.fixed[name] : undefined;
    if (fixed !== undefined) throw invalid(`The param ${name} of ${trainer} cannot be set: ${fixed}.`);
    const own = Object.hasOwn(table.aliases, name) ? (table.aliases[name] ?? name) : name;
    const rule = Object.hasOwn(table.rules, own) ? table.rules[own] : undefined;
    if (rule === undefined) {
      throw invalid(`${trainer} has no param ${JSON.stringify(name)}; it has ${Object.keys(table.rules).join(", ")}.`);
    }
    const twin = givenAs.get(own);
    if (twin !== undefined)
      throw invalid(`The params ${twin} and ${name} of ${trainer} are the same one; give it once.`);
    givenAs.set(own, name);
    checkParam(trainer, name, rule, value);
    resolved[own] = value;
  }
  return resolved;
}

function checkParam(trainer: string, name: string, rule: ParamRule, value: ParamValue): void {
  if (fits(rule, value)) return;
  throw invalid(`The param ${name} of ${trainer} must be ${expected(rule)}, not ${JSON.stringify(value) ?? "absent"}.`);
}

function fits(rule: ParamRule, value: ParamValue): boolean {
  switch (rule.kind) {
    case "integer":
      return typeof value === "number" && Number.isInteger(value) && value >= rule.min && value <= rule.max;
    case "number":
      return (
        typeof value === "number" &&
        Number.isFinite(value) &&
        value >= (rule.min ?? Number.NEGATIVE_INFINITY) &&
        value > (rule.above ?? Number.NEGATIVE_INFINITY) &&
        value <= (rule.max ?? Number.POSITIVE_INFINITY)
      );
    case "boolean":
      return typeof value === "boolean";
    case "choice":
      return typeof value === "string" && rule.choices.includes(value);
    case "text":
      return typeof value === "string" && value.trim() !== "";
  }
}

function expected(rule: ParamRule): string {
  switch (rule.kind) {
    case "integer":
      return `a whole number from ${rule.min} to ${rule.max}`;
    case "number": {
      const bounds = [
        rule.min === undefined ? "" : `${rule.min} or more`,
        rule.above === undefined ? "" : `above ${rule.above}`,
        rule.max === undefined ? "" : `at most ${rule.max}`,
      ].filter((bound) => bound !== "");
      return bounds.length === 0 ? "a finite number" : `a number, ${bounds.join(" and ")}`;
    }
    case "boolean":
      return "true or false";
    case "choice":
      return `one of ${rule.choices.join(", ")}`;
    case "text":
      return "a text";
  }
}

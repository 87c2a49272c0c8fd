import type { EntityKind, Operator } from "./ast.ts";

/** What a key holds: `integer` refuses fractions; `experimentId` is the quoted text of an integer. */
export type ValueType = "string" | "number" | "integer" | "experimentId";

export interface FieldRule {
  readonly type: ValueType;
  /** The operators that MLflow takes; `OF_EVERY_FIELD` and the like come on top. */
  readonly operators: readonly Operator[];
  /** What messages call an attribute, where that is not its key. */
  readonly shownAs?: string;
}
export interface AttributeRule extends FieldRule {
  /** The canonical key. */
  readonly key: string;
}

/** What a search looks for. */
export type SearchKind = "run" | "experiment" | "registered model" | "model version" | "logged model";

/** The search language of one kind of thing, as data. */
export interface SearchRules {
  readonly kind: SearchKind;
  /** Prefixes and the entity each one means. */
  readonly entities: Readonly<Record<string, EntityKind>>;
  /** Entities whose keys are free: any metric, param or tag. */
  readonly keyed: Readonly<Partial<Record<EntityKind, FieldRule>>>;
  /** Entities whose keys are a fixed list. */
  readonly fixed: Readonly<Partial<Record<EntityKind, Readonly<Record<string, AttributeRule>>>>>;
  readonly orderBy: {
    /** Entities with free keys by which one may sort. */
    readonly entities: readonly EntityKind[];
    readonly attributes: Readonly<Record<string, string>>;
  };
  /** Text values may go without quotes (logged models). */
  readonly bareValues?: boolean;
}

const COMPARE = ["=", "!=", ">", ">=", "<", "<="] as const satisfies readonly Operator[];
/** The same in the order in which MLflow's logged models list them. */
const COMPARED = ["<", "<=", ">", ">=", "=", "!="] as const satisfies readonly Operator[];
const TEXT = ["=", "!=", "LIKE", "ILIKE"] as const satisfies readonly Operator[];
const LIST = ["IN", "NOT IN"] as const satisfies readonly Operator[];
const NULLS = ["IS NULL", "IS NOT NULL"] as const satisfies readonly Operator[];

/** What the language has beyond MLflow's, which refuses these. */
export const OF_EVERY_FIELD = NULLS;
export const OF_NUMBERS = ["BETWEEN", "NOT BETWEEN"] as const satisfies readonly Operator[];
export const OF_TEXTS = ["NOT LIKE", "NOT ILIKE", "RLIKE", "NOT RLIKE"] as const satisfies readonly Operator[];

const text = (key: string, ...more: readonly Operator[]): AttributeRule => ({
  key,
  type: "string",
  operators: [...TEXT, ...more],
});
const number = (key: string, type: ValueType = "number"): AttributeRule => ({ key, type, operators: COMPARE });
const same = (...keys: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(keys.map((key) => [key, key]));

const RUN_NAME = text("run_name");
const START_TIME = number("start_time");

export const RUN_RULES: SearchRules = {
  kind: "run",
  entities: {
    metric: "metric",
    metrics: "metric",
    parameter: "param",
    parameters: "param",
    param: "param",
    params: "param",
    tag: "tag",
    tags: "tag",
    attribute: "attribute",
    attributes: "attribute",
    attr: "attribute",
    run: "attribute",
    dataset: "dataset",
    datasets: "dataset",
  },
  keyed: {
    metric: { type: "number", operators: COMPARE },
    param: { type: "string", operators: [...TEXT, ...NULLS] },
    tag: { type: "string", operators: [...TEXT, ...NULLS] },
  },
  fixed: {
    attribute: {
      run_id: text("run_id", ...LIST),
      run_name: RUN_NAME,
      "run name": RUN_NAME,
      "Run name": RUN_NAME,
      "Run Name": RUN_NAME,
      status: text("status"),
      user_id: text("user_id"),
      artifact_uri: text("artifact_uri"),
      start_time: START_TIME,
      created: START_TIME,
      Created: START_TIME,
      end_time: number("end_time"),
    },
    dataset: { name: text("name", ...LIST), digest: text("digest", ...LIST), context: text("context", ...LIST) },
  },
  orderBy: {
    entities: ["metric", "param", "tag"],
    attributes: {
      ...same("run_id", "run_name", "status", "user_id", "artifact_uri", "start_time", "end_time"),
      created: "start_time",
      Created: "start_time",
    },
  },
};

const attributeOrTag = {
  entities: { attribute: "attribute", tag: "tag", tags: "tag" },
} as const;

export const EXPERIMENT_RULES: SearchRules = {
  kind: "experiment",
  ...attributeOrTag,
  keyed: { tag: { type: "string", operators: [...TEXT, ...NULLS] } },
  fixed: {
    attribute: {
      name: text("name"),
      experiment_id: { key: "experiment_id", type: "experimentId", operators: ["=", "!=", ...LIST] },
      creation_time: number("creation_time", "integer"),
      last_update_time: number("last_update_time", "integer"),
    },
  },
  orderBy: { entities: [], attributes: same("name", "experiment_id", "creation_time", "last_update_time") },
};

export const REGISTERED_MODEL_RULES: SearchRules = {
  kind: "registered model",
  ...attributeOrTag,
  keyed: { tag: { type: "string", operators: TEXT } },
  fixed: { attribute: { name: text("name", ...LIST) } },
  orderBy: {
    entities: [],
    attributes: {
      name: "name",
      timestamp: "last_updated_timestamp",
      last_updated_timestamp: "last_updated_timestamp",
    },
  },
};

export const MODEL_VERSION_RULES: SearchRules = {
  kind: "model version",
  ...attributeOrTag,
  keyed: { tag: { type: "string", operators: TEXT } },
  fixed: {
    attribute: {
      name: text("name", ...LIST),
      run_id: text("run_id", ...LIST),
      source_path: text("source_path"),
      version_number: number("version_number", "integer"),
    },
  },
  orderBy: {
    entities: [],
    attributes: same("name", "version_number", "creation_timestamp", "last_updated_timestamp"),
  },
};

const CREATED: AttributeRule = {
  ...number("creation_timestamp"),
  operators: COMPARED,
  shownAs: "creation_timestamp_ms",
};
const UPDATED: AttributeRule = {
  ...number("last_updated_timestamp"),
  operators: COMPARED,
  shownAs: "last_updated_timestamp_ms",
};

export const LOGGED_MODEL_RULES: SearchRules = {
  kind: "logged model",
  entities: { attributes: "attribute", metrics: "metric", params: "param", tags: "tag" },
  keyed: {
    metric: { type: "number", operators: COMPARED },
    param: { type: "string", operators: [...TEXT, ...LIST] },
    tag: { type: "string", operators: [...TEXT, ...LIST] },
  },
  fixed: {
    attribute: {
      name: text("name", ...LIST),
      model_id: text("model_id", ...LIST),
      model_type: text("model_type", ...LIST),
      status: text("status", ...LIST),
      source_run_id: text("source_run_id", ...LIST),
      creation_timestamp: CREATED,
      creation_timestamp_ms: CREATED,
      creation_time: CREATED,
      last_updated_timestamp: UPDATED,
      last_updated_timestamp_ms: UPDATED,
    },
  },
  orderBy: {
    entities: ["metric"],
    attributes: {
      ...same("name", "model_id", "model_type", "status", "source_run_id", "experiment_id"),
      creation_timestamp: "creation_timestamp",
      creation_timestamp_ms: "creation_timestamp",
      creation_time: "creation_timestamp",
      last_updated_timestamp: "last_updated_timestamp",
      last_updated_timestamp_ms: "last_updated_timestamp",
    },
  },
  bareValues: true,
};

/** The MLmodel file: YAML on disk, `ModelConfig` in memory. */

import { invalid } from "@esteira/core/errors";
import { type ModelSignature, parseSignature, signatureTexts } from "./signature.ts";
import { formatYaml, readYaml } from "./yaml.ts";

/** The version of MLflow whose format this is. */
export const MLFLOW_VERSION = "3.17.2";

/** One flavor's own settings, keys as in the file (`loader_module`, `model_class` ...). */
export type FlavorConfig = Readonly<Record<string, unknown>>;

export interface SavedInputExample {
  readonly artifactPath: string;
  /** `dataframe`, `ndarray`, `json_object` ... */
  readonly type: string;
  readonly pandasOrient?: string;
  readonly servingInputPath?: string;
  /** What else MLflow noted of it (`params`, `format` ...), keys as in the file. */
  readonly other?: Readonly<Record<string, unknown>>;
}

/** All of the file. A value of null is written as null, an absent one not at all: MLflow's versions differ in it. */
export interface ModelConfig {
  readonly flavors: Readonly<Record<string, FlavorConfig>>;
  readonly signature?: ModelSignature;
  readonly isSignatureFromTypeHint?: boolean;
  readonly typeHintFromExample?: boolean;
  readonly modelUuid?: string;
  /** `m-` and 32 hex digits, for a logged model. */
  readonly modelId?: string | null;
  readonly runId?: string;
  readonly artifactPath?: string;
  /** UTC, `2026-11-23 11:31:28.477245`. */
  readonly utcTimeCreated?: string;
  readonly mlflowVersion?: string;
  readonly modelSizeBytes?: number;
  readonly savedInputExample?: SavedInputExample;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** URIs of the prompts of the model. */
  readonly prompts?: readonly string[] | null;
  /** What the model needs of a Databricks workspace, as MLflow writes it. */
  readonly resources?: Readonly<Record<string, unknown>>;
  readonly authPolicy?: Readonly<Record<string, unknown>>;
  /** Names of the environment variables that were set when the model was logged. */
  readonly envVars?: readonly string[];
  /** Keys that have no place above (those of other versions and of users), as in the file. */
  readonly other?: Readonly<Record<string, unknown>>;
}

type Dictionary = Readonly<Record<string, unknown>>;

const isDictionary = (value: unknown): value is Dictionary =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

const wrong = (problem: string): Error => invalid(`MLmodel is not valid: ${problem}`);

function optionalText(root: Dictionary, key: string): string | undefined {
  const value = root[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw wrong(`${key} must be text`);
}

const KNOWN = new Set([
  "artifact_path",
  "auth_policy",
  "env_vars",
  "flavors",
  "is_signature_from_type_hint",
  "metadata",
  "mlflow_version",
  "model_id",
  "model_size_bytes",
  "model_uuid",
  "prompts",
  "resources",
  "run_id",
  "saved_input_example_info",
  "signature",
  "type_hint_from_example",
  "utc_time_created",
]);

/** Reads the text of an MLmodel file. Throws INVALID_PARAMETER_VALUE that names the key. */
export function parseMlmodel(text: string): ModelConfig {
  const root = readYaml(text, "MLmodel");
  if (!isDictionary(root)) throw wrong("it must be a mapping");
  if (!isDictionary(root.flavors)) throw wrong("it must have a mapping `flavors`");
  const { flavors } = root;
  if (!isFlavors(flavors)) {
    const odd = Object.entries(flavors).find(([, flavor]) => !isDictionary(flavor));
    throw wrong(`flavors.${odd?.[0]} must be a mapping`);
  }
  const { model_size_bytes: size } = root;
  // A key that is null is kept as null, but for the two that every MLflow 3 writes.
  const other = Object.entries(root).filter(
    ([key, value]) => !KNOWN.has(key) || (value === null && key !== "model_id" && key !== "prompts"),
  );
  return defined({
    flavors,
    signature: readSignature(root.signature),
    isSignatureFromTypeHint: optionalFlag(root, "is_signature_from_type_hint"),
    typeHintFromExample: optionalFlag(root, "type_hint_from_example"),
    modelUuid: optionalText(root, "model_uuid"),
    modelId: root.model_id === null ? null : optionalText(root, "model_id"),
    runId: optionalText(root, "run_id"),
    artifactPath: optionalText(root, "artifact_path"),
    utcTimeCreated: optionalText(root, "utc_time_created"),
    mlflowVersion: optionalText(root, "mlflow_version"),
    modelSizeBytes: typeof size === "number" ? size : undefined,
    savedInputExample: readExample(root.saved_input_example_info),
    metadata: optionalMapping(root, "metadata"),
    prompts: root.prompts === null ? null : optionalTexts(root, "prompts"),
    resources: optionalMapping(root, "resources"),
    authPolicy: optionalMapping(root, "auth_policy"),
    envVars: optionalTexts(root, "env_vars"),
    other: other.length === 0 ? undefined : Object.fromEntries(other),
  });
}

const isFlavors = (value: Dictionary): value is Readonly<Record<string, FlavorConfig>> =>
  Object.values(value).every(isDictionary);

function optionalFlag(root: Dictionary, key: string): boolean | undefined {
  const value = root[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== "boolean") throw wrong(`${key} must be true or false`);
  return value;
}

function optionalMapping(root: Dictionary, key: string): Dictionary | undefined {
  const value = root[key];
  if (value === undefined || value === null) return undefined;
  if (!isDictionary(value)) throw wrong(`${key} must be a mapping`);
  return value;
}

function optionalTexts(root: Dictionary, key: string): readonly string[] | undefined {
  const value = root[key];
  if (value === undefined || value === null) return undefined;
  if (!Array.isArray(value)) throw wrong(`${key} must be a list`);
  return value.map((item: unknown) => {
    if (typeof item !== "string") throw wrong(`${key} must hold text only`);
    return item;
  });
}

type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** The object without its undefined entries. */
function defined<T extends object>(value: T): Defined<T> {
  return Object.fromEntries(Object.entries(value).filter(([, item]) => item !== undefined)) as Defined<T>;
}

function readSignature(value: unknown): ModelSignature | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isDictionary(value)) throw wrong("signature must be a mapping");
  const text = (key: string): string | null => {
    const item = value[key];
    if (item === undefined || item === null) return null;
    if (typeof item !== "string") throw wrong(`signature.${key} must be JSON text`);
    return item;
  };
  return parseSignature({ inputs: text("inputs"), outputs: text("outputs"), params: text("params") });
}

const EXAMPLE_KEYS = new Set(["artifact_path", "type", "pandas_orient", "serving_input_path"]);

function readExample(value: unknown): SavedInputExample | undefined {
  if (value === undefined || value === null) return undefined;
  if (!isDictionary(value)) throw wrong("saved_input_example_info must be a mapping");
  const [artifactPath, type] = [optionalText(value, "artifact_path"), optionalText(value, "type")];
  if (artifactPath === undefined || type === undefined)
    throw wrong("saved_input_example_info must give artifact_path and type");
  const other = Object.entries(value).filter(([key]) => !EXAMPLE_KEYS.has(key));
  return defined({
    artifactPath,
    type,
    pandasOrient: optionalText(value, "pandas_orient"),
    servingInputPath: optionalText(value, "serving_input_path"),
    other: other.length === 0 ? undefined : Object.fromEntries(other),
  });
}

/**
 * The text of the file: keys sorted, so that equal configurations are equal bytes. What was read is written as it was,
 * down to the difference of 1 and 1.0 that Python sees in metadata.
 */
export function formatMlmodel(config: ModelConfig): string {
  const example = config.savedInputExample;
  const root: Dictionary = {
    ...config.other,
    artifact_path: config.artifactPath,
    auth_policy: config.authPolicy,
    env_vars: config.envVars,
    flavors: config.flavors,
    is_signature_from_type_hint: config.isSignatureFromTypeHint,
    metadata: config.metadata,
    mlflow_version: config.mlflowVersion,
    model_id: config.modelId,
    model_size_bytes: config.modelSizeBytes,
    model_uuid: config.modelUuid,
    prompts: config.prompts,
    resources: config.resources,
    run_id: config.runId,
    saved_input_example_info: example && {
      ...example.other,
      artifact_path: example.artifactPath,
      pandas_orient: example.pandasOrient,
      serving_input_path: example.servingInputPath,
      type: example.type,
    },
    signature: config.signature && { ...signatureTexts(config.signature) },
    type_hint_from_example: config.typeHintFromExample,
    utc_time_created: config.utcTimeCreated,
  };
  const kept = Object.entries(root).filter(
    ([key, value]) => value !== undefined || Object.hasOwn(config.other ?? {}, key),
  );
  return formatYaml(Object.fromEntries(kept.map(([key, value]) => [key, value ?? config.other?.[key] ?? null])));
}

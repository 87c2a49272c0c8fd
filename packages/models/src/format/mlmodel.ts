/** The MLmodel file: YAML on disk, `ModelConfig` in memory. */

import { invalid } from "@esteira/core/errors";
import { parse, stringify } from "yaml";
import { type ModelSignature, parseSignature, signatureTexts } from "./signature.ts";

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
}

export interface ModelConfig {
  readonly flavors: Readonly<Record<string, FlavorConfig>>;
  readonly signature?: ModelSignature;
  readonly modelUuid?: string;
  /** `m-` and 32 hex digits, for a logged model. */
  readonly modelId?: string;
  readonly runId?: string;
  readonly artifactPath?: string;
  /** UTC, `2026-11-23 11:31:28.477245`. */
  readonly utcTimeCreated?: string;
  readonly mlflowVersion?: string;
  readonly modelSizeBytes?: number;
  readonly savedInputExample?: SavedInputExample;
  readonly metadata?: Readonly<Record<string, unknown>>;
}

type Dictionary = Readonly<Record<string, unknown>>;

const MAX_CHARACTERS = 16 * 1024 * 1024;

const isDictionary = (value: unknown): value is Dictionary =>
  typeof value === "object" && value !== null && !Array.isArray(value) && !(value instanceof Date);

const wrong = (problem: string): Error => invalid(`MLmodel is not valid: ${problem}`);

/** YAML of before 1.2, as Python reads it, without dates: what looks like one stays text. */
export function parseYaml(text: string, what: string): unknown {
  if (text.length > MAX_CHARACTERS) throw invalid(`${what} has ${text.length} characters, too many`);
  try {
    const tags = (all: readonly (string | object)[]) =>
      all.filter((tag) => tagName(tag) !== "tag:yaml.org,2002:timestamp");
    return parse(text, {
      version: "1.1",
      schema: "yaml-1.1",
      customTags: (all) => tags(all) as typeof all,
      maxAliasCount: 50,
    });
  } catch (error) {
    throw invalid(
      `${what} is not valid YAML: ${error instanceof Error ? error.message.split("\n")[0] : String(error)}`,
    );
  }
}

const tagName = (tag: string | object): unknown => (typeof tag === "string" ? tag : (tag as { tag?: unknown }).tag);

/** Keys sorted, one line a value, quoted where Python would read something else than a string. */
export const formatYaml = (value: unknown, sorted = true): string =>
  stringify(value, {
    version: "1.1",
    schema: "yaml-1.1",
    sortMapEntries: sorted,
    lineWidth: 0,
    indentSeq: false,
    singleQuote: true,
    aliasDuplicateObjects: false,
  });

function optionalText(root: Dictionary, key: string): string | undefined {
  const value = root[key];
  if (value === undefined || value === null) return undefined;
  if (typeof value === "string" || typeof value === "number") return String(value);
  throw wrong(`${key} must be text`);
}

/** Reads the text of an MLmodel file. Throws INVALID_PARAMETER_VALUE that names the key. */
export function parseMlmodel(text: string): ModelConfig {
  const root = parseYaml(text, "MLmodel");
  if (!isDictionary(root)) throw wrong("it must be a mapping");
  if (!isDictionary(root.flavors)) throw wrong("it must have a mapping `flavors`");
  const flavors: Record<string, FlavorConfig> = {};
  for (const [name, flavor] of Object.entries(root.flavors)) {
    if (!isDictionary(flavor)) throw wrong(`flavors.${name} must be a mapping`);
    flavors[name] = flavor;
  }
  const { signature, metadata, saved_input_example_info: example, model_size_bytes: size } = root;
  if (metadata !== undefined && metadata !== null && !isDictionary(metadata)) throw wrong("metadata must be a mapping");
  return defined({
    flavors,
    signature: readSignature(signature),
    modelUuid: optionalText(root, "model_uuid"),
    modelId: optionalText(root, "model_id"),
    runId: optionalText(root, "run_id"),
    artifactPath: optionalText(root, "artifact_path"),
    utcTimeCreated: optionalText(root, "utc_time_created"),
    mlflowVersion: optionalText(root, "mlflow_version"),
    modelSizeBytes: typeof size === "number" ? size : undefined,
    savedInputExample: readExample(example),
    metadata: isDictionary(metadata) ? metadata : undefined,
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

function readExample(value: unknown): SavedInputExample | undefined {
  if (!isDictionary(value)) return undefined;
  const [artifactPath, type] = [optionalText(value, "artifact_path"), optionalText(value, "type")];
  if (artifactPath === undefined || type === undefined) return undefined;
  return defined({
    artifactPath,
    type,
    pandasOrient: optionalText(value, "pandas_orient"),
    servingInputPath: optionalText(value, "serving_input_path"),
  });
}

/** The text of the file: keys sorted, so that equal configurations are equal bytes. */
export function formatMlmodel(config: ModelConfig): string {
  const example = config.savedInputExample;
  return formatYaml({
    ...(config.artifactPath !== undefined && { artifact_path: config.artifactPath }),
    flavors: config.flavors,
    is_signature_from_type_hint: false,
    ...(config.metadata && { metadata: config.metadata }),
    mlflow_version: config.mlflowVersion ?? MLFLOW_VERSION,
    model_id: config.modelId ?? null,
    ...(config.modelSizeBytes !== undefined && { model_size_bytes: config.modelSizeBytes }),
    ...(config.modelUuid !== undefined && { model_uuid: config.modelUuid }),
    prompts: null,
    ...(config.runId !== undefined && { run_id: config.runId }),
    ...(example && {
      saved_input_example_info: {
        artifact_path: example.artifactPath,
        ...(example.pandasOrient !== undefined && { pandas_orient: example.pandasOrient }),
        ...(example.servingInputPath !== undefined && { serving_input_path: example.servingInputPath }),
        type: example.type,
      },
    }),
    ...(config.signature && { signature: { ...signatureTexts(config.signature) } }),
    type_hint_from_example: false,
    ...(config.utcTimeCreated !== undefined && { utc_time_created: config.utcTimeCreated }),
  });
}

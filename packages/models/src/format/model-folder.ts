/** A model folder in MLflow's layout: MLmodel, the model itself, its environment and its input example. */

import { mkdir, mkdtemp, readFile, realpath, rename, rm, rmdir, stat, writeFile } from "node:fs/promises";
import { basename, dirname, join, relative, resolve, sep } from "node:path";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { pythonJson } from "@esteira/core/python-json";
import { formatMlmodel, MLFLOW_VERSION, type ModelConfig, parseMlmodel } from "./mlmodel.ts";
import type { ModelSignature } from "./signature.ts";
import { editYaml, formatYaml, type YamlEdit } from "./yaml.ts";

/** The XGBoost that reads what we write; UBJ of any 3.x is the same format. */
const XGBOOST_VERSION = "3.2.0";
const PYTHON_VERSION = "3.11.7";
const MODEL_FILE = "model.ubj";

/** What Python needs to load the folder and predict, pinned to versions that were tried together. */
const REQUIREMENTS = [
  `mlflow==${MLFLOW_VERSION}`,
  "numpy==2.4.6",
  "pandas==3.1.1",
  "scikit-learn==1.9.1",
  "scipy==1.17.1",
  `xgboost==${XGBOOST_VERSION}`,
];

/** Rows of a table, as the `split` orientation has them. */
export interface InputExample {
  readonly columns: readonly string[];
  /** One list a row. Numbers that are not finite are written as NaN and Infinity, as Python does. */
  readonly data: readonly (readonly (number | string | boolean | null)[])[];
}

export interface NewModel {
  /** The model as XGBoost saves it, UBJ. Python scores a Booster with all its rounds: slice it to the best one first. */
  readonly ubj: Uint8Array;
  readonly signature?: ModelSignature;
  readonly inputExample?: InputExample;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** 32 hex digits. MLflow takes `modelId` for both when a model is logged. */
  readonly modelUuid: string;
  readonly modelId?: string;
  readonly runId?: string;
  readonly artifactPath?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** `xgboost.core.Booster` unless given; `xgboost.sklearn.XGBClassifier` makes Python answer class labels. */
  readonly modelClass?: string;
  /** The `xgb_version` to record; 3.2.0 unless given. */
  readonly xgboostVersion?: string;
  /** Lines of requirements.txt beside ours, pinned. */
  readonly extraRequirements?: readonly string[];
}

/** As MLmodel writes an instant (milliseconds). */
export const utcText = (time: number): string => `${new Date(time).toISOString().slice(0, 23).replace("T", " ")}000`;

/** All files of the folder by name. The same input gives the same bytes. */
function modelFiles(model: NewModel): ReadonlyMap<string, Uint8Array> {
  const utf8 = new TextEncoder();
  const files = new Map<string, Uint8Array>([[MODEL_FILE, model.ubj]]);
  const example = model.inputExample;
  if (example !== undefined) {
    const split = { columns: example.columns, data: example.data };
    files.set("input_example.json", utf8.encode(pythonJson(split)));
    files.set("serving_input_example.json", utf8.encode(pythonJson({ dataframe_split: split })));
  }
  const sizes = [...files.values()].reduce((sum, bytes) => sum + bytes.length, 0);
  const requirements = [...REQUIREMENTS, ...(model.extraRequirements ?? [])];
  const config: ModelConfig = {
    ...(model.artifactPath !== undefined && { artifactPath: model.artifactPath }),
    flavors: {
      python_function: {
        data: MODEL_FILE,
        env: { conda: "conda.yaml", virtualenv: "python_env.yaml" },
        loader_module: "mlflow.xgboost",
        python_version: PYTHON_VERSION,
      },
      xgboost: {
        code: null,
        data: MODEL_FILE,
        model_class: model.modelClass ?? "xgboost.core.Booster",
        model_format: "ubj",
        xgb_version: model.xgboostVersion ?? XGBOOST_VERSION,
      },
    },
    ...(model.metadata && { metadata: model.metadata }),
    mlflowVersion: MLFLOW_VERSION,
    isSignatureFromTypeHint: false,
    typeHintFromExample: false,
    prompts: null,
    modelId: model.modelId ?? null,
    modelSizeBytes: sizes,
    modelUuid: model.modelUuid,
    ...(model.runId !== undefined && { runId: model.runId }),
    ...(example && {
      savedInputExample: {
        artifactPath: "input_example.json",
        pandasOrient: "split",
        servingInputPath: "serving_input_example.json",
        type: "dataframe",
      },
    }),
    ...(model.signature && { signature: model.signature }),
    utcTimeCreated: utcText(model.createdAt),
  };
  files.set("MLmodel", utf8.encode(formatMlmodel(config)));
  files.set("requirements.txt", utf8.encode(`${requirements.join("\n")}\n`));
  files.set(
    "conda.yaml",
    utf8.encode(
      formatYaml({
        channels: ["conda-forge"],
        dependencies: [`python=${PYTHON_VERSION}`, "pip<=23.2.1", { pip: requirements }],
        name: "mlflow-env",
      }),
    ),
  );
  files.set(
    "python_env.yaml",
    utf8.encode(
      formatYaml(
        {
          python: PYTHON_VERSION,
          build_dependencies: ["pip==23.2.1", "setuptools==65.5.0", "wheel"],
          dependencies: ["-r requirements.txt"],
        },
        false,
      ),
    ),
  );
  return files;
}

const codeOf = (error: unknown): unknown => (error instanceof Error && "code" in error ? error.code : undefined);

/**
 * Writes a whole model folder, or nothing: files are made beside it and moved in one step.
 * Throws RESOURCE_ALREADY_EXISTS when `folder` is there and not empty.
 */
export async function writeModelFolder(folder: string, model: NewModel): Promise<void> {
  const target = resolve(folder);
  await mkdir(dirname(target), { recursive: true });
  const draft = await mkdtemp(join(dirname(target), `.${basename(target)}-`));
  try {
    for (const [name, bytes] of modelFiles(model)) await writeFile(join(draft, name), bytes);
    await rmdir(target).catch((error: unknown) => {
      if (codeOf(error) !== "ENOENT") throw error;
    });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    const code = codeOf(error);
    if (code === "ENOTEMPTY" || code === "EEXIST" || code === "ENOTDIR")
      throw new EsteiraError(
        "RESOURCE_ALREADY_EXISTS",
        `'${folder}' exists already; a model is written to a new folder`,
      );
    throw error;
  }
}

/** Reads and checks MLmodel of a folder. Throws RESOURCE_DOES_NOT_EXIST when it holds none. */
export async function readModelFolder(folder: string): Promise<ModelConfig> {
  const path = join(folder, "MLmodel");
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    const code = codeOf(error);
    if (code === "ENOENT" || code === "ENOTDIR")
      throw notFound(`'${folder}' is no model folder: it has no file MLmodel`);
    throw error;
  }
  return parseMlmodel(text);
}

/** Changes values of a folder's MLmodel; all else in it stays as it is written. Throws as `readModelFolder` does. */
export async function editMlmodel(folder: string, edits: readonly YamlEdit[]): Promise<void> {
  await readModelFolder(folder);
  const path = join(folder, "MLmodel");
  const text = editYaml(await readFile(path, "utf8"), "MLmodel", edits);
  parseMlmodel(text);
  await writeFile(path, text);
}

/**
 * The path of a file or folder that MLmodel names. The name may not lead out of the folder, by `..` or by a link.
 * Throws INVALID_PARAMETER_VALUE for such a name, RESOURCE_DOES_NOT_EXIST when there is nothing.
 */
export async function resolveModelPath(folder: string, name: string): Promise<string> {
  const root = await realpath(folder);
  let path = join(root, name);
  try {
    path = await realpath(path);
  } catch {
    throw notFound(`The model folder '${folder}' has no file '${name}', which MLmodel names`);
  }
  const inside = relative(root, path);
  if (inside === "" || inside === ".." || inside.startsWith(`..${sep}`))
    throw invalid(`MLmodel names the file '${name}', which lies outside of the model folder '${folder}'`);
  return path;
}

/** A file that MLmodel names, read. Throws as `resolveModelPath` does, and when it is a folder. */
export async function readModelFile(folder: string, name: string): Promise<Uint8Array> {
  const path = await resolveModelPath(folder, name);
  if (!(await stat(path)).isFile())
    throw invalid(`MLmodel names '${name}' as a file of '${folder}', but it is a folder`);
  return readFile(path);
}

/** A model folder into a model that answers, by whichever flavor of it we score ourselves. */

import { invalid } from "@esteira/core/errors";
import { readModelFolder } from "../format/model-folder.ts";
import type { Flavor, LoadedModel, ServableModel } from "./flavor.ts";

/** By their key under `flavors` in MLmodel. The code of a flavor is loaded with its first model: Spark's is most of it. */
type Flavors<Model extends ServableModel> = ReadonlyMap<string, () => Promise<Flavor<Model>>>;

/** Flavors of models that answer at once, in order of preference. They need neither Python nor a native library. */
export const PROMPT_FLAVORS: Flavors<LoadedModel> = new Map([
  ["xgboost", async () => (await import("./xgboost.ts")).xgboostFlavor],
  ["lightgbm", async () => (await import("./lightgbm.ts")).lightgbmFlavor],
  ["spark", async () => (await import("./spark.ts")).sparkFlavor],
]);

/** Flavors that need neither Python nor a JVM. */
const NATIVE_FLAVORS: Flavors<ServableModel> = new Map<string, () => Promise<Flavor<ServableModel>>>([
  ...PROMPT_FLAVORS,
  ["onnx", async () => (await import("./onnx.ts")).onnxFlavor],
]);

/** A model that answers at once. Throws as `loadNativeModel`. */
export const loadModel = (folder: string): Promise<LoadedModel> => load(folder, PROMPT_FLAVORS);

/** Throws INVALID_PARAMETER_VALUE, naming the flavors that are there, when none of them is native. */
export const loadNativeModel = (folder: string): Promise<ServableModel> => load(folder, NATIVE_FLAVORS);

async function load<Model extends ServableModel>(folder: string, flavors: Flavors<Model>): Promise<Model> {
  const config = await readModelFolder(folder);
  const own = [...flavors].find(([name]) => config.flavors[name] !== undefined)?.[1];
  if (own === undefined) {
    const present = Object.keys(config.flavors).join(", ") || "(none)";
    const known = [...flavors.keys()].join(", ");
    const hint =
      config.flavors.python_function === undefined ? "" : "; --engine python has MLflow's own Python score it";
    throw invalid(
      `The model in '${folder}' has the flavors ${present}; without Python these can be scored: ${known}${hint}`,
    );
  }
  return (await own()).load(folder, config);
}

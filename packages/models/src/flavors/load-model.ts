/** A model folder into a model that answers, by whichever flavor of it we score ourselves. */

import { invalid } from "@esteira/core/errors";
import { readModelFolder } from "../format/model-folder.ts";
import type { Flavor, LoadedModel, ServableModel } from "./flavor.ts";
import { lightgbmFlavor } from "./lightgbm.ts";
import { onnxFlavor } from "./onnx.ts";
import { sparkFlavor } from "./spark.ts";
import { xgboostFlavor } from "./xgboost.ts";

/** Flavors of models that answer at once, in order of preference. */
const PROMPT_FLAVORS: readonly Flavor[] = [xgboostFlavor, lightgbmFlavor, sparkFlavor];

/** Flavors that need neither Python nor a JVM. */
const NATIVE_FLAVORS: readonly Flavor<ServableModel>[] = [...PROMPT_FLAVORS, onnxFlavor];

/** A model that answers at once. Throws as `loadNativeModel`. */
export const loadModel = (folder: string): Promise<LoadedModel> => load(folder, PROMPT_FLAVORS);

/** Throws INVALID_PARAMETER_VALUE, naming the flavors that are there, when none of them is native. */
export const loadNativeModel = (folder: string): Promise<ServableModel> => load(folder, NATIVE_FLAVORS);

async function load<Model extends ServableModel>(folder: string, flavors: readonly Flavor<Model>[]): Promise<Model> {
  const config = await readModelFolder(folder);
  const flavor = flavors.find((candidate) => candidate.canLoad(config));
  if (flavor === undefined) {
    const own = Object.keys(config.flavors).join(", ") || "(none)";
    const known = flavors.map(({ name }) => name).join(", ");
    const hint =
      config.flavors.python_function === undefined ? "" : "; --engine python has MLflow's own Python score it";
    throw invalid(
      `The model in '${folder}' has the flavors ${own}; without Python these can be scored: ${known}${hint}`,
    );
  }
  return flavor.load(folder, config);
}

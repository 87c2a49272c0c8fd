/** A model folder into a model that answers, by whichever flavor of it we score ourselves. */

import { invalid } from "@esteira/core/errors";
import { readModelFolder } from "../format/model-folder.ts";
import type { Flavor, LoadedModel } from "./flavor.ts";
import { lightgbmFlavor } from "./lightgbm.ts";
import { sparkFlavor } from "./spark.ts";
import { xgboostFlavor } from "./xgboost.ts";

/** Flavors that need neither Python nor a JVM, in order of preference. */
export const NATIVE_FLAVORS: readonly Flavor[] = [xgboostFlavor, lightgbmFlavor, sparkFlavor];

/** Throws INVALID_PARAMETER_VALUE, naming the flavors that are there, when none of them is native. */
export async function loadModel(folder: string, flavors: readonly Flavor[] = NATIVE_FLAVORS): Promise<LoadedModel> {
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

import { Booster } from "@esteira/models/engines/xgboost/booster";
import { locateXgboost } from "@esteira/models/engines/xgboost/library";
import { openXgboost } from "@esteira/models/engines/xgboost/native";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { createModelText, featureNames, type Shape } from "./scoring-model.ts";

/** Writes a model of this shape as a model folder, none of whose inputs is required. Needs libxgboost, which it finds as the main job does. */
export async function writeScoringModel(folder: string, shape: Shape): Promise<void> {
  const library = await locateXgboost({ onProgress: (line) => console.log(line) });
  const booster = Booster.load(openXgboost(library.path), Buffer.from(createModelText(shape)));
  await writeModelFolder(folder, {
    ubj: booster.save("ubj"),
    createdAt: 0,
    modelUuid: "0",
    signature: {
      inputs: columnsOf(featureNames(shape.features), "double").map((spec) => ({ ...spec, required: false })),
    },
  });
}

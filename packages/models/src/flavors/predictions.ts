/** What MLflow's scoring server answers, read and written: `{"predictions": ...}`. */

import { pythonJson } from "@esteira/core/python-json";
import { parseJson } from "../format/json.ts";
import type { Prediction } from "./flavor.ts";

/** Whatever JSON holds is a prediction, or a list or record of them. */
export const isList = (value: unknown): value is Prediction[] => Array.isArray(value);

/** One prediction a row; none when the model answers something else than a list, as some of MLflow's flavors do. */
export function readPredictions(body: string): Prediction[] {
  const answer = parseJson(body, "The model's answer");
  const predictions =
    typeof answer === "object" && answer !== null && "predictions" in answer ? answer.predictions : undefined;
  return isList(predictions) ? predictions : [];
}

/** The answer's JSON text. */
export const writePredictions = (predictions: Prediction): string => pythonJson({ predictions });

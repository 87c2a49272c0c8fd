/** A body of MLflow's protocol, read against a model: CSV with a header, or JSON in one of its forms. */

import { pythonJson } from "@esteira/core/python-json";
import type { LoadedModel, Prediction } from "../flavors/flavor.ts";
import { enforceSchema } from "../format/enforce.ts";
import { enforceParams } from "../format/params.ts";
import { parseCsv } from "./csv.ts";
import type { Asked } from "./dispatcher.ts";
import { parsePayload } from "./payload.ts";

/** Throws BAD_REQUEST or INVALID_PARAMETER_VALUE as MLflow's server answers them. */
export function readInvocation(model: LoadedModel, kind: "csv" | "json", text: string): Asked {
  const schema = model.signature?.inputs;
  const payload = kind === "csv" ? { frame: parseCsv(text), params: undefined } : parsePayload(text, schema);
  return {
    table: enforceSchema(payload.frame, schema),
    params: enforceParams(payload.params, model.signature?.params),
  };
}

/** The answer's JSON text. */
export const writePredictions = (predictions: readonly Prediction[]): string => pythonJson({ predictions });

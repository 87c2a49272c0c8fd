import { pythonJson } from "@esteira/core/python-json";
import type { LoadedModel } from "../flavors/flavor.ts";
import { enforceSchema } from "../format/enforce.ts";
import { enforceParams } from "../format/params.ts";
import { parseCsv } from "./csv.ts";
import { parsePayload } from "./payload.ts";

/** Scores a body of MLflow's protocol: CSV with a header, or JSON in one of its forms. The answer is JSON text. */
export function scoreText(
  model: LoadedModel,
  kind: "csv" | "json",
  text: string,
): { readonly body: string; readonly rows: number } {
  const schema = model.signature?.inputs;
  const payload = kind === "csv" ? { frame: parseCsv(text), params: undefined } : parsePayload(text, schema);
  const table = enforceSchema(payload.frame, schema);
  const params = enforceParams(payload.params, model.signature?.params);
  return { body: pythonJson({ predictions: model.predict(table, params) }), rows: table.rowCount };
}

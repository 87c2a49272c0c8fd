/** A body of MLflow's protocol, read against a model: CSV with a header, or JSON in one of its forms. */

import type { ServableModel } from "../flavors/flavor.ts";
import { writePredictions } from "../flavors/predictions.ts";
import { errorOf } from "../format/answer.ts";
import { enforceSchema } from "../format/enforce.ts";
import { enforceParams } from "../format/params.ts";
import { positions } from "../format/table.ts";
import { parseCsv } from "./csv.ts";
import { type Asked, answerAsked } from "./dispatcher.ts";
import { parsePayload } from "./payload.ts";

/** Throws BAD_REQUEST or INVALID_PARAMETER_VALUE as MLflow's server answers them. */
export function readInvocation(model: ServableModel, kind: "csv" | "json", text: string): Asked {
  const schema = model.signature?.inputs;
  const payload = kind === "csv" ? { frame: parseCsv(text), params: undefined } : parsePayload(text, schema);
  if (model.respond !== undefined) {
    const { frame } = payload;
    const { names = positions(frame.columns.length), columns, rowCount } = frame;
    return {
      table: { names, columns, rowCount },
      frame,
      params: enforceParams(payload.params, model.signature?.params),
    };
  }
  return {
    table: enforceSchema(payload.frame, schema),
    params: enforceParams(payload.params, model.signature?.params),
  };
}

/**
 * What the model's server would answer to the body. Throws BAD_REQUEST or INVALID_PARAMETER_VALUE for a request that does not fit, and as
 * the model does.
 */
export async function answerBody(model: ServableModel, kind: "csv" | "json", text: string): Promise<string> {
  if (model.invoke !== undefined) {
    const answer = await model.invoke(Buffer.from(text), kind === "csv" ? "text/csv" : "application/json");
    if (answer.status !== 200) throw errorOf(answer);
    return answer.body;
  }
  const { answer, predictions } = await answerAsked(model, readInvocation(model, kind, text));
  return answer?.body ?? writePredictions(predictions);
}

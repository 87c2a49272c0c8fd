/** A body of MLflow's protocol, read against a model: CSV with a header, or JSON in one of its forms. */

import type { ServableModel } from "../flavors/flavor.ts";
import { writePredictions } from "../flavors/predictions.ts";
import { errorOf } from "../format/answer.ts";
import { enforceSchema } from "../format/enforce.ts";
import { enforceParams } from "../format/params.ts";
import { positions } from "../format/table.ts";
import { decodeBody } from "./body-text.ts";
import { parseCsv } from "./csv.ts";
import { type Asked, answerAsked } from "./dispatcher.ts";
import { type Payload, parsePayload, parsePayloadBytes } from "./payload.ts";

/** Throws BAD_REQUEST or INVALID_PARAMETER_VALUE as MLflow's server answers them. */
export function readInvocation(model: ServableModel, kind: "csv" | "json", body: Buffer): Asked {
  const payload = readPayload(model, kind, body);
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
    table: enforceSchema(payload.frame, model.signature?.inputs),
    params: enforceParams(payload.params, model.signature?.params),
  };
}

function readPayload(model: ServableModel, kind: "csv" | "json", body: Buffer): Payload {
  if (kind === "csv") return { frame: parseCsv(decodeBody(body)), params: undefined };
  const schema = model.signature?.inputs;
  // A model that types the frame itself must see which cells were null.
  return model.respond === undefined ? parsePayloadBytes(body, schema) : parsePayload(decodeBody(body), schema);
}

/**
 * What the model's server would answer to the body. Throws BAD_REQUEST or INVALID_PARAMETER_VALUE for a request that does not fit, and as
 * the model does.
 */
export async function answerBody(model: ServableModel, kind: "csv" | "json", text: string): Promise<string> {
  const body = Buffer.from(text);
  if (model.invoke !== undefined) {
    const answer = await model.invoke(body, kind === "csv" ? "text/csv" : "application/json");
    if (answer.status !== 200) throw errorOf(answer);
    return answer.body;
  }
  const { answer, predictions } = await answerAsked(model, readInvocation(model, kind, body));
  return answer?.body ?? writePredictions(predictions);
}

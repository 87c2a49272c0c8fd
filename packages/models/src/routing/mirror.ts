/**
 * What a shadow behind a router would have answered: it is asked after the caller has been, only so much at a time, and what it says is
 * compared with what the caller got, prediction by prediction.
 */

import { isRecord, type Prediction } from "../flavors/flavor.ts";
import { isList } from "../flavors/predictions.ts";
import { parseJson } from "../format/json.ts";
import { differenceOf, type ShadowSight, scoresOf } from "../serving/shadow.ts";
import type { Forwarded, Upstream, UpstreamAnswer } from "./upstream.ts";

export interface Mirror {
  /** Returns at once. */
  show(forwarded: Forwarded, answered: UpstreamAnswer): void;
}

/** Requests that wait for the shadow at once, at most: their bodies are kept meanwhile. */
const MOST_WAITING = 64;

/** `shadow` is asked anew for each request: a shadow may come and go while the router answers. */
export function createMirror(shadow: () => Upstream | undefined, onSight: (sight: ShadowSight) => void): Mirror {
  let waiting = 0;
  return {
    show(forwarded, answered) {
      const current = shadow();
      if (current === undefined || answered.status !== 200) return;
      if (waiting >= MOST_WAITING) return onSight({ kind: "missed" });
      waiting++;
      const began = performance.now();
      void current
        .ask(forwarded)
        .then(
          (own) => {
            const found = own.status === 200 ? comparisonOf(own.body, answered.body) : undefined;
            if (found === undefined) onSight({ kind: "failed" });
            else onSight({ kind: "compared", ...found, seconds: (performance.now() - began) / 1000 });
          },
          () => onSight({ kind: "failed" }),
        )
        .finally(() => waiting--);
    },
  };
}

/** By row; infinite where there are not as many rows. Undefined where one of the two is no answer of a model. */
function comparisonOf(
  own: Buffer,
  answered: Buffer,
): Pick<Extract<ShadowSight, { kind: "compared" }>, "differences" | "scores"> | undefined {
  const other = rowsOf(answered);
  const one = own.equals(answered) ? other : rowsOf(own);
  if (one === undefined || other === undefined) return undefined;
  return {
    differences:
      one.length === other.length
        ? one.map((value, row) => differenceOf(value, other[row]))
        : other.map(() => Number.POSITIVE_INFINITY),
    scores: scoresOf(other, one),
  };
}

/** Answers of the rows: MLflow's `predictions`, or the first output of the Open Inference Protocol. */
function rowsOf(body: Buffer): readonly Prediction[] | undefined {
  try {
    const answer: unknown = parseJson(body.toString("utf8"), "The answer");
    if (typeof answer !== "object" || answer === null) return undefined;
    const outputs = "outputs" in answer && isList(answer.outputs) ? answer.outputs : [];
    const [output] = outputs;
    const rows = "predictions" in answer ? answer.predictions : isRecord(output) ? output.data : undefined;
    return isList(rows) ? rows : undefined;
  } catch {
    return undefined;
  }
}

/** Scores what a request asks with the model that the traffic gives it to, and lets the shadow see it afterwards. */

import type { Prediction, RowScorer, ServableModel } from "../flavors/flavor.ts";
import { isList, readPredictions, writePredictions } from "../flavors/predictions.ts";
import { type Answer, RefusedRequest } from "../format/answer.ts";
import type { Frame } from "../format/enforce.ts";
import type { Params } from "../format/params.ts";
import type { ColumnarTable } from "../format/table.ts";
import type { ModelIdentity } from "./model-holder.ts";
import type { Shadow } from "./shadow.ts";
import type { RequestTrace } from "./tracing.ts";
import { type Traffic, type Variant, variantOf } from "./traffic.ts";

/** A request read against a model's signature. */
export interface Asked {
  readonly table: ColumnarTable;
  readonly params: Params | undefined;
  /** The request's own frame, for models that type it themselves. */
  readonly frame?: Frame;
}

/** A request that any model may get: two models may have different signatures, or read it themselves. */
export interface Question {
  read(model: ServableModel): Asked;
  /** The body as it came, for models that speak MLflow's protocol themselves; absent where it is of another. */
  readonly raw?: { readonly body: Uint8Array; readonly type: string };
}

export interface Replied extends Asked {
  readonly predictions: readonly Prediction[];
  /** What the model answered by itself, to be sent on to the letter. */
  readonly answer?: Answer;
}

export interface Scored extends Replied {
  /** Of the model that answered, where it can explain a row. */
  readonly rowScorer?: RowScorer;
  readonly variant: Variant;
  readonly identity: ModelIdentity;
}

export interface Dispatcher {
  /** Throws RefusedRequest when a model that reads requests itself refuses it. */
  score(question: Question, key: string | undefined, trace?: RequestTrace): Promise<Scored>;
}

/** How one variant did with one request: seconds that its model took; it failed when it threw, whosever fault that was. */
export interface VariantSight {
  readonly variant: Variant;
  readonly seconds: number;
  readonly failed: boolean;
}

export interface DispatcherOptions {
  readonly shadow?: Shadow | undefined;
  readonly onSight?: ((sight: VariantSight) => void) | undefined;
  readonly random?: (() => number) | undefined;
}

/** `traffic` is read anew for each request. */
export function createDispatcher(
  traffic: Traffic,
  { shadow, onSight, random = Math.random }: DispatcherOptions = {},
): Dispatcher {
  return {
    score(question, key, trace) {
      const variant = variantOf(traffic, key, random);
      const holder = variant === "canary" && traffic.canary ? traffic.canary.holder : traffic.primary;
      const started = performance.now();
      const seen = (failed: boolean): void =>
        onSight?.({ variant, seconds: (performance.now() - started) / 1000, failed });
      return holder.use(async (model, identity) => {
        const replied = await askModel(model, question, trace).catch((error: unknown) => {
          seen(true);
          throw error;
        });
        seen(false);
        // The shadow reads the request by its own signature: it is the new model's readiness that is tried.
        if (variant === "primary" || !isSame(traffic.shadow?.identity, identity))
          shadow?.compare(question, replied.predictions);
        return { ...replied, variant, identity, ...(model.rowScorer && { rowScorer: model.rowScorer }) };
      });
    },
  };
}

/** A model that is canary and shadow at once is not compared with itself. */
const isSame = (one: ModelIdentity | undefined, other: ModelIdentity): boolean =>
  one?.name === other.name && one.version === other.version;

export async function askModel(model: ServableModel, question: Question, trace?: RequestTrace): Promise<Replied> {
  if (question.raw === undefined || model.invoke === undefined) {
    const asked = question.read(model);
    trace?.step("predict");
    return answerAsked(model, asked);
  }
  trace?.step("predict");
  const answer = await model.invoke(question.raw.body, question.raw.type);
  if (answer.status !== 200) throw new RefusedRequest(answer);
  const predictions = readPredictions(answer.body);
  return { ...readOrNothing(model, question, predictions.length), predictions, answer };
}

/** Throws as the model does. */
export async function answerAsked(model: ServableModel, asked: Asked): Promise<Replied> {
  if (asked.frame === undefined || model.respond === undefined)
    return { ...asked, predictions: await model.predict(asked.table, asked.params) };
  const whole = await model.respond(asked.frame);
  const answer = { status: 200, type: "application/json", body: writePredictions(whole) };
  return { ...asked, predictions: isList(whole) ? whole : [], answer };
}

/** What was asked, for the log; MLflow reads bodies that we do not (Parquet, objects of other kinds): these have no columns. */
function readOrNothing(model: ServableModel, question: Question, rowCount: number): Asked {
  try {
    return question.read(model);
  } catch {
    return { table: { names: [], columns: [], rowCount }, params: undefined };
  }
}

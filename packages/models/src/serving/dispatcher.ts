/** Scores what a request asks with the model that the traffic gives it to, and lets the shadow see it afterwards. */

import type { LoadedModel, Prediction } from "../flavors/flavor.ts";
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
}

export interface Scored extends Asked {
  readonly predictions: readonly Prediction[];
  readonly variant: Variant;
  readonly identity: ModelIdentity;
}

export interface Dispatcher {
  /** `read` sees the model that was chosen, because two models may have different signatures. */
  score(read: (model: LoadedModel) => Asked, key: string | undefined, trace?: RequestTrace): Promise<Scored>;
}

export function createDispatcher(
  traffic: Traffic,
  shadow: Shadow | undefined,
  random: () => number = Math.random,
): Dispatcher {
  return {
    score(read, key, trace) {
      const variant = variantOf(traffic, key, random);
      const holder = variant === "canary" && traffic.canary ? traffic.canary.holder : traffic.primary;
      return holder.use((model, identity) => {
        const asked = read(model);
        trace?.step("predict");
        const predictions = model.predict(asked.table, asked.params);
        // The shadow reads the request by its own signature: it is the new model's readiness that is tried.
        shadow?.compare(read, predictions);
        return { ...asked, predictions, variant, identity };
      });
    },
  };
}

/** The one place from which a server takes its model, so that it can be replaced while requests are under way. */

import type { ServableModel } from "../flavors/flavor.ts";

/** Which model it is, as callers, logs and metrics name it. */
export interface ModelIdentity {
  readonly name: string;
  readonly version: string;
}

export interface ModelHolder {
  readonly current: ServableModel;
  readonly identity: ModelIdentity;
  /** How often the model was replaced. */
  readonly generation: number;
  /** Lends the current model for the length of `work`; a swap meanwhile does not change what `work` holds. */
  use<T>(work: (model: ServableModel, identity: ModelIdentity) => T | Promise<T>): Promise<T>;
  /** Requests that begin after this call take `next`. Ends when the last user of the former model is done, and gives it. */
  swap(next: ServableModel, identity?: ModelIdentity): Promise<ServableModel>;
  /** Ends when the last user is done, and gives the model. Its caller sees to it that nobody begins to use it. */
  retire(): Promise<ServableModel>;
}

interface Tenure {
  readonly model: ServableModel;
  readonly identity: ModelIdentity;
  users: number;
  /** Called when the model is no longer current and its last user has gone. */
  onIdle: (() => void) | undefined;
}

const UNNAMED: ModelIdentity = { name: "model", version: "1" };

export function createModelHolder(model: ServableModel, identity: ModelIdentity = UNNAMED): ModelHolder {
  let tenure: Tenure = { model, identity, users: 0, onIdle: undefined };
  let generation = 0;
  const idle = (former: Tenure): Promise<ServableModel> =>
    new Promise((resolve) => {
      if (former.users === 0) resolve(former.model);
      else former.onIdle = () => resolve(former.model);
    });
  return {
    get current() {
      return tenure.model;
    },
    get identity() {
      return tenure.identity;
    },
    get generation() {
      return generation;
    },
    async use(work) {
      const mine = tenure;
      mine.users++;
      try {
        return await work(mine.model, mine.identity);
      } finally {
        mine.users--;
        if (mine.users === 0) mine.onIdle?.();
      }
    },
    swap(next, nextIdentity = tenure.identity) {
      const former = tenure;
      tenure = { model: next, identity: nextIdentity, users: 0, onIdle: undefined };
      generation++;
      return idle(former);
    },
    retire: () => idle(tenure),
  };
}

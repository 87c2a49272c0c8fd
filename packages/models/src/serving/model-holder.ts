/** The one place from which a server takes its model, so that it can be replaced while requests are under way. */

import type { LoadedModel } from "../flavors/flavor.ts";

export interface ModelHolder {
  readonly current: LoadedModel;
  /** How often the model was replaced. */
  readonly generation: number;
  /** Lends the current model for the length of `work`; a swap meanwhile does not change what `work` holds. */
  use<T>(work: (model: LoadedModel) => T | Promise<T>): Promise<T>;
  /** Requests that begin after this call take `next`. Ends when the last user of the former model is done, and gives it. */
  swap(next: LoadedModel): Promise<LoadedModel>;
}

interface Tenure {
  readonly model: LoadedModel;
  users: number;
  /** Called when the model is no longer current and its last user has gone. */
  onIdle: (() => void) | undefined;
}

export function createModelHolder(model: LoadedModel): ModelHolder {
  let tenure: Tenure = { model, users: 0, onIdle: undefined };
  let generation = 0;
  return {
    get current() {
      return tenure.model;
    },
    get generation() {
      return generation;
    },
    async use(work) {
      const mine = tenure;
      mine.users++;
      try {
        return await work(mine.model);
      } finally {
        mine.users--;
        if (mine.users === 0) mine.onIdle?.();
      }
    },
    swap(next) {
      const former = tenure;
      tenure = { model: next, users: 0, onIdle: undefined };
      generation++;
      return new Promise((resolve) => {
        if (former.users === 0) resolve(former.model);
        else former.onIdle = () => resolve(former.model);
      });
    },
  };
}

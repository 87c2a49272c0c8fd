import type { FetchedModel, ModelSource } from "./model-source.ts";
import type { FetchedModels, Role } from "./serving-process.ts";

/** Follows the models' URIs while they are served. */
export interface ModelWatch {
  stop(): Promise<void>;
}

export interface ModelWatchOptions {
  readonly sources: { readonly [role in Role]?: ModelSource };
  readonly served: FetchedModels;
  readonly refreshSeconds: number;
  /** Serves the model; throws when it cannot be, and then the former one goes on. */
  readonly swap: (role: Role, model: FetchedModel) => Promise<void>;
  readonly note: (line: string) => void;
}

export function watchModels({ sources, served, refreshSeconds, swap, note }: ModelWatchOptions): ModelWatch {
  const current = new Map<Role, FetchedModel>(Object.entries(served) as [Role, FetchedModel][]);
  /** The last trouble of each role: said once, not every few seconds. */
  const troubles = new Map<Role, string>();

  const look = async (role: Role, source: ModelSource): Promise<void> => {
    let next: FetchedModel | undefined;
    try {
      next = await source.next();
      if (next === undefined) {
        troubles.delete(role);
        return;
      }
      await swap(role, next);
      const former = current.get(role);
      current.set(role, next);
      troubles.delete(role);
      note(`${source.uri} is now ${next.name} version ${next.version}.`);
      if (former !== undefined) await source.release(former);
    } catch (error) {
      const trouble = error instanceof Error ? error.message : String(error);
      if (troubles.get(role) !== trouble) note(`${source.uri} cannot be followed, the served model stays: ${trouble}`);
      troubles.set(role, trouble);
    }
  };

  let running: Promise<void> | undefined;
  const timer =
    refreshSeconds === 0
      ? undefined
      : setInterval(() => {
          running ??= (async () => {
            for (const [role, source] of Object.entries(sources) as [Role, ModelSource][]) await look(role, source);
          })().finally(() => {
            running = undefined;
          });
        }, refreshSeconds * 1000);
  return {
    async stop() {
      clearInterval(timer);
      await running;
    },
  };
}

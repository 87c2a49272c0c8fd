import type { RegistryStore } from "@esteira/core/registry-store";
import { type Actor, LOCAL } from "@esteira/core/timeline/entry";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { recorder } from "../timeline/append.ts";
import { modelVersionStore } from "./model-versions.ts";
import { registeredModelStore } from "./registered-models.ts";

/** The registry, whose every change is an entry of the timeline in the same transaction. */
export function registryStore(session: Session, context: StoreContext, actor: Actor = LOCAL): RegistryStore {
  const record = recorder(context, actor);
  return {
    as: (other) => registryStore(session, context, other),
    ...registeredModelStore(session, context, record, actor),
    ...modelVersionStore(session, context, record, actor),
  };
}

import type { Clock } from "@esteira/core/clock";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import { createContext } from "../database/context.ts";
import { modelVersionStore } from "../registry/model-versions.ts";
import { registeredModelStore } from "../registry/registered-models.ts";
import { experimentStore } from "../tracking/experiments.ts";
import { loggedModelStore } from "../tracking/logged-models.ts";
import { runStore } from "../tracking/runs.ts";
import { openSqliteDatabase } from "./open-database.ts";

export interface Store extends TrackingStore, RegistryStore {
  /** Waits for the writes under way and closes the database. */
  close(): Promise<void>;
}

export interface SqliteStoreOptions {
  /** A file, created with its folders when absent, or `:memory:`. */
  readonly path: string;
  /** URI under which experiments keep their artifacts, such as `mlflow-artifacts:/` or `file:///srv/artifacts`. */
  readonly artifactRoot: string;
  readonly clock?: Clock;
  /** A number in [0, 1): chooses the names of runs that have none. */
  readonly random?: () => number;
  /** 32 hexadecimal digits, new at each call. */
  readonly newId?: () => string;
}

/** Tracking and registry over one SQLite file with MLflow's schema. See `openSqliteDatabase` for what it refuses. */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<Store> {
  const context = createContext(options);
  const session = openSqliteDatabase(options.path, context);
  return {
    ...experimentStore(session, context),
    ...runStore(session, context),
    ...loggedModelStore(session, context),
    ...registeredModelStore(session, context),
    ...modelVersionStore(session, context),
    close: () => session.close(),
  };
}

import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import type { RegistryStore } from "@esteira/core/registry-store";
import type { RunQueryStore } from "@esteira/core/run-query-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import type { TrustStore } from "@esteira/core/trust-store";
import type { WebhookStore } from "@esteira/core/webhook-store";
import { accessStore } from "./access/access-store.ts";
import { createContext, type StoreContext } from "./database/context.ts";
import type { DatabaseMeter } from "./database/meter.ts";
import type { Session } from "./database/session.ts";
import { parseBackendUri } from "./database/uri.ts";
import { type DeploymentStore, deploymentStore } from "./deployment/deployments.ts";
import { type FlowStore, flowStore } from "./flow/flows.ts";
import { type PolicyStore, policyStore } from "./policy/policies.ts";
import { registryStore } from "./registry/registry-store.ts";
import { type ReviewStore, reviewStore } from "./review/reviews.ts";
import { openSqliteDatabase } from "./sqlite/open-database.ts";
import { openTimeline, type Timeline } from "./timeline/timeline.ts";
import { experimentStore } from "./tracking/experiments.ts";
import { loggedModelStore } from "./tracking/logged-models.ts";
import { runQueryStore } from "./tracking/run-query.ts";
import { runStore } from "./tracking/runs.ts";
import { trustStore } from "./trust/trusts.ts";
import { deliveryStore } from "./webhooks/deliveries.ts";
import { WebhookSecrets } from "./webhooks/webhook-secrets.ts";
import { webhookStore } from "./webhooks/webhooks.ts";

export interface Store extends TrackingStore, RunQueryStore, RegistryStore, WebhookStore, AccessStore {
  readonly timeline: Timeline;
  readonly policies: PolicyStore;
  readonly trusts: TrustStore;
  readonly flows: FlowStore;
  readonly deployments: DeploymentStore;
  readonly reviews: ReviewStore;
  /** Waits for the writes under way and closes the database. */
  close(): Promise<void>;
}

export interface StoreOptions {
  /**
   * `sqlite:///file.db` (created with its folders when absent), `sqlite://` for one in memory, or
   * `postgresql://user:password@host:port/database`. See `parseBackendUri`.
   */
  readonly uri: string;
  /** URI under which experiments keep their artifacts, such as `mlflow-artifacts:/` or `file:///srv/artifacts`. */
  readonly artifactRoot: string;
  readonly clock?: Clock;
  /** A number in [0, 1): chooses the names of runs that have none. */
  readonly random?: () => number;
  /** The Fernet key under which the secrets of webhooks are kept; without one, webhooks can have none. */
  readonly webhookKey?: string | undefined;
  /** 32 hexadecimal digits for each new run, dataset and logged model. */
  readonly newId?: () => string;
  /** See `StoreContext`: without it the tag of a version is taken at its word. */
  readonly heldDigest?: StoreContext["heldDigest"] | undefined;
  /** Told how the writes go. */
  readonly meter?: DatabaseMeter | undefined;
}

/** The database itself, for what works on rows; prepared as `openStore` does. */
export async function openSession(backendUri: string, context: StoreContext): Promise<Session> {
  const uri = parseBackendUri(backendUri);
  if (uri.kind === "sqlite") return openSqliteDatabase(uri.path, context);
  // Most servers need no PostgreSQL client, which takes time to load and memory to keep.
  const { openPostgresDatabase } = await import("./postgres/open-database.ts");
  return openPostgresDatabase(uri, context);
}

/** Opens or creates a database with MLflow's schema, and refuses one that is something else. */
export async function openStore(options: StoreOptions): Promise<Store> {
  const context = createContext(options);
  const secrets = new WebhookSecrets(options.webhookKey);
  const session = await openSession(options.uri, context);
  return {
    ...experimentStore(session, context),
    ...runStore(session, context),
    ...runQueryStore(session),
    ...loggedModelStore(session, context),
    ...registryStore(session, context),
    ...webhookStore(session, context, secrets),
    ...deliveryStore(session, context, secrets),
    ...accessStore(session, context),
    timeline: openTimeline(session, context),
    policies: policyStore(session, context),
    trusts: trustStore(session, context),
    flows: flowStore(session, context),
    deployments: deploymentStore(session, context),
    reviews: reviewStore(session, context),
    close: () => session.close(),
  };
}

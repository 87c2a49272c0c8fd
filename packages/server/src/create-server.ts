import type { RegistryStore } from "@esteira/core/registry-store";
import type { RunQueryStore } from "@esteira/core/run-query-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import type { WebhookStore } from "@esteira/core/webhook-store";
import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import { isLocalUri, localFolder } from "@esteira/store/artifacts/open";
import type { DeploymentStore } from "@esteira/store/deployment/deployments";
import type { FlowStore } from "@esteira/store/flow/flows";
import type { PolicyStore } from "@esteira/store/policy/policies";
import type { ReviewStore } from "@esteira/store/review/reviews";
import type { SealFile } from "@esteira/store/timeline/seal-file";
import type { Timeline } from "@esteira/store/timeline/timeline";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { Access } from "./access/access.ts";
import { guardRoutes } from "./access/guard.ts";
import { mountAccess } from "./access/mount.ts";
import { mountArtifactDownloads } from "./artifacts/downloads.ts";
import { artifactListEndpoints } from "./artifacts/listings.ts";
import { type ArtifactRoot, artifactLocations } from "./artifacts/locations.ts";
import { multipartEndpoints } from "./artifacts/multipart.ts";
import { presignedEndpoints } from "./artifacts/presigned.ts";
import { mountArtifactProxy } from "./artifacts/proxy.ts";
import { mountRunUpload } from "./artifacts/run-upload.ts";
import { mountDeploymentEvents } from "./deployments/deployment-events.ts";
import { deploymentEndpoints } from "./deployments/deployments.ts";
import { flowEndpoints } from "./flows/flows.ts";
import { mountHealth } from "./health/health.ts";
import { createApp } from "./http/app.ts";
import type { BoundaryOptions } from "./http/boundary.ts";
import { mountEndpoints } from "./http/endpoint.ts";
import { answerUnknownPath, refuseWorkspaces } from "./http/unknown-paths.ts";
import { meteredArtifacts } from "./metrics/metered-artifacts.ts";
import { mountMetrics } from "./metrics/metrics-endpoint.ts";
import type { ServerMetrics } from "./metrics/server-metrics.ts";
import { recordRoutes } from "./openapi/mounted-routes.ts";
import { mountOpenApi } from "./openapi/openapi-endpoint.ts";
import { policyEndpoints } from "./policies/policies.ts";
import { aliasEndpoints } from "./registry/aliases.ts";
import { modelVersionEndpoints } from "./registry/model-versions.ts";
import { registeredModelEndpoints } from "./registry/registered-models.ts";
import { reviewEndpoints } from "./reviews/reviews.ts";
import { mountTimeline } from "./timeline/mount.ts";
import { experimentEndpoints } from "./tracking/experiments.ts";
import { datasetSearchEndpoints, inputEndpoints } from "./tracking/inputs.ts";
import { logModelEndpoints } from "./tracking/log-model.ts";
import { loggedModelEndpoints } from "./tracking/logged-models.ts";
import { metricEndpoints, metricUiEndpoints } from "./tracking/metrics.ts";
import { paramEndpoints } from "./tracking/params.ts";
import { mountRunEvents } from "./tracking/run-event-endpoint.ts";
import { STANDARD_WATCH, type WatchOptions } from "./tracking/run-events.ts";
import { runQueryEndpoints } from "./tracking/run-queries.ts";
import { runEndpoints } from "./tracking/runs.ts";
import { mountWeb } from "./web/web.ts";
import { mountWebhooks, STANDARD_WEBHOOKS, type WebhookOptions } from "./webhooks/mount.ts";

export interface ServerOptions {
  readonly store: TrackingStore &
    RunQueryStore &
    RegistryStore &
    WebhookStore & {
      readonly timeline: Timeline;
      readonly policies: PolicyStore;
      readonly flows: FlowStore;
      readonly deployments: DeploymentStore;
      readonly reviews: ReviewStore;
    };
  /** What signs the timeline; without it nothing does. */
  readonly seals?: SealFile | undefined;
  /** What the artifact proxy reads and writes. Without it no artifacts pass through (MLflow's `--no-serve-artifacts`). */
  readonly artifacts?: ArtifactStore | undefined;
  /** Where artifacts lie that clients reach by themselves. Experiments may name the local ones among them. */
  readonly artifactRoots?: readonly ArtifactRoot[] | undefined;
  /** How long a signed address for a download is good. */
  readonly presignedDownloadSeconds?: number | undefined;
  /** Without it the server says nothing. */
  readonly log?: FastifyBaseLogger | undefined;
  /** The folder of the built web pages. */
  readonly webRoot?: string | undefined;
  /** What `/version` answers. */
  readonly version: string;
  /** How browsers and proxies may reach the server: from this machine and private networks by default. */
  readonly boundary?: BoundaryOptions | undefined;
  /** Schemes (`hdfs`, `https` ...) whose URIs a request may give although they name a host. None by default. */
  readonly allowedHostSchemes?: readonly string[] | undefined;
  /** Where webhooks may lead and how they are sent; MLflow's limits by default. */
  readonly webhooks?: WebhookOptions | undefined;
  /** How event streams of live runs are kept; see `STANDARD_WATCH`. */
  readonly watch?: Partial<WatchOptions> | undefined;
  /** Who may do what; without it everybody may do everything. */
  readonly access?: Access | undefined;
  /** True from when the server is told to end until it has: then `/ready` says no, and answers end their connections. */
  readonly isDraining?: (() => boolean) | undefined;
  /** What counts, and answers at `/metrics`; without it there is no such path. The server ends it when it closes. */
  readonly metrics?: ServerMetrics | undefined;
  /** How long the JSON of a request may take to arrive; half a minute by default. */
  readonly jsonBodyMs?: number | undefined;
}

const API = ["/api/2.0/mlflow", "/ajax-api/2.0/mlflow"] as const;
const API_3 = ["/api/3.0/mlflow", "/ajax-api/3.0/mlflow"] as const;
const UI_API = ["/ajax-api/2.0/mlflow"] as const;
const ARTIFACT_API = ["/api/2.0/mlflow-artifacts", "/ajax-api/2.0/mlflow-artifacts"] as const;
/** MLflow's own table of routes has one call without the slash between version and name. */
const WITHOUT_SLASH = ["/api/2.0mlflow", "/ajax-api/2.0mlflow"] as const;
/** Pages ask under the second, where a refusal does not open the browser's own window. */
const ESTEIRA_API = ["/api/esteira/v1", "/ajax-api/esteira/v1"] as const;

/** MLflow's REST API over a store and an artifact store, ready to listen. The caller closes what it has passed in. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { store, artifactRoots = [], metrics } = options;
  const metered = <T extends ArtifactStore | undefined>(artifacts: T) =>
    artifacts === undefined || metrics === undefined ? artifacts : meteredArtifacts(artifacts, metrics);
  const locations = artifactLocations(
    metered(options.artifacts),
    artifactRoots.map(({ uri, store }) => ({ uri, store: metered(store) })),
  );
  const nameable = {
    localArtifactRoots: artifactRoots
      .map(({ uri }) => uri)
      .filter(isLocalUri)
      .map(localFolder),
    allowedHostSchemes: options.allowedHostSchemes ?? [],
  };
  const signing = { downloadSeconds: options.presignedDownloadSeconds };
  const boundary = options.boundary ?? {};
  const { jsonBodyMs, isDraining } = options;
  const app = createApp({ boundary, log: options.log, metrics, jsonBodyMs, isDraining });
  refuseWorkspaces(app);
  guardRoutes(app, options.access?.authenticate);
  recordRoutes(app);
  mountHealth(app, options.version, { multipart: options.artifacts?.direct !== undefined }, options.isDraining);
  if (metrics !== undefined) mountMetrics(app, metrics, store);
  mountOpenApi(app, options.version, boundary.staticPrefix);
  mountEndpoints(app, API, [
    ...experimentEndpoints(store, nameable),
    ...runEndpoints(store),
    ...metricEndpoints(store),
    ...paramEndpoints(store),
    ...inputEndpoints(store),
    ...datasetSearchEndpoints(store),
    ...logModelEndpoints(store),
    ...loggedModelEndpoints(store),
    ...registeredModelEndpoints(store),
    ...modelVersionEndpoints(store, nameable),
    ...aliasEndpoints(store),
    ...artifactListEndpoints(store, locations),
    ...presignedEndpoints(store, locations, signing),
  ]);
  mountEndpoints(app, WITHOUT_SLASH, datasetSearchEndpoints(store));
  mountEndpoints(app, UI_API, metricUiEndpoints(store));
  mountEndpoints(app, ESTEIRA_API, runQueryEndpoints(store));
  mountEndpoints(app, ESTEIRA_API, policyEndpoints(store.policies));
  mountEndpoints(app, ESTEIRA_API, flowEndpoints(store.flows, store.policies));
  mountEndpoints(app, ESTEIRA_API, deploymentEndpoints(store.deployments, store.flows));
  mountEndpoints(app, ESTEIRA_API, reviewEndpoints(store.reviews));
  mountTimeline(app, store.timeline, options.seals, ESTEIRA_API);
  mountRunEvents(app, store, ESTEIRA_API, { ...STANDARD_WATCH, ...options.watch });
  mountDeploymentEvents(app, store.deployments, ESTEIRA_API, { ...STANDARD_WATCH, ...options.watch });
  mountAccess(app, options.access, { two: API, three: API_3, esteira: ESTEIRA_API });
  mountWebhooks(
    app,
    store,
    { mlflow: API, esteira: ESTEIRA_API },
    options.webhooks ?? STANDARD_WEBHOOKS,
    metrics?.webhookAttempted,
  );
  mountEndpoints(app, ARTIFACT_API, multipartEndpoints(locations, signing));
  mountArtifactProxy(app, locations);
  mountArtifactDownloads(app, store, locations);
  mountRunUpload(app, store, locations);
  const answerPage = await mountWeb(app, options.webRoot, boundary.frameOptions);
  app.setNotFoundHandler((request, reply) => answerPage(request, reply) ?? answerUnknownPath(app, request, reply));
  return app;
}

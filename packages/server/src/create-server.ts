import type { RegistryStore } from "@esteira/core/registry-store";
import type { TrackingStore } from "@esteira/core/tracking-store";
import type { WebhookStore } from "@esteira/core/webhook-store";
import type { ArtifactStore } from "@esteira/store/artifacts/artifact-store";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { Access } from "./access/access.ts";
import { guardRoutes } from "./access/guard.ts";
import { mountArtifactDownloads } from "./artifacts/downloads.ts";
import { artifactListEndpoints } from "./artifacts/listings.ts";
import { mountArtifactProxy } from "./artifacts/proxy.ts";
import { mountHealth } from "./health/health.ts";
import { trustedHosts } from "./http/access.ts";
import { createApp } from "./http/app.ts";
import { mountEndpoints } from "./http/endpoint.ts";
import { answerUnknownPath } from "./http/unknown-paths.ts";
import { recordRoutes } from "./openapi/mounted-routes.ts";
import { mountOpenApi } from "./openapi/openapi-endpoint.ts";
import { aliasEndpoints } from "./registry/aliases.ts";
import { modelVersionEndpoints } from "./registry/model-versions.ts";
import { registeredModelEndpoints } from "./registry/registered-models.ts";
import { experimentEndpoints } from "./tracking/experiments.ts";
import { inputEndpoints } from "./tracking/inputs.ts";
import { logModelEndpoints } from "./tracking/log-model.ts";
import { loggedModelEndpoints } from "./tracking/logged-models.ts";
import { metricEndpoints, metricUiEndpoints } from "./tracking/metrics.ts";
import { paramEndpoints } from "./tracking/params.ts";
import { runEndpoints } from "./tracking/runs.ts";
import { mountWeb } from "./web/web.ts";
import { mountWebhooks, STANDARD_WEBHOOKS, type WebhookOptions } from "./webhooks/mount.ts";

export interface ServerOptions {
  readonly store: TrackingStore & RegistryStore & WebhookStore;
  readonly artifacts: ArtifactStore;
  /** Without it the server says nothing. */
  readonly log?: FastifyBaseLogger | undefined;
  /** The folder of the built web pages. */
  readonly webRoot?: string | undefined;
  /** What `/version` answers. */
  readonly version: string;
  /** Host names, with or without a port, under which the server may be reached besides loopback; "*" for any. */
  readonly trustedHosts?: readonly string[] | undefined;
  /** Folders of this machine that an experiment's `artifact_location` may name. None by default. */
  readonly localArtifactRoots?: readonly string[] | undefined;
  /** Schemes (`hdfs`, `https` ...) whose URIs a request may give although they name a host. None by default. */
  readonly allowedHostSchemes?: readonly string[] | undefined;
  /** Where webhooks may lead and how they are sent; MLflow's limits by default. */
  readonly webhooks?: WebhookOptions | undefined;
  /** Who may do what; without it everybody may do everything. */
  readonly access?: Access | undefined;
}

const API = ["/api/2.0/mlflow", "/ajax-api/2.0/mlflow"] as const;
const UI_API = ["/ajax-api/2.0/mlflow"] as const;
const ESTEIRA_API = ["/api/esteira/v1"] as const;

/** MLflow's REST API over a store and an artifact store, ready to listen. The caller closes what it has passed in. */
export async function createServer(options: ServerOptions): Promise<FastifyInstance> {
  const { store, artifacts } = options;
  const locations = {
    localArtifactRoots: options.localArtifactRoots ?? [],
    allowedHostSchemes: options.allowedHostSchemes ?? [],
  };
  const app = createApp({ hosts: trustedHosts(options.trustedHosts), log: options.log });
  guardRoutes(app, options.access?.authenticate);
  recordRoutes(app);
  mountHealth(app, options.version);
  mountOpenApi(app, options.version);
  mountEndpoints(app, API, [
    ...experimentEndpoints(store, locations),
    ...runEndpoints(store),
    ...metricEndpoints(store),
    ...paramEndpoints(store),
    ...inputEndpoints(store),
    ...logModelEndpoints(store),
    ...loggedModelEndpoints(store),
    ...registeredModelEndpoints(store),
    ...modelVersionEndpoints(store, locations),
    ...aliasEndpoints(store),
    ...artifactListEndpoints(store, artifacts),
  ]);
  mountEndpoints(app, UI_API, metricUiEndpoints(store));
  mountWebhooks(app, store, { mlflow: API, esteira: ESTEIRA_API }, options.webhooks ?? STANDARD_WEBHOOKS);
  mountArtifactProxy(app, artifacts);
  mountArtifactDownloads(app, store, artifacts);
  const answerPage = await mountWeb(app, options.webRoot);
  app.setNotFoundHandler((request, reply) => answerPage(request, reply) ?? answerUnknownPath(app, request, reply));
  return app;
}

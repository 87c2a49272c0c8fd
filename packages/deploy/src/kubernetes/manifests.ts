/** The objects of a deployment, as a function of what is wanted: nothing is asked, and nothing is done. */

import { isSplit, routesOf } from "../traffic/routes.ts";
import { serversOf, type Track, urlsOf } from "../traffic/servers.ts";
import { networkPolicy, outside, routerPolicy, service } from "./network.ts";
import { apiVersionOf, type JsonObject, type Kind, type KubeObject } from "./object.ts";
import { routerTemplate, scorerTemplate } from "./pod-template.ts";
import { checkForCluster, fingerprint, type Revision } from "./revision.ts";
import { isScaled, type Settings } from "./settings.ts";

export interface Manifests {
  /** All of them, in the order in which they are made. */
  readonly objects: readonly KubeObject[];
  /** What serves the models. */
  readonly servers: readonly KubeObject[];
  /** What stands in front of them, when they answer. */
  readonly router: readonly KubeObject[];
  /** What leads callers there, when that answers. */
  readonly entry: readonly KubeObject[];
  /** How many pods each Deployment has. Where load scales it, `fewest`: what is more stays. */
  readonly scales: readonly Scale[];
}

export interface Scale {
  readonly deployment: string;
  readonly part: Part;
  readonly pods: number;
  readonly isFewest: boolean;
}

/** What a Deployment of a deployment is for. */
export type Part = Track | "router";

export interface Lineage {
  readonly generation: number;
  /** What was served before. */
  readonly former?: Revision;
}

/** What the cluster has made of it so far. */
export interface Present {
  /** Pods of the primary now, where load has scaled it: a canary's number is of these. */
  readonly pods?: number | undefined;
  /** Addresses of the Services of servers. Without one its name is used, which needs a cluster's DNS. */
  readonly addresses?: ReadonlyMap<Track, string> | undefined;
}

export const SERVICE_PORT = 80;
const NAME_LABEL = "esteira-scorer";
const ROUTES_FILE = "routes.json";
const MOST_ROUTERS = 2;

/** All objects of a deployment have these labels: by them it is found, and what is no longer wanted. */
export const ownLabels = (name: string): Readonly<Record<string, string>> => ({
  "app.kubernetes.io/name": NAME_LABEL,
  "app.kubernetes.io/instance": name,
  "app.kubernetes.io/managed-by": "esteira",
});

export const deploymentOf = (name: string, part: Part): string => (part === "primary" ? name : `${name}-${part}`);
/** The primary's name is the one that callers use, wherever that leads. */
export const serviceOf = (name: string, track: Track): string => `${name}-${track}`;

/** Whether callers reach the servers through a router. */
export const isRouted = ({ wanted, settings }: Revision): boolean => isSplit(wanted) || settings.keepRouter === true;

/** @throws EsteiraError INVALID_PARAMETER_VALUE for names, images and shares that a cluster cannot have. */
export function manifests(
  revision: Revision,
  namespace: string,
  lineage: Lineage,
  { pods, addresses }: Present = {},
): Manifests {
  const wanted = checkForCluster(revision.wanted);
  const { settings } = revision;
  const { name } = wanted;
  const port = wanted.port ?? SERVICE_PORT;
  const isFewest = isScaled(settings);
  const routed = isRouted(revision);
  const annotations = lineageOf(revision, lineage);
  const object = (kind: Kind, ownName: string, component: "scorer" | "router", fields: JsonObject): KubeObject => ({
    apiVersion: apiVersionOf(kind),
    kind,
    metadata: {
      name: ownName,
      namespace,
      labels: { ...ownLabels(name), "app.kubernetes.io/component": component },
      annotations,
    },
    ...fields,
  });
  const selector = (part: Part) => ({ ...ownLabels(name), "esteira.dev/track": part });
  const deployment = (part: Part, template: JsonObject): KubeObject =>
    object("Deployment", deploymentOf(name, part), part === "router" ? "router" : "scorer", {
      spec: {
        selector: { matchLabels: selector(part) },
        // A router is small, and all of them together make a share exact.
        strategy: {
          type: "RollingUpdate",
          rollingUpdate: { maxUnavailable: 0, maxSurge: part === "router" ? "100%" : "25%" },
        },
        revisionHistoryLimit: 5,
        progressDeadlineSeconds: settings.deadlineSeconds,
        template,
      },
    });
  const serving = serversOf(wanted);
  const tracks = serving.map(({ track }) => track);
  const servers = [
    ...(Object.keys(settings.env).length === 0
      ? []
      : [object("ConfigMap", settingsName(name), "scorer", { data: settings.env })]),
    object("NetworkPolicy", name, "scorer", networkPolicy(ownLabels(name), settings)),
    ...(routed
      ? tracks.map((track) => object("Service", serviceOf(name, track), "scorer", service(selector(track), port)))
      : []),
    ...serving.map(({ track, model, image = "" }) =>
      deployment(
        track,
        scorerTemplate({ labels: selector(track), image, model, settings, settingsMap: settingsName(name) }),
      ),
    ),
    object("PodDisruptionBudget", name, "scorer", {
      spec: {
        maxUnavailable: 1,
        selector: { matchLabels: ownLabels(name) },
        // A pod that does not answer anyway does not keep a node from being emptied.
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      },
    }),
    ...(isFewest ? [object("HorizontalPodAutoscaler", name, "scorer", autoscaler(name, settings))] : []),
  ];
  const url = (track: Track) => `http://${addresses?.get(track) ?? serviceOf(name, track)}:${port}`;
  const routes = JSON.stringify(routesOf(wanted, lineage.generation, urlsOf(wanted, url)), undefined, 2);
  const router = routed
    ? [
        object("ConfigMap", routesName(name), "router", { data: { [ROUTES_FILE]: routes } }),
        object(
          "NetworkPolicy",
          deploymentOf(name, "router"),
          "router",
          routerPolicy(selector("router"), tracks.map(selector)),
        ),
        deployment(
          "router",
          routerTemplate({
            ...{ labels: selector("router"), image: wanted.image, model: wanted.model, settings },
            ...{ routesMap: routesName(name), digest: fingerprint(routes) },
          }),
        ),
      ]
    : [];
  const entry = [
    object("Service", name, "scorer", service(selector(routed ? "router" : "primary"), port)),
    ...outside(name, port, settings).map(({ kind, fields }) => object(kind, name, "scorer", fields)),
  ];
  const present = isFewest ? Math.max(pods ?? 0, settings.replicas) : settings.replicas;
  const asked = new Set(routed && wanted.shadow !== undefined ? [urlsOf(wanted, (track) => track).shadow] : []);
  const podsOf = (track: Track): number => {
    if (track === "primary") return settings.replicas;
    // A shadow is asked all that the primary answers.
    return asked.has(track) ? present : Math.max(1, Math.ceil(present * (wanted.canary?.share ?? 1)));
  };
  return {
    objects: [...servers, ...router, ...entry],
    ...{ servers, router, entry },
    scales: [
      ...tracks.map((track) => ({
        ...{ deployment: deploymentOf(name, track), part: track, pods: podsOf(track) },
        isFewest: isFewest && track === "primary",
      })),
      ...(routed
        ? [
            {
              ...{ deployment: deploymentOf(name, "router"), part: "router" as const },
              ...{ pods: Math.min(settings.replicas, MOST_ROUTERS), isFewest: false },
            },
          ]
        : []),
    ],
  };
}

const settingsName = (name: string): string => `${name}-settings`;
const routesName = (name: string): string => `${name}-routes`;

function lineageOf({ wanted, settings }: Revision, { generation, former }: Lineage): Record<string, string> {
  return {
    "esteira.dev/model": wanted.model,
    "esteira.dev/revision": fingerprint({ wanted, settings }),
    "esteira.dev/generation": String(generation),
    ...(former === undefined
      ? {}
      : {
          "esteira.dev/former-model": former.wanted.model,
          ...(former.wanted.image === undefined ? {} : { "esteira.dev/former-image": former.wanted.image }),
        }),
  };
}

const autoscaler = (name: string, { replicas, maxReplicas, cpuTarget, requestsTarget }: Settings): JsonObject => ({
  spec: {
    scaleTargetRef: { apiVersion: "apps/v1", kind: "Deployment", name },
    minReplicas: replicas,
    maxReplicas: maxReplicas ?? replicas,
    metrics: [
      { type: "Resource", resource: { name: "cpu", target: { type: "Utilization", averageUtilization: cpuTarget } } },
      ...(requestsTarget === undefined
        ? []
        : [
            {
              type: "Pods",
              pods: {
                // What Prometheus' adapter makes of the scorer's counter of requests, by its own rules.
                metric: { name: "esteira_scoring_requests_per_second" },
                target: { type: "AverageValue", averageValue: `${Math.round(requestsTarget * 1000)}m` },
              },
            },
          ]),
    ],
    behavior: {
      scaleUp: { policies: [{ type: "Percent", value: 100, periodSeconds: 15 }], stabilizationWindowSeconds: 0 },
      scaleDown: { policies: [{ type: "Pods", value: 1, periodSeconds: 60 }], stabilizationWindowSeconds: 300 },
    },
  },
});

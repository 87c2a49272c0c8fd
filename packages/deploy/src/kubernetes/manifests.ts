/** The objects of a deployment, as a function of what is wanted: nothing is asked, and nothing is done. */

import { apiVersionOf, type JsonObject, type Kind, type KubeObject } from "./object.ts";
import { type PodSplit, splitPods } from "./pod-split.ts";
import { podTemplate } from "./pod-template.ts";
import { checkForCluster, fingerprint, type Revision } from "./revision.ts";
import { isScaled, type Settings } from "./settings.ts";

export interface Manifests {
  readonly objects: readonly KubeObject[];
  /** How many pods each Deployment has. Where load scales it, `fewest`: what is more stays. */
  readonly scales: readonly { readonly deployment: string; readonly pods: number; readonly isFewest: boolean }[];
  readonly split?: PodSplit;
}

export interface Lineage {
  readonly generation: number;
  /** What was served before. */
  readonly former?: Revision;
}

export const SERVICE_PORT = 80;
const NAME_LABEL = "esteira-scorer";

/** All objects of a deployment have these labels: by them it is found, and what is no longer wanted. */
export const ownLabels = (name: string): Readonly<Record<string, string>> => ({
  "app.kubernetes.io/name": NAME_LABEL,
  "app.kubernetes.io/instance": name,
  "app.kubernetes.io/managed-by": "esteira",
});

export const canaryName = (name: string): string => `${name}-canary`;

/**
 * @param pods of the primary now, where load has scaled it: a canary's share is of these.
 * @throws EsteiraError INVALID_PARAMETER_VALUE for names, images and shares that a cluster cannot have.
 */
export function manifests(revision: Revision, namespace: string, lineage: Lineage, pods?: number): Manifests {
  const wanted = checkForCluster(revision.wanted);
  const { settings } = revision;
  const { name, canary } = wanted;
  const isFewest = isScaled(settings);
  const present = isFewest ? Math.max(pods ?? 0, settings.replicas) : settings.replicas;
  const split = canary === undefined ? undefined : splitPods(canary.share, present, settings);
  const annotations = { ...lineageOf(revision, lineage) };
  const object = (kind: Kind, ownName: string, fields: JsonObject): KubeObject => ({
    apiVersion: apiVersionOf(kind),
    kind,
    metadata: {
      name: ownName,
      namespace,
      labels: { ...ownLabels(name), "app.kubernetes.io/component": "scorer" },
      annotations,
    },
    ...fields,
  });
  const deployment = (track: "primary" | "canary", ownName: string, image: string, model: string): KubeObject => {
    const selector = { ...ownLabels(name), "esteira.dev/track": track };
    return object("Deployment", ownName, {
      spec: {
        selector: { matchLabels: selector },
        strategy: { type: "RollingUpdate", rollingUpdate: { maxUnavailable: 0, maxSurge: "25%" } },
        revisionHistoryLimit: 5,
        progressDeadlineSeconds: settings.deadlineSeconds,
        template: podTemplate({ labels: selector, image, model, settings, settingsMap: settingsName(name) }),
      },
    });
  };
  const objects = [
    ...(Object.keys(settings.env).length === 0
      ? []
      : [object("ConfigMap", settingsName(name), { data: settings.env })]),
    object("NetworkPolicy", name, networkPolicy(name, settings)),
    object("Service", name, service(name, wanted.port ?? SERVICE_PORT)),
    deployment("primary", name, wanted.image, wanted.model),
    ...(canary?.image === undefined ? [] : [deployment("canary", canaryName(name), canary.image, canary.model)]),
    object("PodDisruptionBudget", name, {
      spec: {
        maxUnavailable: 1,
        selector: { matchLabels: ownLabels(name) },
        // A pod that does not answer anyway does not keep a node from being emptied.
        unhealthyPodEvictionPolicy: "AlwaysAllow",
      },
    }),
    ...(isFewest ? [object("HorizontalPodAutoscaler", name, autoscaler(name, settings))] : []),
    ...outside(name, wanted.port ?? SERVICE_PORT, settings).map(({ kind, fields }) => object(kind, name, fields)),
  ];
  return {
    objects,
    scales: [
      { deployment: name, pods: split?.primary ?? settings.replicas, isFewest },
      ...(split === undefined ? [] : [{ deployment: canaryName(name), pods: split.canary, isFewest: false }]),
    ],
    ...(split === undefined ? {} : { split }),
  };
}

const settingsName = (name: string): string => `${name}-settings`;

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

const service = (name: string, port: number): JsonObject => ({
  spec: {
    type: "ClusterIP",
    selector: ownLabels(name),
    ports: [{ name: "http", port, targetPort: "http", protocol: "TCP", appProtocol: "http" }],
  },
});

const networkPolicy = (name: string, { egress }: Settings): JsonObject => ({
  spec: {
    podSelector: { matchLabels: ownLabels(name) },
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ ports: [{ port: "http", protocol: "TCP" }] }],
    egress: egress ? [{}] : [],
  },
});

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

function outside(
  name: string,
  port: number,
  { host, tlsSecret, ingressClass, gateway }: Settings,
): readonly { readonly kind: Kind; readonly fields: JsonObject }[] {
  if (host === undefined) return [];
  if (gateway !== undefined) {
    const rules = [{ matches: [{ path: { type: "PathPrefix", value: "/" } }], backendRefs: [{ name, port }] }];
    return [{ kind: "HTTPRoute", fields: { spec: { parentRefs: [{ name: gateway }], hostnames: [host], rules } } }];
  }
  const backend = { service: { name, port: { name: "http" } } };
  return [
    {
      kind: "Ingress",
      fields: {
        spec: {
          ...(ingressClass === undefined ? {} : { ingressClassName: ingressClass }),
          ...(tlsSecret === undefined ? {} : { tls: [{ hosts: [host], secretName: tlsSecret }] }),
          rules: [{ host, http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }],
        },
      },
    },
  ];
}

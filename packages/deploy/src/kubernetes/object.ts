import { z } from "zod";

export type Json = string | number | boolean | null | readonly Json[] | { readonly [field: string]: Json };
export type JsonObject = { readonly [field: string]: Json };

/** An object of a cluster, as its API takes it. What lies beside `metadata` is the kind's affair. */
export interface KubeObject {
  readonly apiVersion: string;
  readonly kind: Kind;
  readonly metadata: {
    readonly name: string;
    readonly namespace: string;
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations: Readonly<Record<string, string>>;
  };
  readonly [field: string]: Json;
}

/** Where the API keeps objects of a kind: `PREFIX/namespaces/NAMESPACE/PLURAL/NAME`. */
const KINDS = {
  ConfigMap: { prefix: "/api/v1", apiVersion: "v1", plural: "configmaps" },
  Deployment: { prefix: "/apis/apps/v1", apiVersion: "apps/v1", plural: "deployments" },
  Service: { prefix: "/api/v1", apiVersion: "v1", plural: "services" },
  HorizontalPodAutoscaler: {
    prefix: "/apis/autoscaling/v2",
    apiVersion: "autoscaling/v2",
    plural: "horizontalpodautoscalers",
  },
  PodDisruptionBudget: { prefix: "/apis/policy/v1", apiVersion: "policy/v1", plural: "poddisruptionbudgets" },
  NetworkPolicy: {
    prefix: "/apis/networking.k8s.io/v1",
    apiVersion: "networking.k8s.io/v1",
    plural: "networkpolicies",
  },
  Ingress: { prefix: "/apis/networking.k8s.io/v1", apiVersion: "networking.k8s.io/v1", plural: "ingresses" },
  Job: { prefix: "/apis/batch/v1", apiVersion: "batch/v1", plural: "jobs" },
  CronJob: { prefix: "/apis/batch/v1", apiVersion: "batch/v1", plural: "cronjobs" },
  Secret: { prefix: "/api/v1", apiVersion: "v1", plural: "secrets" },
  HTTPRoute: {
    prefix: "/apis/gateway.networking.k8s.io/v1",
    apiVersion: "gateway.networking.k8s.io/v1",
    plural: "httproutes",
  },
} as const;
export type Kind = keyof typeof KINDS;

/** All kinds that a deployment may have objects of, in the order in which they are made. */
export const KIND_NAMES: readonly Kind[] = [
  "ConfigMap",
  "NetworkPolicy",
  "Service",
  "Deployment",
  "PodDisruptionBudget",
  "HorizontalPodAutoscaler",
  "Ingress",
  "HTTPRoute",
];

export const apiVersionOf = (kind: Kind): string => KINDS[kind].apiVersion;

export const collectionPath = (kind: Kind, namespace: string): string =>
  `${KINDS[kind].prefix}/namespaces/${encodeURIComponent(namespace)}/${KINDS[kind].plural}`;

export const objectPath = ({ kind, metadata }: Pick<KubeObject, "kind" | "metadata">): string =>
  `${collectionPath(kind, metadata.namespace)}/${encodeURIComponent(metadata.name)}`;

/** What is read of any object of a cluster. */
export const liveWire = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    generation: z.int().optional(),
    labels: z.record(z.string(), z.string()).optional(),
    annotations: z.record(z.string(), z.string()).optional(),
    deletionTimestamp: z.string().optional(),
  }),
});
export type Live = z.output<typeof liveWire>;

/** Who reaches a deployment's pods, and whom they reach. */

import type { JsonObject, Kind } from "./object.ts";
import type { Settings } from "./settings.ts";

type Labels = Readonly<Record<string, string>>;

export const service = (selector: Labels, port: number): JsonObject => ({
  spec: {
    type: "ClusterIP",
    selector,
    ports: [{ name: "http", port, targetPort: "http", protocol: "TCP", appProtocol: "http" }],
  },
});

export const networkPolicy = (pods: Labels, { egress }: Settings): JsonObject => ({
  spec: {
    podSelector: { matchLabels: pods },
    policyTypes: ["Ingress", "Egress"],
    ingress: [{ ports: [{ port: "http", protocol: "TCP" }] }],
    egress: egress ? [{}] : [],
  },
});

/** In addition to what all pods may: the servers, and the DNS, which names them where their addresses are not known yet. */
export const routerPolicy = (router: Labels, servers: readonly Labels[]): JsonObject => ({
  spec: {
    podSelector: { matchLabels: router },
    policyTypes: ["Egress"],
    egress: [
      {
        to: servers.map((matchLabels) => ({ podSelector: { matchLabels } })),
        ports: [{ port: "http", protocol: "TCP" }],
      },
      {
        ports: [
          { port: 53, protocol: "UDP" },
          { port: 53, protocol: "TCP" },
        ],
      },
    ],
  },
});

/** What leads callers from outside the cluster to the Service. */
export function outside(
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

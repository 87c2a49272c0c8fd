import { CONFINED_CONTAINER, CONFINED_POD } from "./confined.ts";
import type { JsonObject } from "./object.ts";
import { fingerprint } from "./revision.ts";
import type { Settings } from "./settings.ts";

const PORT = 8080;
/** A pod that ends answers still, until nobody sends it requests any more. */
const UNTIL_UNKNOWN_SECONDS = 5;
const GRACE_SECONDS = 30;
/** How long a node may be away until its pods are made anew on another. */
const AWAY_SECONDS = 30;
/** Where a router of our images looks for its routes. */
const ROUTES_FOLDER = "/etc/esteira";
/** Of a scorer's variables, those that say what a router in front of it lets through. */
const ROUTER_VARIABLES = ["ESTEIRA_BODY_LIMIT", "ESTEIRA_CONNECTION_SECONDS", "ESTEIRA_ROUTE_TIMEOUT"];

interface About {
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly model: string;
  readonly settings: Settings;
}

/** A pod that answers by its model. `settingsMap` is the ConfigMap of the settings' variables. */
export function scorerTemplate({
  settingsMap,
  ...about
}: About & {
  readonly settingsMap: string;
}): JsonObject {
  const { env, secrets } = about.settings;
  const hasVariables = Object.keys(env).length > 0;
  return podTemplate(about, {
    // Pods read variables when they start: other values are another template.
    annotations: hasVariables ? { "esteira.dev/settings": fingerprint(env) } : {},
    container: {
      name: "scorer",
      ...(hasVariables ? { envFrom: [{ configMapRef: { name: settingsMap } }] } : {}),
      env: [
        { name: "PORT", value: String(PORT) },
        ...Object.entries(secrets).map(([name, { secret, key }]) => ({
          name,
          valueFrom: { secretKeyRef: { name: secret, key } },
        })),
      ],
      livenessProbe: { ...probe("/health"), periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 5 },
    },
  });
}

/**
 * A pod that routes between the servers by what a ConfigMap says. Other routes are another template: a kubelet brings a changed ConfigMap to
 * its pods within a minute or so, and new pods have it when they start, so that a share holds as soon as they are ready.
 */
export function routerTemplate({
  routesMap,
  digest,
  ...about
}: About & {
  readonly routesMap: string;
  /** Of the routes. */
  readonly digest: string;
}): JsonObject {
  const { env } = about.settings;
  return podTemplate(about, {
    annotations: { "esteira.dev/routes": digest },
    container: {
      name: "router",
      args: ["route"],
      env: [
        { name: "PORT", value: String(PORT) },
        ...ROUTER_VARIABLES.flatMap((name) => (env[name] === undefined ? [] : [{ name, value: env[name] }])),
      ],
      // It says that it is healthy when the primary is: without one it must not be started again, but asked no more.
      livenessProbe: { tcpSocket: { port: "http" }, periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 5 },
    },
    mount: { name: "routes", path: ROUTES_FOLDER, volume: { configMap: { name: routesMap } } },
  });
}

const probe = (path: string) => ({ httpGet: { path, port: "http" } });

/** One container that may do as little as there is: what the `restricted` Pod Security standard asks, and a file system that is read only. */
function podTemplate(
  { labels, image, model, settings: { cpu, memory, pullSecrets } }: About,
  {
    annotations,
    container,
    mount,
  }: {
    readonly annotations: Readonly<Record<string, string>>;
    readonly container: JsonObject;
    readonly mount?: { readonly name: string; readonly path: string; readonly volume: JsonObject };
  },
): JsonObject {
  return {
    metadata: {
      labels,
      annotations: {
        "esteira.dev/model": model,
        ...annotations,
        "prometheus.io/scrape": "true",
        "prometheus.io/path": "/metrics",
        "prometheus.io/port": String(PORT),
      },
    },
    spec: {
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      terminationGracePeriodSeconds: GRACE_SECONDS,
      ...(pullSecrets.length === 0 ? {} : { imagePullSecrets: pullSecrets.map((name) => ({ name })) }),
      securityContext: CONFINED_POD,
      // Pods hold nothing: where a node goes away, others take their place long before the five minutes that are usual.
      tolerations: ["not-ready", "unreachable"].map((state) => ({
        ...{ key: `node.kubernetes.io/${state}`, operator: "Exists", effect: "NoExecute" },
        tolerationSeconds: AWAY_SECONDS,
      })),
      topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: labels },
      })),
      containers: [
        {
          image,
          imagePullPolicy: image.includes("@sha256:") ? "IfNotPresent" : "Always",
          ports: [{ name: "http", containerPort: PORT, protocol: "TCP" }],
          resources: {
            requests: { cpu, memory },
            // No limit of CPU: it would stop a pod within each tenth of a second even where the node is idle.
            limits: { memory },
          },
          startupProbe: { ...probe("/ping"), periodSeconds: 1, failureThreshold: 60, timeoutSeconds: 2 },
          readinessProbe: { ...probe("/ping"), periodSeconds: 5, failureThreshold: 2, timeoutSeconds: 2 },
          lifecycle: { preStop: { sleep: { seconds: UNTIL_UNKNOWN_SECONDS } } },
          securityContext: CONFINED_CONTAINER,
          volumeMounts: [
            { name: "tmp", mountPath: "/tmp" },
            ...(mount === undefined ? [] : [{ name: mount.name, mountPath: mount.path, readOnly: true }]),
          ],
          ...container,
        },
      ],
      volumes: [
        { name: "tmp", emptyDir: { sizeLimit: "64Mi" } },
        ...(mount === undefined ? [] : [{ name: mount.name, ...mount.volume }]),
      ],
    },
  };
}

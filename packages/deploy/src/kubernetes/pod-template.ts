import { CONFINED_CONTAINER, CONFINED_POD } from "./confined.ts";
import type { JsonObject } from "./object.ts";
import { fingerprint } from "./revision.ts";
import type { Settings } from "./settings.ts";

const PORT = 8080;
/** A pod that ends answers still, until nobody sends it requests any more. */
const UNTIL_UNKNOWN_SECONDS = 5;
const GRACE_SECONDS = 30;

/** One container that may do as little as there is: what the `restricted` Pod Security standard asks, and a file system that is read only. */
export function podTemplate({
  labels,
  image,
  model,
  settings,
  settingsMap,
}: {
  readonly labels: Readonly<Record<string, string>>;
  readonly image: string;
  readonly model: string;
  readonly settings: Settings;
  /** ConfigMap of the settings' variables. */
  readonly settingsMap: string;
}): JsonObject {
  const { env, secrets, cpu, memory, pullSecrets } = settings;
  const hasVariables = Object.keys(env).length > 0;
  const probe = (path: string) => ({ httpGet: { path, port: "http" } });
  return {
    metadata: {
      labels,
      annotations: {
        "esteira.dev/model": model,
        // Pods read variables when they start: other values are another template.
        ...(hasVariables ? { "esteira.dev/settings": fingerprint(env) } : {}),
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
      topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
        maxSkew: 1,
        topologyKey,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: labels },
      })),
      containers: [
        {
          name: "scorer",
          image,
          imagePullPolicy: image.includes("@sha256:") ? "IfNotPresent" : "Always",
          ports: [{ name: "http", containerPort: PORT, protocol: "TCP" }],
          ...(hasVariables ? { envFrom: [{ configMapRef: { name: settingsMap } }] } : {}),
          env: [
            { name: "PORT", value: String(PORT) },
            ...Object.entries(secrets).map(([name, { secret, key }]) => ({
              name,
              valueFrom: { secretKeyRef: { name: secret, key } },
            })),
          ],
          resources: {
            requests: { cpu, memory },
            // No limit of CPU: it would stop a pod within each tenth of a second even where the node is idle.
            limits: { memory },
          },
          startupProbe: { ...probe("/ping"), periodSeconds: 1, failureThreshold: 60, timeoutSeconds: 2 },
          readinessProbe: { ...probe("/ping"), periodSeconds: 5, failureThreshold: 2, timeoutSeconds: 2 },
          livenessProbe: { ...probe("/health"), periodSeconds: 10, failureThreshold: 3, timeoutSeconds: 5 },
          lifecycle: { preStop: { sleep: { seconds: UNTIL_UNKNOWN_SECONDS } } },
          securityContext: CONFINED_CONTAINER,
          volumeMounts: [{ name: "tmp", mountPath: "/tmp" }],
        },
      ],
      volumes: [{ name: "tmp", emptyDir: { sizeLimit: "64Mi" } }],
    },
  };
}

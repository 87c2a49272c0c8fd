import { invalid } from "@esteira/core/errors";
import { z } from "zod";

/** As Kubernetes writes amounts: `250m` of a core, `512Mi`, `1.5`. */
export const quantity = z
  .string()
  .regex(/^\d+(\.\d+)?(m|k|M|G|T|Ki|Mi|Gi|Ti)?$/, "is no amount of Kubernetes, as in 250m, 2 or 512Mi");
const label = z
  .string()
  .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, "is no name of small letters, digits and dashes");
const host = z
  .string()
  .max(253)
  .regex(/^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/, "is no name of a host");
const variable = z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "is no name of a variable");
export const subdomain = z
  .string()
  .max(253)
  .regex(/^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$/, "is no name of small letters, digits, dots and dashes");

/** How a cluster runs a deployment: what is particular to Kubernetes. */
export const settingsWire = z.strictObject({
  /** Pods; the fewest, where they are scaled. */
  replicas: z.int().min(1).max(1000),
  /** The most pods. As many as `replicas`, and nothing scales them. */
  maxReplicas: z.int().min(1).max(1000).optional(),
  /** Of the pods' request for CPU, in percent, when more pods are wanted. */
  cpuTarget: z.int().min(1).max(1000),
  /** Requests a second and pod at which more pods are wanted; needs the cluster to serve this metric. */
  requestsTarget: z.number().positive().optional(),
  /** What a pod reserves; it may use more when the node has it. */
  cpu: quantity,
  /** What a pod reserves, and the most that it gets. */
  memory: quantity,
  /** Variables of the scorer. */
  env: z.record(variable, z.string()),
  /** Variables whose values the cluster's own Secrets hold. */
  secrets: z.record(variable, z.strictObject({ secret: subdomain, key: z.string().regex(/^[-._A-Za-z0-9]{1,253}$/) })),
  /** Secrets by which nodes may pull the image. */
  pullSecrets: z.array(subdomain),
  /** The name under which it is reached from outside the cluster. */
  host: host.optional(),
  /** Secret with the certificate of `host`. */
  tlsSecret: subdomain.optional(),
  ingressClass: subdomain.optional(),
  /** A Gateway that leads `host` here, in the Ingress's place. */
  gateway: label.optional(),
  /** Lets pods open connections; without, they only answer. */
  egress: z.boolean(),
  /** Leaves the router in front of the pods when there is nothing to share out: kept connections need not move then. */
  keepRouter: z.boolean().optional(),
  /** Seconds without progress after which a change has failed. */
  deadlineSeconds: z.int().min(5).max(3600),
});
export type Settings = z.output<typeof settingsWire>;

const DEFAULTS: Settings = {
  replicas: 2,
  cpuTarget: 70,
  cpu: "250m",
  memory: "512Mi",
  env: {},
  secrets: {},
  pullSecrets: [],
  egress: false,
  deadlineSeconds: 120,
};

/**
 * What is said now, over what was said before, over what is usual: who deploys a new version need not say again how many pods there are.
 * A setting that is the empty text is none.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE with the setting that is wrong.
 */
export function mergeSettings(before: Settings | undefined, now: Partial<Settings>): Settings {
  const said = Object.entries(now).filter(([, value]) => value !== undefined);
  const merged = Object.entries({ ...DEFAULTS, ...before, ...Object.fromEntries(said) });
  const { data, error } = settingsWire.safeParse(Object.fromEntries(merged.filter(([, value]) => value !== "")));
  if (data === undefined) {
    const issue = error.issues[0];
    const why = (issue?.code === "invalid_key" ? issue.issues[0]?.message : issue?.message) ?? "is not understood";
    throw invalid(`The setting ${issue?.path.join(".") || "of the deployment"} ${why}.`);
  }
  if (data.maxReplicas !== undefined && data.maxReplicas < data.replicas) {
    throw invalid(`At most ${data.maxReplicas} pods are less than the fewest, ${data.replicas}: say both.`);
  }
  for (const setting of ["tlsSecret", "ingressClass", "gateway"] as const) {
    if (data[setting] !== undefined && data.host === undefined)
      throw invalid(`The setting ${setting} has a sense with a host only: say which (--host).`);
  }
  if (data.gateway !== undefined && (data.tlsSecret ?? data.ingressClass) !== undefined) {
    throw invalid("A Gateway has its own certificates and class: leave tlsSecret and ingressClass away.");
  }
  return data;
}

export const isScaled = ({ replicas, maxReplicas }: Settings): boolean => (maxReplicas ?? replicas) > replicas;

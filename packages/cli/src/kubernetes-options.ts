import { EsteiraError, invalid } from "@esteira/core/errors";
import type { Cluster } from "@esteira/deploy/kubernetes/cluster";
import type { KubernetesTarget } from "@esteira/deploy/kubernetes/kubernetes-target";
import type { Settings } from "@esteira/deploy/kubernetes/settings";
import { type CommandOption, listed, type Terminal, text, texts, type Values } from "./command.ts";
import { type TargetPlace, telling } from "./told-deployments.ts";
import { trackingClient } from "./tracking.ts";

/** Where a cluster is, for every command that asks one. */
export const CLUSTER_OPTIONS: readonly CommandOption[] = [
  { flags: "--context <context>", summary: "of the kubeconfig (default: its current one)" },
  { flags: "--namespace <namespace>", summary: "of the cluster (default: the context's)" },
];

/** How a cluster runs a deployment. What is not said stays as it was deployed. */
export const SETTING_OPTIONS: readonly CommandOption[] = [
  { flags: "--replicas <count>", summary: "pods; the fewest, where load scales them (default: 2)" },
  { flags: "--max-replicas <count>", summary: "the most pods: load scales them between the two" },
  { flags: "--cpu-target <percent>", summary: "of the reserved CPU at which there are more pods (default: 70)" },
  { flags: "--requests-target <rate>", summary: "requests a second and pod at which there are more pods" },
  { flags: "--cpu <amount>", summary: "what a pod reserves, as in 250m (default) or 2" },
  { flags: "--memory <amount>", summary: "what a pod reserves, and gets at the most (default: 512Mi)" },
  { flags: "--env <name=value>", summary: "a variable of the scorer; may be repeated", repeats: true },
  {
    flags: "--secret <name=secret/key>",
    summary: "a variable from a Secret of the cluster; may be repeated",
    repeats: true,
  },
  { flags: "--pull-secrets <names>", summary: "Secrets for the image's registry, with commas between" },
  { flags: "--host <host>", summary: "under which callers outside the cluster reach it" },
  { flags: "--tls-secret <name>", summary: "Secret with the host's certificate" },
  { flags: "--ingress-class <name>", summary: "of the Ingress that is made for the host" },
  { flags: "--gateway <name>", summary: "a Gateway that leads the host here, in an Ingress's place" },
  { flags: "--keep-router", summary: "leave the router in front when there is no canary or shadow any more" },
  { flags: "--allow-egress", summary: "let pods open connections too" },
  { flags: "--deadline <seconds>", summary: "without progress, after which a change has failed (default: 120)" },
];

/** The settings that a command line says. */
export function settingsOf(values: Values): Partial<Settings> {
  const said = (name: string) => text(values, name);
  const count = (name: string): number | undefined => {
    const value = said(name);
    if (value === undefined) return undefined;
    if (/^\d{1,9}(\.\d{1,6})?$/.test(value)) return Number(value);
    const flag = name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    throw invalid(`--${flag} is '${value}': expected a number.`);
  };
  const pairs = (name: string, form: string) =>
    texts(values, name).map((item) => {
      const cut = item.indexOf("=");
      if (cut < 1) throw invalid(`--${name} is '${item}': expected ${form}.`);
      return [item.slice(0, cut), item.slice(cut + 1)] as const;
    });
  const env = pairs("env", "NAME=VALUE");
  const secrets = pairs("secret", "NAME=SECRET/KEY").map(([variable, place]) => {
    const [secret = "", key = "", ...more] = place.split("/");
    if (key === "" || more.length > 0) throw invalid(`--secret is '${variable}=${place}': expected NAME=SECRET/KEY.`);
    return [variable, { secret, key }] as const;
  });
  const pullSecrets = said("pullSecrets");
  return present({
    replicas: count("replicas"),
    maxReplicas: count("maxReplicas"),
    cpuTarget: count("cpuTarget"),
    requestsTarget: count("requestsTarget"),
    cpu: said("cpu"),
    memory: said("memory"),
    env: env.length === 0 ? undefined : Object.fromEntries(env),
    secrets: secrets.length === 0 ? undefined : Object.fromEntries(secrets),
    pullSecrets: pullSecrets === undefined ? undefined : [...listed(pullSecrets)],
    host: said("host"),
    tlsSecret: said("tlsSecret"),
    ingressClass: said("ingressClass"),
    gateway: said("gateway"),
    keepRouter: values.keepRouter === true ? true : undefined,
    egress: values.allowEgress === true ? true : undefined,
    deadlineSeconds: count("deadline"),
  });
}

type Said = { readonly [K in keyof Settings]?: Settings[K] | undefined };
type Present = { -readonly [K in keyof Settings]?: Exclude<Settings[K], undefined> };

function present(said: Said): Present {
  const entries = Object.entries(said).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries);
}

interface ClusterOptions {
  readonly settings?: Partial<Settings>;
  readonly force?: boolean;
}

/** Does work with the deployments of a cluster, and lets go of it. */
export async function withCluster<T>(
  values: Values,
  terminal: Terminal,
  work: (target: KubernetesTarget, signal: AbortSignal) => Promise<T>,
  options: ClusterOptions = {},
): Promise<T> {
  const { target, place, close } = await openCluster(values, terminal, options);
  const stopped = new AbortController();
  void terminal.interrupted().then(() => {
    stopped.abort(
      new EsteiraError("TEMPORARILY_UNAVAILABLE", "Interrupted: the next change of this deployment goes on from here."),
    );
  });
  const told = telling(target, {
    at: place,
    client: () => trackingClient(terminal),
    ...{ env: terminal.env, note: terminal.note },
  });
  try {
    return await work(told, stopped.signal);
  } finally {
    close();
  }
}

/** The deployments of the cluster that a command line or the environment says; whoever asks lets go of them. */
export async function openCluster(
  values: Values,
  terminal: Terminal,
  options: ClusterOptions = {},
): Promise<{ readonly target: KubernetesTarget; readonly place: TargetPlace; close(): void }> {
  const [{ cluster, server, close }, { kubernetesTarget }] = await Promise.all([
    openNamespace(values, terminal),
    import("@esteira/deploy/kubernetes/kubernetes-target"),
  ]);
  return {
    target: kubernetesTarget({ cluster, note: terminal.note, ...options }),
    place: { target: "kubernetes", place: `${cluster.namespace} at ${server}` },
    close,
  };
}

/** Does work in a namespace of a cluster, and lets go of it. */
export async function withNamespace<T>(
  values: Values,
  terminal: Terminal,
  work: (cluster: Cluster, server: string) => Promise<T>,
): Promise<T> {
  const { cluster, server, close } = await openNamespace(values, terminal);
  try {
    return await work(cluster, server);
  } finally {
    close();
  }
}

async function openNamespace(
  values: Values,
  terminal: Terminal,
): Promise<{ readonly cluster: Cluster; readonly server: string; close(): void }> {
  const [{ clusterAccess }, { kubernetesApi }, { cluster }] = await Promise.all([
    import("@esteira/deploy/kubernetes/kubeconfig"),
    import("@esteira/deploy/kubernetes/api"),
    import("@esteira/deploy/kubernetes/cluster"),
  ]);
  const access = await clusterAccess(terminal.env, text(values, "context"));
  const namespace = text(values, "namespace") ?? access.namespace;
  if (!/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/.test(namespace)) {
    throw invalid(`--namespace is '${namespace}': expected small letters, digits and dashes, 63 at most.`);
  }
  const api = kubernetesApi(access, terminal.env);
  return { cluster: cluster(api, namespace), server: access.server, close: () => api.close() };
}

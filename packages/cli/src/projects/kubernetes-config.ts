import { readFile } from "node:fs/promises";
import { invalid } from "@esteira/core/errors";
import { type JobTemplate, parseJobTemplate } from "@esteira/deploy/kubernetes/job-template";
import { quantity, subdomain } from "@esteira/deploy/kubernetes/settings";
import { z } from "zod";
import type { Terminal } from "../command.ts";
import { type BackendConfig, parseBackendConfig } from "./backend-config.ts";

const seconds = z.int().min(0).max(31_536_000);

/** What `--backend-config` says of a cluster: MLflow's own keys, and ours. */
const configWire = z.strictObject({
  /** Of the kubeconfig; its current one where it is absent. */
  "kube-context": z.string().min(1).optional(),
  /** A Job to fill in, in place of our own. */
  "kube-job-template-path": z.string().min(1).optional(),
  /** A repository of a registry that the nodes pull from. */
  "repository-uri": z.string().min(1).optional(),
  namespace: subdomain.optional(),
  /** What the project runs in, in place of its `docker_env.image`. */
  image: z.string().min(1).optional(),
  /** Of the image, such as linux/amd64. */
  platform: z
    .string()
    .regex(/^[a-z0-9]+\/[a-z0-9/]+$/, "is no platform, as in linux/amd64")
    .optional(),
  /** Where pods reach the tracking server, where that is another address than here. */
  trackingUri: z.string().min(1).optional(),
  cpu: quantity.optional(),
  memory: quantity.optional(),
  pullSecrets: z.array(subdomain).optional(),
  /** Seconds that a Job which has ended stays. */
  ttlSecondsAfterFinished: seconds.optional(),
});
export type KubernetesConfig = z.output<typeof configWire>;

/** @throws EsteiraError INVALID_PARAMETER_VALUE with the setting that is none. */
export const parseKubernetesConfig = (config: unknown): BackendConfig<KubernetesConfig> =>
  parseBackendConfig("kubernetes", config, configWire);

export async function readTemplate(path: string | undefined): Promise<JobTemplate | undefined> {
  if (path === undefined) return undefined;
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    throw invalid(
      `The Job template '${path}' cannot be read: ${error instanceof Error ? error.message : String(error)}.`,
    );
  });
  return parseJobTemplate(text, path);
}

/**
 * The address by which pods reach the tracking server.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for one that is this machine's alone.
 */
export function trackingUriForPods(config: KubernetesConfig, env: Terminal["env"]): string {
  const uri = config.trackingUri ?? (env.KUBE_MLFLOW_TRACKING_URI || env.MLFLOW_TRACKING_URI || "");
  const host = URL.canParse(uri) ? new URL(uri).hostname : "";
  if (/^(localhost|.*\.localhost|127(\.\d+){3}|\[::1\]|0\.0\.0\.0|\[::\])$/.test(host))
    throw invalid(
      `Pods cannot reach the tracking server at ${uri}, which is this machine alone: let it listen on an address that the cluster reaches (--host), and give that as MLFLOW_TRACKING_URI, or as "trackingUri" of --backend-config.`,
    );
  return uri;
}

import { join } from "node:path";
import { kubernetesApi } from "@esteira/deploy/kubernetes/api";
import { type Cluster, cluster } from "@esteira/deploy/kubernetes/cluster";
import { clusterAccess } from "@esteira/deploy/kubernetes/kubeconfig";
import { type KubernetesTarget, kubernetesTarget } from "@esteira/deploy/kubernetes/kubernetes-target";
import type { Settings } from "@esteira/deploy/kubernetes/settings";
import { onTestFinished } from "vitest";
import { run } from "./run.ts";

export interface Namespace {
  readonly name: string;
  readonly cluster: Cluster;
  readonly kubeconfig: string;
  target(
    settings?: Partial<Settings>,
    more?: { readonly force?: boolean; readonly note?: (line: string) => void },
  ): KubernetesTarget;
  /** In the namespace. */
  kubectl(...args: readonly string[]): Promise<string>;
}

let count = 0;

/** A namespace that lets in only pods of the `restricted` standard; gone with the test. */
export async function namespace(kubeconfig = process.env.ESTEIRA_TEST_KUBECONFIG ?? ""): Promise<Namespace> {
  count += 1;
  const name = `test-${process.pid}-${count}`;
  const kubectl = (...args: readonly string[]) =>
    run(join(process.env.ESTEIRA_TEST_KUBERNETES ?? "", "kubectl"), [
      "--kubeconfig",
      kubeconfig,
      "--namespace",
      name,
      ...args,
    ]);
  await kubectl("create", "namespace", name);
  await kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted");
  const api = kubernetesApi(await clusterAccess({ KUBECONFIG: kubeconfig }), process.env);
  onTestFinished(async () => {
    api.close();
    await kubectl("delete", "namespace", name, "--wait=false");
  });
  const own = cluster(api, name);
  return {
    name,
    cluster: own,
    kubeconfig,
    kubectl,
    target: (settings = {}, more = {}) => kubernetesTarget({ cluster: own, settings, ...more }),
  };
}

/** What a change leaves behind goes last, and in an order in which nobody is asked who has gone. */

import { setTimeout as sleep } from "node:timers/promises";
import type { Cluster } from "./cluster.ts";
import { deploymentOf, ownLabels } from "./manifests.ts";
import { KIND_NAMES, type Kind, type KubeObject } from "./object.ts";
import { allPodsOf, partOf } from "./pods.ts";
import { isState } from "./state.ts";

/** Pods that are told to end answer what is under way first. */
const GONE_MS = 60_000;
const LOOK_EVERY_MS = 500;

interface Item {
  readonly kind: Kind;
  readonly name: string;
}

/** What has the deployment's labels, and is not among these objects. */
export async function superfluous(
  cluster: Cluster,
  name: string,
  objects: readonly KubeObject[],
): Promise<readonly Item[]> {
  const wanted = new Set(objects.map(({ kind, metadata }) => `${kind}/${metadata.name}`));
  const found = await Promise.all(
    KIND_NAMES.map(async (kind) => {
      const items = await cluster.list(kind, ownLabels(name));
      return items
        .filter(({ metadata }) => !isState(metadata.labels) && metadata.deletionTimestamp === undefined)
        .map(({ metadata }) => ({ kind, name: metadata.name }));
    }),
  );
  return found.flat().filter((item) => !wanted.has(`${item.kind}/${item.name}`));
}

interface Waiting {
  /** Called now and then. What it throws ends the waiting. */
  readonly renew: () => Promise<void>;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Removes what is not among these objects. A router that goes answers those who keep a connection to it for some seconds still, and asks its
 * servers for it: they and their addresses go when it has gone.
 */
export async function removeSuperfluous(
  cluster: Cluster,
  name: string,
  objects: readonly KubeObject[],
  { renew, signal }: Waiting,
): Promise<void> {
  const left = await superfluous(cluster, name, objects);
  const isRouter = ({ kind, name: own }: Item) => kind === "Deployment" && own === deploymentOf(name, "router");
  const routers = left.filter(isRouter);
  const rest = left.filter((item) => !isRouter(item));
  for (const item of routers) await cluster.remove(item.kind, item.name, signal);
  if (rest.length > 0)
    await podsGone(cluster, name, renew, signal, (pod) => {
      const isGoing = routers.length > 0 || pod.metadata.deletionTimestamp !== undefined;
      return partOf(pod) === "router" && isGoing;
    });
  for (const item of rest) await cluster.remove(item.kind, item.name, signal);
}

/** Removes all objects, and waits until no pod is left. */
export async function removeAll(cluster: Cluster, name: string, renew: () => Promise<void>): Promise<void> {
  for (const item of await superfluous(cluster, name, [])) await cluster.remove(item.kind, item.name);
  await podsGone(cluster, name, renew, undefined, () => true);
}

async function podsGone(
  cluster: Cluster,
  name: string,
  renew: () => Promise<void>,
  signal: AbortSignal | undefined,
  isOne: (pod: Awaited<ReturnType<typeof allPodsOf>>[number]) => boolean,
): Promise<void> {
  for (const deadline = performance.now() + GONE_MS; performance.now() < deadline; ) {
    signal?.throwIfAborted();
    await renew();
    if (!(await allPodsOf(cluster, name)).some(isOne)) return;
    await sleep(LOOK_EVERY_MS, undefined, signal === undefined ? {} : { signal });
  }
}

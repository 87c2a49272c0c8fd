/** Whether what a cluster was given has come about, and if not, why. */

import { setTimeout as sleep } from "node:timers/promises";
import { z } from "zod";
import type { Cluster } from "./cluster.ts";
import { isHopeless, isReady, type Pod, podLines, podsOf, restartsOf, troubleOf, warningOf } from "./pods.ts";

const deploymentWire = z.looseObject({
  metadata: z.looseObject({ name: z.string(), generation: z.int() }),
  spec: z.looseObject({ replicas: z.int() }),
  status: z
    .looseObject({
      observedGeneration: z.int().default(0),
      replicas: z.int().default(0),
      updatedReplicas: z.int().default(0),
      availableReplicas: z.int().default(0),
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string().optional(),
            message: z.string().optional(),
            lastUpdateTime: z.string().optional(),
          }),
        )
        .default([]),
    })
    .prefault({}),
});
export type LiveDeployment = z.output<typeof deploymentWire>;

export async function readDeployment(cluster: Cluster, name: string): Promise<LiveDeployment | undefined> {
  const live = await cluster.get("Deployment", name);
  return live === undefined ? undefined : deploymentWire.parse(live);
}

/** All pods are of what is wanted, and answer. */
export const isComplete = ({ metadata, spec, status }: LiveDeployment): boolean =>
  status.observedGeneration >= metadata.generation &&
  status.updatedReplicas >= spec.replicas &&
  status.replicas === status.updatedReplicas &&
  status.availableReplicas >= spec.replicas;

/** When the cluster itself has given up; undefined when it has not. */
export const failedAt = ({ metadata, status }: LiveDeployment): string | undefined => {
  if (status.observedGeneration < metadata.generation) return undefined;
  const given = status.conditions.find(
    ({ type, status, reason }) => type === "Progressing" && status === "False" && reason === "ProgressDeadlineExceeded",
  );
  return given && (given.lastUpdateTime ?? "");
};

const LOOK_EVERY_MS = 500;
const LOG_LINES = 8;

export interface Waiting {
  /** Without any progress for so long, it has failed. The cluster is told the same; this is for when it does not notice. */
  readonly deadlineSeconds: number;
  readonly signal: AbortSignal | undefined;
  /** Told when what is seen changes. */
  readonly note: (line: string) => void;
  /** Called now and then. What it throws ends the waiting. */
  readonly renew: () => Promise<void>;
}

/** Waits until the Deployments are complete; answers why one cannot be. */
export async function settle(
  cluster: Cluster,
  name: string,
  deployments: readonly string[],
  { deadlineSeconds, signal, note, renew }: Waiting,
): Promise<string | undefined> {
  let [seen, since, said] = ["", performance.now(), ""];
  // What the cluster said of the change before stays until there is progress, and is nothing against this one.
  let stale: readonly (string | undefined)[] | undefined;
  for (;;) {
    signal?.throwIfAborted();
    await renew();
    const found = await Promise.all(deployments.map((deployment) => readDeployment(cluster, deployment)));
    const missing = deployments.find((_, i) => found[i] === undefined);
    if (missing !== undefined) return `the Deployment ${missing} was deleted meanwhile`;
    const live = found.filter((deployment) => deployment !== undefined);
    if (live.every(isComplete)) return undefined;
    const pods = await podsOf(cluster, name);
    stale ??= live.map(
      ({ status }) =>
        status.conditions.find(({ type, status }) => type === "Progressing" && status === "False")?.lastUpdateTime,
    );
    const hasFailed = live.some((one, i) => failedAt(one) !== undefined && failedAt(one) !== stale?.[i]);
    const progress = JSON.stringify(
      live.map(({ status }) => [
        status.observedGeneration,
        status.updatedReplicas,
        status.availableReplicas,
        status.replicas,
      ]),
    );
    if (progress !== seen) [seen, since] = [progress, performance.now()];
    const isStuck = performance.now() - since > deadlineSeconds * 1000 + 10_000;
    if (hasFailed || isStuck || pods.some(isHopeless)) {
      return cause(cluster, live, pods, deadlineSeconds);
    }
    const ready = live.map(({ metadata, spec, status }) => {
      // Those of before count among the available ones too.
      const young = Math.max(0, status.availableReplicas - (status.replicas - status.updatedReplicas));
      return `${metadata.name}: ${young} of ${spec.replicas} pods are ready`;
    });
    const line = [
      ...ready,
      ...pods
        .map(troubleOf)
        .filter((trouble) => trouble !== undefined)
        .slice(0, 1),
    ].join("; ");
    if (line !== said) note(line);
    said = line;
    await sleep(LOOK_EVERY_MS, undefined, signal === undefined ? {} : { signal });
  }
}

async function cause(
  cluster: Cluster,
  live: readonly LiveDeployment[],
  pods: readonly Pod[],
  deadlineSeconds: number,
): Promise<string> {
  const refused = live
    .flatMap(({ status }) => status.conditions)
    .find(({ type, status }) => type === "ReplicaFailure" && status === "True");
  if (refused !== undefined)
    return `the cluster makes no pods: ${refused.message ?? refused.reason ?? "it does not say why"}`;
  const pod = pods.find((one) => troubleOf(one) !== undefined) ?? pods.find((one) => !isReady(one));
  if (pod === undefined) {
    const isUnseen = live.some(({ metadata, status }) => status.observedGeneration < metadata.generation);
    return isUnseen
      ? `the cluster's controllers have not taken it up within ${deadlineSeconds} seconds`
      : `there was no progress within ${deadlineSeconds} seconds`;
  }
  const trouble = troubleOf(pod);
  const { name } = pod.metadata;
  // A cause without its details is still one: a node may be away, or its caller not be allowed to read logs.
  const lines = await podLines(cluster, pod, LOG_LINES, restartsOf([pod]) > 0).catch(() => []);
  const warning = await warningOf(cluster, name).catch(() => undefined);
  return [
    trouble ?? `pod ${name}: not ready within ${deadlineSeconds} seconds`,
    ...(warning === undefined || trouble?.includes(warning) === true ? [] : [`event ${warning}`]),
    ...(lines.length === 0 ? [] : [`its last lines:\n${lines.join("\n")}`]),
  ].join("; ");
}

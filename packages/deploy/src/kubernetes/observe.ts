/** How the models of a deployment have done since its last change, by what its pods say. */

import { EsteiraError } from "@esteira/core/errors";
import { type Observation, observationWire } from "../observation.ts";
import { together } from "../traffic/observations.ts";
import type { Cluster } from "./cluster.ts";
import { isRouted } from "./manifests.ts";
import { askPod, isReady, type Pod, partOf, podsOf } from "./pods.ts";
import type { Revision } from "./revision.ts";
import { type Counts, countsIn, quantiles, since, total } from "./scorer-metrics.ts";
import type { State } from "./state.ts";

/** Undefined when nobody answers, or not all routers follow the newest change yet. */
export async function observed(cluster: Cluster, state: State, revision: Revision): Promise<Observation | undefined> {
  const pods = (await podsOf(cluster, revision.wanted.name)).filter(isReady);
  if (isRouted(revision)) {
    const routers = pods.filter((pod) => partOf(pod) === "router");
    const seen = await Promise.all(routers.map((pod) => seenBy(cluster, pod)));
    const known = seen.filter((one) => one !== undefined);
    const all = known.length < seen.length ? undefined : together(known);
    return all?.generation === state.generation ? all : undefined;
  }
  const counts = await Promise.all(
    pods.map(async (pod) => {
      const now = await countsOf(cluster, pod);
      return now && since(state.counted?.[pod.metadata.uid], now);
    }),
  );
  const answered = counts.filter((one) => one !== undefined);
  if (answered.length === 0) return undefined;
  const sum = total(answered);
  const seconds = quantiles(sum);
  return {
    generation: state.generation,
    primary: { requests: sum.requests, failed: sum.failed, ...(seconds === undefined ? {} : { seconds }) },
    canary: { requests: 0, failed: 0 },
    shadow: { compared: 0, failed: 0, missed: 0 },
  };
}

/**
 * What pods have counted up to now: from here on a change is observed. Where pods cannot be asked, as who may deploy need not be allowed
 * to, they are observed since they began. Routers count anew with each change by themselves.
 */
export async function countsNow(cluster: Cluster, revision: Revision): Promise<State["counted"]> {
  if (isRouted(revision)) return undefined;
  const pods = (await podsOf(cluster, revision.wanted.name)).filter(isReady);
  const read = async (pod: Pod) => [pod.metadata.uid, await countsOf(cluster, pod)] as const;
  const counts = await Promise.all(pods.map(read)).catch((error: unknown) => {
    if (error instanceof EsteiraError) return [];
    throw error;
  });
  return Object.fromEntries(counts.flatMap(([uid, one]) => (one === undefined ? [] : [[uid, one]])));
}

async function countsOf(cluster: Cluster, { metadata }: Pod): Promise<Counts | undefined> {
  const answer = await askPod(cluster, metadata.name, "metrics");
  return answer && countsIn(answer.text);
}

async function seenBy(cluster: Cluster, { metadata }: Pod): Promise<Observation | undefined> {
  const answer = await askPod(cluster, metadata.name, "esteira/observation");
  try {
    return answer && observationWire.parse(JSON.parse(answer.text));
  } catch {
    // An older image, whose router says other things.
    return undefined;
  }
}

/** The pods of a Job, and how the process of one has ended. */

import { z } from "zod";
import type { Cluster } from "./cluster.ts";
import { type Pod, podWire } from "./pods.ts";

/** The oldest first: each is another attempt. */
export async function jobPods({ api, namespace }: Cluster, job: string): Promise<readonly Pod[]> {
  const { text } = await api.call({
    method: "GET",
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
    query: { labelSelector: `batch.kubernetes.io/job-name=${job}` },
    about: `the pods of the Job ${job}`,
  });
  return z
    .looseObject({ items: z.array(podWire) })
    .parse(JSON.parse(text))
    .items.sort((a, b) => a.metadata.creationTimestamp.localeCompare(b.metadata.creationTimestamp));
}

export interface Ended {
  /** Absent where the pod has failed before its process ended, as one that was evicted. */
  readonly code?: number;
  /** `SIGKILL`, where that ended it. */
  readonly signal?: NodeJS.Signals;
  /** What the cluster says of it, where that is more than a code: `OOMKilled`. */
  readonly reason?: string;
}

const SIGNALS: Readonly<Record<number, NodeJS.Signals>> = {
  1: "SIGHUP",
  2: "SIGINT",
  6: "SIGABRT",
  9: "SIGKILL",
  11: "SIGSEGV",
  15: "SIGTERM",
};

const containerOf = ({ status }: Pod, container: string) =>
  status?.containerStatuses?.find(({ name }) => name === container) ?? status?.containerStatuses?.[0];

/** Whether there is a log to read. */
export function hasStarted(pod: Pod, container: string): boolean {
  const state = containerOf(pod, container)?.state;
  return state?.running !== undefined || state?.terminated !== undefined;
}

/** Undefined while it is not over. */
export function endOf(pod: Pod, container: string): Ended | undefined {
  const terminated = containerOf(pod, container)?.state?.terminated;
  const { phase, reason, message } = pod.status ?? {};
  if (terminated !== undefined) {
    const { exitCode, reason: why } = terminated;
    const signal = exitCode === undefined ? undefined : SIGNALS[exitCode - 128];
    return {
      ...(exitCode === undefined ? {} : { code: exitCode }),
      ...(signal === undefined ? {} : { signal }),
      ...(why === undefined || why === "Error" || why === "Completed" ? {} : { reason: why }),
    };
  }
  if (phase !== "Failed") return undefined;
  return { reason: [reason ?? "Failed", message].filter((part) => part !== undefined && part !== "").join(": ") };
}

export function endText({ code, signal, reason }: Ended): string {
  if (reason === "OOMKilled")
    return 'The command was ended for want of memory (OOMKilled): give it more with "memory".';
  if (code === undefined) return `The pod has failed: ${reason ?? "it does not say why"}.`;
  return signal === undefined ? `The command ended with code ${code}.` : `The command was ended by ${signal}.`;
}

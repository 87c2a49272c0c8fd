/** A Job from its beginning to its end: its log as it is written, its attempts, and why it has failed. */

import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import { isReason, KubernetesError } from "./api.ts";
import type { Cluster } from "./cluster.ts";
import { type Follower, followLog } from "./follow-log.ts";
import { GRACE_SECONDS } from "./job.ts";
import { type Ended, endOf, endText, hasStarted, jobPods } from "./job-pods.ts";
import { collectionPath, type JsonObject, liveWire } from "./object.ts";
import { isHopeless, type Pod, troubleOf } from "./pods.ts";

export interface JobWork {
  readonly name: string;
  /** The container whose log and end count. */
  readonly container: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly spec: JsonObject;
  /** What it needs beside it, and what goes with it: Secrets and ConfigMaps, by their names. */
  readonly companions: readonly {
    readonly kind: "ConfigMap" | "Secret";
    readonly name: string;
    readonly fields: JsonObject;
  }[];
  readonly onOutput: (chunk: Uint8Array) => void;
  /** An attempt has failed, and the Job makes another. */
  readonly onRetry: (reason: string) => Promise<void>;
  /** What it waits for. */
  readonly note: (line: string) => void;
}

export type JobOutcome =
  | { readonly kind: "ended"; readonly ended: Ended }
  /** Not by its process: its time was over, its pod could not begin, somebody removed it. */
  | { readonly kind: "failed"; readonly reason: string };

export interface JobRun {
  readonly name: string;
  /** Resolves when nothing of it is at work any more. */
  wait(): Promise<JobOutcome>;
  /** Removes it, and lets its process end by itself for a while. */
  cancel(): void;
  /** Ends its process at once. */
  kill(): void;
}

const LOOK_EVERY_MS = 700;
/** So long a pod may be without its image, or a cluster without an answer. */
const PATIENCE_MS = 120_000;
const LOG_MS = 15_000;

const jobWire = liveWire.extend({
  metadata: liveWire.shape.metadata.extend({ uid: z.string() }),
  status: z
    .looseObject({
      conditions: z
        .array(
          z.looseObject({
            type: z.string(),
            status: z.string(),
            reason: z.string().optional(),
            message: z.string().optional(),
          }),
        )
        .optional(),
    })
    .optional(),
});
type Job = z.output<typeof jobWire>;

/** @throws EsteiraError when the cluster refuses the Job or what it needs; nothing is left of it then. */
export async function startJob(cluster: Cluster, work: JobWork): Promise<JobRun> {
  const { api, namespace } = cluster;
  const { name, labels, annotations } = work;
  const create = async (kind: "Job" | "ConfigMap" | "Secret", own: string, fields: JsonObject, owner?: Job) => {
    const owners = owner && [{ apiVersion: "batch/v1", kind: "Job", name, uid: owner.metadata.uid }];
    const metadata = { name: own, namespace, labels, annotations, ...(owners ? { ownerReferences: owners } : {}) };
    const { text } = await api.call({
      method: "POST",
      path: collectionPath(kind, namespace),
      query: { fieldManager: "esteira", fieldValidation: "Strict" },
      body: { apiVersion: kind === "Job" ? "batch/v1" : "v1", kind, metadata, ...fields },
      about: `${kind} ${own}`,
    });
    return jobWire.parse(JSON.parse(text));
  };
  // It begins when all that it needs is there, and what it needs goes when it goes.
  const job = await create("Job", name, { spec: { ...work.spec, suspend: true } });
  try {
    for (const { kind, name: own, fields } of work.companions) await create(kind, own, fields, job);
    await api.call({
      method: "PATCH",
      path: `${collectionPath("Job", namespace)}/${name}`,
      query: { fieldManager: "esteira" },
      contentType: "application/merge-patch+json",
      body: { spec: { suspend: false } },
      about: `Job ${name}`,
    });
  } catch (error) {
    await cluster.remove("Job", name).catch(() => false);
    throw error;
  }
  return watch(cluster, work);
}

function watch(cluster: Cluster, work: JobWork): JobRun {
  const { name, container } = work;
  let isCancelled = false;
  const followers = new Map<string, Follower>();
  const told = new Set<string>();
  const tellOnce = (line: string): void => {
    if (told.has(line)) return;
    told.add(line);
    work.note(line);
  };

  const follow = async (pods: readonly Pod[]): Promise<void> => {
    for (const pod of pods) {
      const { uid, name: own } = pod.metadata;
      if (!followers.has(uid) && hasStarted(pod, container))
        followers.set(uid, followLog(cluster, own, container, work.onOutput));
      if (endOf(pod, container) === undefined) continue;
      followers.get(uid)?.ended();
      // The next attempt's lines come behind those of this one.
      const isRead = new AbortController();
      const late = sleep(LOG_MS, undefined, { signal: isRead.signal }).catch(() => {});
      await Promise.race([followers.get(uid)?.read, late]);
      isRead.abort();
    }
  };

  const run = async (): Promise<JobOutcome> => {
    let failures = 0;
    let last: Ended | undefined;
    let stuckSince: number | undefined;
    for (;;) {
      const job = await getJob(cluster, name);
      const pods = await jobPods(cluster, name);
      await follow(pods);
      const ends = pods.map((pod) => endOf(pod, container));
      last = ends.findLast((end) => end !== undefined) ?? last;
      if (job === undefined) {
        if (pods.length > 0) {
          await sleep(LOOK_EVERY_MS);
          continue;
        }
        const reason = isCancelled ? "Cancelled." : `Somebody has removed the Job ${name} from the cluster.`;
        return { kind: "failed", reason };
      }
      const over = job.status?.conditions?.find(
        ({ type, status }) => (type === "Complete" || type === "Failed") && status === "True",
      );
      if (over !== undefined) return outcomeOf(over, last);
      const failed = ends.filter((end) => end !== undefined && end.code !== 0);
      const another = pods.length > failures + 1 ? failed[failures] : undefined;
      if (another !== undefined) {
        failures += 1;
        await work.onRetry(endText(another));
      }
      const stuck = await stuckBy(cluster, name, pods, container);
      stuckSince = stuck === undefined ? undefined : (stuckSince ?? performance.now());
      if (stuck !== undefined) {
        tellOnce(`Waiting: ${stuck.why}`);
        if (stuck.isHopeless || (!stuck.mayPass && performance.now() - (stuckSince ?? 0) > PATIENCE_MS)) {
          await cluster.remove("Job", name);
          return { kind: "failed", reason: `The Job ${name} cannot begin: ${stuck.why}.` };
        }
      }
      await sleep(LOOK_EVERY_MS);
    }
  };

  const ended = (async () => {
    try {
      return await patiently(run, () => tellOnce("The cluster does not answer; asking again."));
    } finally {
      for (const follower of followers.values()) follower.stop();
    }
  })();
  ended.catch(() => {});
  return {
    name,
    wait: () => ended,
    cancel() {
      isCancelled = true;
      void removeJob(cluster, name).catch(() => {});
    },
    kill() {
      isCancelled = true;
      void removeJob(cluster, name, 0).catch(() => {});
    },
  };
}

/** A watch begins again where the cluster was not reached; what was seen is known still. */
async function patiently(run: () => Promise<JobOutcome>, tell: () => void): Promise<JobOutcome> {
  let since: number | undefined;
  for (;;) {
    const began = performance.now();
    try {
      return await run();
    } catch (error) {
      const isAway = error instanceof EsteiraError && error.code === "TEMPORARILY_UNAVAILABLE";
      // One that went well for a while is another one.
      if (performance.now() - began > PATIENCE_MS) since = undefined;
      since ??= began;
      if (!isAway || performance.now() - since > PATIENCE_MS) throw error;
      tell();
      await sleep(LOOK_EVERY_MS);
    }
  }
}

async function getJob(cluster: Cluster, name: string): Promise<Job | undefined> {
  const found = await cluster.get("Job", name);
  return found === undefined ? undefined : jobWire.parse(found);
}

function outcomeOf(
  { type, reason, message }: { type: string; reason?: string | undefined; message?: string | undefined },
  last: Ended | undefined,
): JobOutcome {
  if (type === "Failed" && reason === "DeadlineExceeded")
    return { kind: "failed", reason: "The Job took longer than its timeoutSeconds and was ended." };
  if (type === "Complete") return { kind: "ended", ended: { code: 0 } };
  if (last !== undefined && (last.reason !== undefined || last.code !== 0)) return { kind: "ended", ended: last };
  return { kind: "failed", reason: `The Job has failed: ${message ?? reason ?? "it does not say why"}.` };
}

interface Stuck {
  readonly why: string;
  readonly isHopeless: boolean;
  /** A cluster may get another node; who waits for a node waits. */
  readonly mayPass: boolean;
}

/** What keeps a Job from beginning. */
async function stuckBy(
  cluster: Cluster,
  name: string,
  pods: readonly Pod[],
  container: string,
): Promise<Stuck | undefined> {
  const pod = pods.at(-1);
  if (pod === undefined) {
    const why = await refusedPods(cluster, name);
    return why === undefined ? undefined : { why, isHopeless: false, mayPass: false };
  }
  if (hasStarted(pod, container)) return undefined;
  const why = troubleOf(pod);
  if (why === undefined) return undefined;
  const isUnscheduled =
    pod.status?.conditions?.some(({ type, status }) => type === "PodScheduled" && status === "False") ?? false;
  return { why, isHopeless: isHopeless(pod), mayPass: isUnscheduled };
}

const eventsWire = z.looseObject({
  items: z.array(z.looseObject({ reason: z.string().nullish(), message: z.string().nullish() })),
});

/** Why the cluster lets the Job have no pod: a quota, or a security standard that its template does not meet. */
async function refusedPods({ api, namespace }: Cluster, name: string): Promise<string | undefined> {
  try {
    const { text } = await api.call({
      method: "GET",
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`,
      query: { fieldSelector: `involvedObject.kind=Job,involvedObject.name=${name},type=Warning` },
      about: `the events of ${name}`,
    });
    const { reason, message } = eventsWire.parse(JSON.parse(text)).items.at(-1) ?? {};
    return reason === undefined ? undefined : `${reason ?? "Warning"}: ${message ?? ""}`;
  } catch (error) {
    // Who may run Jobs need not be allowed to read events.
    if (isReason(error, 403)) return undefined;
    throw error;
  }
}

/** @param graceSeconds that its processes may take. */
async function removeJob({ api, namespace }: Cluster, name: string, graceSeconds = GRACE_SECONDS): Promise<void> {
  const remove = (path: string, query: Readonly<Record<string, string>>, options: JsonObject) =>
    api
      .call({
        method: "DELETE",
        path,
        query,
        body: { kind: "DeleteOptions", apiVersion: "v1", ...options },
        about: `Job ${name}`,
      })
      .catch((error: unknown) => {
        if (!(error instanceof KubernetesError && error.httpStatus === 404)) throw error;
      });
  await remove(`${collectionPath("Job", namespace)}/${name}`, {}, { propagationPolicy: "Background" });
  const pods = `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`;
  if (graceSeconds === 0)
    await remove(pods, { labelSelector: `batch.kubernetes.io/job-name=${name}` }, { gracePeriodSeconds: 0 });
}

/** The pods of a deployment, and why they do not answer. */

import { EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import type { Reply } from "../target.ts";
import { isReason, KubernetesError } from "./api.ts";
import { type Cluster, selectorOf } from "./cluster.ts";
import { ownLabels, type Part } from "./manifests.ts";

const containerState = z.looseObject({
  waiting: z.looseObject({ reason: z.string().optional(), message: z.string().optional() }).optional(),
  terminated: z
    .looseObject({ reason: z.string().optional(), message: z.string().optional(), exitCode: z.int().optional() })
    .optional(),
});

export const podWire = z.looseObject({
  metadata: z.looseObject({
    name: z.string(),
    uid: z.string(),
    creationTimestamp: z.string(),
    deletionTimestamp: z.string().optional(),
    labels: z.record(z.string(), z.string()).optional(),
  }),
  status: z
    .looseObject({
      phase: z.string().optional(),
      reason: z.string().optional(),
      message: z.string().optional(),
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
      containerStatuses: z
        .array(
          z.looseObject({
            name: z.string().optional(),
            ready: z.boolean().optional(),
            restartCount: z.int(),
            state: containerState.optional(),
            lastState: containerState.optional(),
          }),
        )
        .optional(),
    })
    .optional(),
});
export type Pod = z.output<typeof podWire>;

const eventsWire = z.looseObject({
  items: z.array(
    z.looseObject({
      reason: z.string().nullish(),
      message: z.string().nullish(),
      lastTimestamp: z.string().nullish(),
      eventTime: z.string().nullish(),
    }),
  ),
});

/** A pod answers at once, or is not reached. */
const ASK_MS = 3000;
/** A request of many rows takes longer. */
const SCORE_MS = 30_000;
/** Of its node, which the cluster asks for the log. */
const LOG_MS = 15_000;

/** Those that are not being ended, the youngest first. */
export const podsOf = async (cluster: Cluster, name: string): Promise<readonly Pod[]> =>
  (await allPodsOf(cluster, name)).filter(({ metadata }) => metadata.deletionTimestamp === undefined);

/** Those that still answer what is under way too. */
export async function allPodsOf({ api, namespace }: Cluster, name: string): Promise<readonly Pod[]> {
  const { text } = await api.call({
    method: "GET",
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods`,
    query: { labelSelector: selectorOf(ownLabels(name)) },
    about: `the pods of the deployment ${name}`,
  });
  return z
    .looseObject({ items: z.array(podWire) })
    .parse(JSON.parse(text))
    .items.sort((a, b) => b.metadata.creationTimestamp.localeCompare(a.metadata.creationTimestamp));
}

export const isReady = ({ status }: Pod): boolean =>
  status?.conditions?.some(({ type, status }) => type === "Ready" && status === "True") ?? false;

export const restartsOf = (pods: readonly Pod[]): number =>
  pods
    .flatMap(({ status }) => status?.containerStatuses ?? [])
    .reduce((sum, { restartCount }) => sum + restartCount, 0);

/** What keeps a pod from being ready, in few words; undefined when it is, or nothing is wrong yet. */
export function troubleOf({ metadata, status }: Pod): string | undefined {
  const container = status?.containerStatuses?.[0];
  const unscheduled = status?.conditions?.find(({ type, status }) => type === "PodScheduled" && status === "False");
  const said = (reason: string | undefined, message: string | undefined): string =>
    `pod ${metadata.name}: ${[reason, message].filter((part) => part !== undefined && part !== "").join(": ")}`;
  if (unscheduled !== undefined) return said(unscheduled.reason, unscheduled.message);
  const waiting = container?.state?.waiting;
  const ended = container?.state?.terminated ?? container?.lastState?.terminated;
  if (waiting?.reason !== undefined && waiting.reason !== "ContainerCreating" && waiting.reason !== "PodInitializing") {
    const code =
      ended === undefined ? "" : ` (it ended with code ${ended.exitCode ?? "?"}, ${ended.reason ?? "Error"})`;
    return `${said(waiting.reason, waiting.message)}${code}`;
  }
  if (ended !== undefined) return said(ended.reason, `its process ended with code ${ended.exitCode ?? "?"}`);
  if (status?.phase === "Failed") return said(status.reason ?? "Failed", status.message);
  // The cluster's word against that of the node, which was its last.
  const isSilent = !isReady({ metadata, status }) && status?.containerStatuses?.every(({ ready }) => ready === true);
  if (isSilent === true && container !== undefined) return said("NodeNotReady", "nothing is heard of its node");
  return undefined;
}

/** No time mends these. */
export const isHopeless = ({ status }: Pod): boolean =>
  status?.containerStatuses?.some(({ state }) =>
    ["InvalidImageName", "ErrImageNeverPull"].includes(state?.waiting?.reason ?? ""),
  ) ?? false;

/** The youngest warning of the cluster about an object. */
export async function warningOf({ api, namespace }: Cluster, name: string): Promise<string | undefined> {
  const { text } = await api.call({
    method: "GET",
    path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/events`,
    query: { fieldSelector: `involvedObject.name=${name},type=Warning` },
    about: `the events of ${name}`,
  });
  const at = ({
    lastTimestamp,
    eventTime,
  }: {
    lastTimestamp?: string | null | undefined;
    eventTime?: string | null | undefined;
  }) => lastTimestamp ?? eventTime ?? "";
  const last = eventsWire
    .parse(JSON.parse(text))
    .items.sort((a, b) => at(a).localeCompare(at(b)))
    .at(-1);
  return last === undefined ? undefined : `${last.reason ?? "Warning"}: ${last.message ?? ""}`;
}

/** The last lines of a pod's process; of the one before when it was started again. None where it never ran. */
export async function podLines(
  { api, namespace }: Cluster,
  { metadata }: Pod,
  lines: number,
  isBefore = false,
): Promise<readonly string[]> {
  try {
    const { text } = await api.call({
      method: "GET",
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(metadata.name)}/log`,
      query: {
        container: partOf({ metadata }) === "router" ? "router" : "scorer",
        tailLines: String(lines),
        ...(isBefore ? { previous: "true" } : {}),
      },
      about: `the log of pod ${metadata.name}`,
      onlyMs: LOG_MS,
    });
    return text.split("\n").filter((line) => line !== "");
  } catch (error) {
    // A container that never started has no log, which the cluster calls a bad request.
    if (isReason(error, 400) || isReason(error, 404)) return [];
    throw error;
  }
}

/**
 * What a pod's process answers to a request, whatever that is; undefined when it does not. The cluster asks it on our behalf.
 *
 * @param path below the pod's address, without the slash.
 */
export async function askPod(
  { api, namespace }: Cluster,
  pod: string,
  path: string,
  body?: string,
): Promise<Reply | undefined> {
  try {
    return await api.call({
      method: body === undefined ? "GET" : "POST",
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(`${pod}:8080`)}/proxy/${path}`,
      about: `what pod ${pod} answers`,
      onlyMs: body === undefined ? ASK_MS : SCORE_MS,
      ...(body === undefined ? {} : { body: JSON.parse(body) }),
    });
  } catch (error) {
    // It has just gone, or is not there yet.
    if (error instanceof KubernetesError && [404, 500, 502, 503, 504].includes(error.httpStatus)) return undefined;
    if (error instanceof EsteiraError && error.code === "TEMPORARILY_UNAVAILABLE") return undefined;
    // What the model refuses. The cluster's own refusals are said as such.
    if (error instanceof KubernetesError && error.reason === "" && error.httpStatus === 400)
      return { status: error.httpStatus, text: error.message };
    throw error;
  }
}

/** What a pod is for. */
export const partOf = ({ metadata }: Pick<Pod, "metadata">): Part => {
  const track = metadata.labels?.["esteira.dev/track"];
  return track === "canary" || track === "shadow" || track === "router" ? track : "primary";
};

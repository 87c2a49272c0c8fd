import { setTimeout as sleep } from "node:timers/promises";
import { type Api, kubernetesApi } from "@esteira/deploy/kubernetes/api";
import { clusterAccess } from "@esteira/deploy/kubernetes/kubeconfig";
import { z } from "zod";

const podsWire = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        namespace: z.string(),
        uid: z.string(),
        deletionTimestamp: z.string().optional(),
      }),
      spec: z.object({ containers: z.array(z.object({ name: z.string(), image: z.string() })) }),
      status: z.object({ podIP: z.string().optional(), phase: z.string().optional() }),
    }),
  ),
});
type PodOfNode = z.output<typeof podsWire>["items"][number];

const BEAT_MS = 4000;
/** Each has addresses of its own for its pods. */
let standIns = -1;

/**
 * A node that runs nothing, and says of pods what a kubelet would: an image with `missing` in its name cannot be pulled, the process of one
 * with `crash` ends, others are ready. All else (API, controllers, scheduler) is Kubernetes' own.
 */
export async function startStandInNode(kubeconfig: string, name = "stand-in"): Promise<{ end(): Promise<void> }> {
  const api = kubernetesApi(await clusterAccess({ KUBECONFIG: kubeconfig }), {});
  const capacity = { cpu: "64", memory: "256Gi", pods: "110", "ephemeral-storage": "100Gi" };
  await send(api, "POST", "/api/v1/nodes", {
    apiVersion: "v1",
    kind: "Node",
    metadata: { name, labels: { "kubernetes.io/hostname": name } },
  });
  let beaten = Number.NEGATIVE_INFINITY;
  standIns += 1;
  let address = standIns * 256 + 1;
  const beat = async (): Promise<void> => {
    if (performance.now() - beaten < BEAT_MS) return;
    beaten = performance.now();
    const now = new Date().toISOString();
    const condition = {
      type: "Ready",
      status: "True",
      reason: "KubeletReady",
      message: "it says so",
      lastHeartbeatTime: now,
    };
    await send(api, "PATCH", `/api/v1/nodes/${name}/status`, {
      status: { capacity, allocatable: capacity, conditions: [condition] },
    });
  };
  const stopped = new AbortController();
  const running = (async () => {
    while (!stopped.signal.aborted) {
      try {
        await beat();
        const { text } = await api.call({
          method: "GET",
          path: "/api/v1/pods",
          query: { fieldSelector: `spec.nodeName=${name}` },
          about: "pods",
        });
        for (const pod of podsWire.parse(JSON.parse(text)).items) {
          const path = `/api/v1/namespaces/${pod.metadata.namespace}/pods/${pod.metadata.name}`;
          if (pod.metadata.deletionTimestamp !== undefined) {
            await send(api, "DELETE", path, {
              apiVersion: "v1",
              kind: "DeleteOptions",
              gracePeriodSeconds: 0,
              preconditions: { uid: pod.metadata.uid },
            });
          } else if (pod.status.podIP === undefined) {
            await send(api, "PATCH", `${path}/status`, {
              status: statusOf(pod, `10.244.${address >> 8}.${address & 255}`),
            });
            address += 1;
          }
        }
      } catch {
        // A pod that has gone meanwhile, or a server that is busy: the next round sees it as it is.
      }
      await sleep(200);
    }
  })();
  return {
    async end() {
      stopped.abort();
      await running;
      api.close();
    },
  };
}

function statusOf({ spec }: PodOfNode, podIP: string) {
  const now = new Date().toISOString();
  const image = spec.containers[0]?.image ?? "";
  const ended = { exitCode: 1, reason: "Error", startedAt: now, finishedAt: now };
  const state = image.includes("missing")
    ? {
        restartCount: 0,
        state: { waiting: { reason: "ImagePullBackOff", message: `Back-off pulling image "${image}"` } },
      }
    : image.includes("crash")
      ? {
          restartCount: 3,
          state: { waiting: { reason: "CrashLoopBackOff", message: "back-off restarting failed container" } },
          lastState: { terminated: ended },
        }
      : { restartCount: 0, state: { running: { startedAt: now } } };
  const ready = "running" in state.state;
  const containers = spec.containers.map(({ name }) => ({ ...state, name, image, imageID: "", ready, started: ready }));
  return {
    ...{
      phase: ready ? "Running" : "Pending",
      podIP,
      podIPs: [{ ip: podIP }],
      startTime: now,
      containerStatuses: containers,
    },
    conditions: ["Ready", "ContainersReady", "Initialized"].map((type) => ({
      ...{ type, status: ready || type === "Initialized" ? "True" : "False", lastTransitionTime: now },
    })),
  };
}

const send = (api: Api, method: "POST" | "PATCH" | "DELETE", path: string, body: unknown) =>
  api.call({
    method,
    path,
    body,
    about: path,
    ...(method === "PATCH" ? { contentType: "application/strategic-merge-patch+json" } : {}),
  });

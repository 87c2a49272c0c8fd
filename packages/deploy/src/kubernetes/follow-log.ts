import { setTimeout as sleep } from "node:timers/promises";
import { isReason } from "./api.ts";
import type { Cluster } from "./cluster.ts";

const AGAIN_MS = 500;

/** The log of a container as it is written; `read` resolves when it is complete. */
export interface Follower {
  readonly read: Promise<void>;
  /** Says that the container has ended: what is there is read, and nothing is waited for. */
  ended(): void;
  stop(): void;
}

/**
 * Follows a log. A connection that breaks is made again, and what was read before is passed over; a log that its node has thrown
 * away meanwhile goes on where it is then.
 */
export function followLog(
  { api, namespace }: Cluster,
  pod: string,
  container: string,
  onOutput: (chunk: Uint8Array) => void,
): Follower {
  const stopped = new AbortController();
  let seen = 0;
  let isOver = false;
  const once = async (): Promise<void> => {
    let passed = 0;
    for await (const part of api.stream({
      method: "GET",
      path: `/api/v1/namespaces/${encodeURIComponent(namespace)}/pods/${encodeURIComponent(pod)}/log`,
      query: { container, follow: String(!isOver) },
      about: `the log of pod ${pod}`,
      signal: stopped.signal,
    })) {
      const fresh = part.subarray(Math.max(0, seen - passed));
      passed += part.byteLength;
      if (fresh.byteLength === 0) continue;
      seen = Math.max(seen, passed);
      onOutput(fresh);
    }
  };
  const read = (async () => {
    while (!stopped.signal.aborted) {
      const wasOver = isOver;
      const isRead = await once().then(
        () => true,
        // A pod that is gone has no log; anything else may pass.
        (error: unknown) => isReason(error, 404),
      );
      if (isRead && wasOver) return;
      await sleep(AGAIN_MS, undefined, { signal: stopped.signal }).catch(() => {});
    }
  })();
  return {
    read,
    ended: () => {
      isOver = true;
    },
    stop: () => stopped.abort(new Error("the log is not wanted any more")),
  };
}

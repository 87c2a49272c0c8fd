/**
 * When callers' connections end. A caller that keeps one stays with its server, wherever the name leads by now, and loses a request when the
 * server closes it at the moment of sending. So a server says with an answer that it was the connection's last.
 */

import type { Server } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

export interface ConnectionLimits {
  /** A connection that is older ends with its next answer. */
  readonly ageMs: number;
  /** A server that is to end waits so long, at the most, for callers to be told; not at all where nobody is connected. */
  readonly lingerMs: number;
}

export interface Connections {
  /** Whether the answer that goes out now is to be its connection's last. */
  isLast(socket: Socket | null): boolean;
  /** From now on each answer is. Resolves when no connection is left, or the time is over. */
  drain(): Promise<void>;
}

const LOOK_EVERY_MS = 50;

/** Call before the server listens. */
export function followConnections(server: Server, { ageMs, lingerMs }: ConnectionLimits): Connections {
  const open = new Set<Socket>();
  const old = new WeakSet<Socket>();
  let isDraining = false;
  server.on("connection", (socket: Socket) => {
    open.add(socket);
    const timer = setTimeout(() => old.add(socket), ageMs);
    timer.unref();
    socket.once("close", () => {
      clearTimeout(timer);
      open.delete(socket);
    });
  });
  return {
    isLast: (socket) => isDraining || (socket !== null && old.has(socket)),
    async drain() {
      isDraining = true;
      for (const end = performance.now() + lingerMs; open.size > 0 && performance.now() < end; )
        await sleep(LOOK_EVERY_MS);
    },
  };
}

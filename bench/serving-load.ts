/**
 * The load of bench/serving.ts, a process of its own: as many connections as it is told, each of which asks again as soon as
 * it has its answer, for so many seconds.
 */
import { Agent } from "node:http";
import { send } from "./call.ts";

export interface LoadOrder {
  readonly url: string;
  readonly connections: number;
  readonly seconds: number;
  readonly bodies: readonly object[];
}

export interface LoadFound {
  /** Answered a second. */
  readonly rate: number;
  /** Milliseconds from sending to the last byte. */
  readonly p50: number;
  readonly p99: number;
}

async function load({ url, connections, seconds, bodies }: LoadOrder): Promise<LoadFound> {
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  const took: number[] = [];
  const began = performance.now();
  const end = began + seconds * 1000;
  let next = 0;
  const drive = async () => {
    while (performance.now() < end) {
      const sent = performance.now();
      await send(agent, url, { method: "POST", path: "/invocations", body: bodies[next++ % bodies.length] ?? {} });
      took.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: connections }, drive));
  const spent = (performance.now() - began) / 1000;
  agent.destroy();
  took.sort((a, b) => a - b);
  const at = (share: number): number => took[Math.floor(took.length * share)] ?? Number.NaN;
  return { rate: took.length / spent, p50: at(0.5), p99: at(0.99) };
}

process.once("message", (order: LoadOrder) => {
  void load(order).then((found) => process.send?.(found, () => process.disconnect()));
});

/**
 * The load of bench/scoring.ts and bench/decision.ts, a process of its own: POSTs bodies at a fixed rate, whatever the
 * answers take, and tells its parent how long each took. A request that is due while others are still under way is sent all
 * the same.
 */

import { Agent, request } from "node:http";

interface Order {
  readonly port: number;
  readonly path: string;
  readonly rate: number;
  readonly seconds: number;
  readonly bodies: readonly string[];
}

/** Milliseconds of each answered request, and what went wrong. */
export interface LoadReport {
  /** From sending to the last byte. */
  readonly took: readonly number[];
  /** From the instant it was due to the last byte: waiting for our own turn counts. */
  readonly sinceDue: readonly number[];
  readonly failed: number;
  readonly seconds: number;
}

function post(agent: Agent, port: number, path: string, body: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const sent = request(
      {
        agent,
        host: "127.0.0.1",
        port,
        path,
        method: "POST",
        headers: { "content-type": "application/json", "content-length": Buffer.byteLength(body) },
      },
      (response) => {
        response.resume();
        response.on("end", () =>
          response.statusCode === 200 ? resolve() : reject(new Error(`status ${response.statusCode}`)),
        );
      },
    );
    sent.on("error", reject);
    sent.end(body);
  });
}

async function load({ port, path, rate, seconds, bodies }: Order): Promise<LoadReport> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const took: number[] = [];
  const sinceDue: number[] = [];
  const pending = new Set<Promise<void>>();
  let failed = 0;
  const total = rate * seconds;
  const start = performance.now();
  for (let next = 0; next < total; ) {
    for (; next < total && performance.now() >= start + (next * 1000) / rate; next++) {
      const due = start + (next * 1000) / rate;
      const sent = performance.now();
      const one = post(agent, port, path, bodies[next % bodies.length]!)
        .then(() => {
          const now = performance.now();
          took.push(now - sent);
          sinceDue.push(now - due);
        })
        .catch(() => {
          failed++;
        })
        .finally(() => pending.delete(one));
      pending.add(one);
    }
    // A timer would wake a millisecond late, and the requests with it.
    await new Promise((resolve) => setImmediate(resolve));
  }
  await Promise.all(pending);
  agent.destroy();
  return { took, sinceDue, failed, seconds: (performance.now() - start) / 1000 };
}

process.on("message", (order: Order) => {
  void load(order).then((report) => process.send?.(report, () => process.disconnect()));
});

/**
 * The load of bench/serving.ts, a process of its own: as many connections as it is told, each of which asks again as soon as
 * it has its answer, for so many seconds. Ends with an error when a request fails.
 */
import { Connection, toRequest } from "./kept-connection.ts";

export interface LoadOrder {
  readonly port: number;
  readonly connections: number;
  readonly seconds: number;
  readonly bodies: readonly string[];
}

export interface LoadFound {
  /** Answered a second. */
  readonly rate: number;
  /** Milliseconds from sending to the last byte. */
  readonly p50: number;
  readonly p99: number;
}

async function load({ port, connections, seconds, bodies }: LoadOrder): Promise<LoadFound> {
  const requests = bodies.map((body) => toRequest(port, "/invocations", body));
  const took: number[] = [];
  const began = performance.now();
  const end = began + seconds * 1000;
  let next = 0;
  const drive = (): Promise<void> =>
    new Promise((resolve, reject) => {
      let sent = performance.now();
      const ask = (): void => {
        sent = performance.now();
        connection.send(requests[next++ % requests.length]!);
      };
      const connection = new Connection(port, (_, isGood) => {
        if (!isGood) return reject(new Error("A request failed."));
        took.push(performance.now() - sent);
        if (performance.now() < end) return ask();
        connection.close();
        resolve();
      });
      ask();
    });
  await Promise.all(Array.from({ length: connections }, drive));
  const spent = (performance.now() - began) / 1000;
  took.sort((a, b) => a - b);
  const at = (share: number): number => took[Math.floor(took.length * share)] ?? Number.NaN;
  return { rate: took.length / spent, p50: at(0.5), p99: at(0.99) };
}

process.once("message", (order: LoadOrder) => {
  void load(order).then((found) => process.send?.(found, () => process.disconnect()));
});

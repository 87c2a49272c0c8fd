/**
 * The load of bench/scoring.ts and bench/decision.ts, a process of its own: POSTs bodies at a fixed rate, whatever the
 * answers take, and tells its parent how long each took. A request that is due while others are still under way is sent all
 * the same.
 *
 * It speaks HTTP/1.1 itself, over kept sockets and buffers that are made before the clock starts: with Node's client, the
 * load's own garbage collections were most of the slowest answers that it measured.
 */
import { Connection, toRequest } from "./kept-connection.ts";

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

const SOCKETS = 64;

function load({ port, path, rate, seconds, bodies }: Order): Promise<LoadReport> {
  const requests = bodies.map((body) => toRequest(port, path, body));
  const total = rate * seconds;
  const took = new Float64Array(total);
  const sinceDue = new Float64Array(total);
  const sentAt = new Float64Array(total);
  const idle: Connection[] = [];
  const all: Connection[] = [];
  const underWay = new Map<Connection, number>();
  /** Due, while every connection was busy. */
  const waiting: number[] = [];
  let [next, answered, failed] = [0, 0, 0];
  const start = performance.now();
  const due = (index: number) => start + (index * 1000) / rate;

  const give = (connection: Connection, index: number): void => {
    underWay.set(connection, index);
    sentAt[index] = performance.now();
    connection.send(requests[index % requests.length]!);
  };
  const done = (connection: Connection, isGood: boolean): void => {
    const index = underWay.get(connection)!;
    underWay.delete(connection);
    if (isGood) {
      const now = performance.now();
      took[answered] = now - sentAt[index]!;
      sinceDue[answered++] = now - due(index);
      const waiter = waiting.shift();
      if (waiter === undefined) idle.push(connection);
      else give(connection, waiter);
    } else {
      failed++;
      all.splice(all.indexOf(connection), 1);
      connection.close();
      const waiter = waiting.shift();
      if (waiter !== undefined) give(open(), waiter);
    }
  };
  const open = (): Connection => {
    const connection = new Connection(port, done);
    all.push(connection);
    return connection;
  };

  const usable = (): Connection | undefined => {
    for (let connection = idle.pop(); connection !== undefined; connection = idle.pop()) {
      if (connection.isOpen) return connection;
      all.splice(all.indexOf(connection), 1);
    }
    return all.length < SOCKETS ? open() : undefined;
  };

  return new Promise((resolve) => {
    // A timer would wake a millisecond late, and the requests with it.
    const turn = (): void => {
      for (; next < total && performance.now() >= due(next); next++) {
        const connection = usable();
        if (connection === undefined) waiting.push(next);
        else give(connection, next);
      }
      if (answered + failed < total) {
        setImmediate(turn);
        return;
      }
      for (const connection of all) connection.close();
      resolve({
        took: Array.from(took.subarray(0, answered)),
        sinceDue: Array.from(sinceDue.subarray(0, answered)),
        failed,
        seconds: (performance.now() - start) / 1000,
      });
    };
    turn();
  });
}

process.on("message", (order: Order) => {
  void load(order).then((report) => process.send?.(report, () => process.disconnect()));
});

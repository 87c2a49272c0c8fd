import { setTimeout as sleep } from "node:timers/promises";
import { Overtaken } from "../database/errors.ts";
import type { DatabaseMeter } from "../database/meter.ts";
import type { Session } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import { explainPostgresError, isCollision, isConnectionLost, isUnprepared } from "./errors.ts";

const MOST_COLLISIONS = 10;
/** How long a request waits for a server that restarts. */
const PATIENCE_MS = 10_000;
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;

/**
 * A session over a pool of connections: each work is a transaction of its own on one of them. Work that another
 * transaction has pushed aside runs again; so does work whose connection was lost, unless its COMMIT was already under
 * way, for nobody knows then whether it was done.
 */
export function postgresSession(name: string, db: Database, meter?: DatabaseMeter): Session {
  const read: Session["read"] = (work) =>
    again(name, async () =>
      db.transaction().setIsolationLevel("repeatable read").setAccessMode("read only").execute(work),
    );
  const write: Session["write"] = (work) =>
    again(name, async (commits) => {
      const begun = performance.now();
      const result = await db
        .transaction()
        .setIsolationLevel("read committed")
        .execute(async (transaction) => {
          const value = await work(transaction);
          commits();
          return value;
        });
      meter?.committed(1, (performance.now() - begun) / 1000);
      return result;
    });
  return {
    read,
    readOnce: (work) => again(name, () => work(db)),
    // The server does the work.
    scan: read,
    write,
    // Its clients write at the same time, each in a transaction of its own.
    writeShared: (work) => write((transaction) => work.alone(transaction)),
    close: () => db.destroy(),
  };
}

async function again<T>(name: string, attempt: (commits: () => void) => Promise<T>): Promise<T> {
  const deadline = performance.now() + PATIENCE_MS;
  let pause = FIRST_PAUSE_MS;
  for (let collisions = 0; ; ) {
    let committing = false;
    try {
      return await attempt(() => {
        committing = true;
      });
    } catch (error) {
      if (isCollision(error) || isUnprepared(error) || error instanceof Overtaken) {
        collisions += 1;
        if (collisions > MOST_COLLISIONS) throw explainPostgresError(error, name);
        await sleep(Math.random() * 5 * collisions);
      } else if (isConnectionLost(error) && !committing && performance.now() < deadline) {
        await sleep(pause * (0.5 + Math.random()));
        pause = Math.min(LONGEST_PAUSE_MS, pause * 2);
      } else {
        throw explainPostgresError(error, name);
      }
    }
  }
}

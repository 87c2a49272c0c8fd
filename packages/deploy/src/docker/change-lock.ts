/**
 * One change of a deployment at a time, whoever makes it: a container of a fixed name, which lives while its maker holds the connection to
 * its standard input. When the maker is killed, on whatever machine, the engine closes the input, and the container ends and is removed.
 */

import type { Duplex } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import type { ContainerCalls } from "./container-calls.ts";
import { NAMES } from "./containers.ts";
import { type Engine, isTaken } from "./engine.ts";
import type { EngineImage } from "./images.ts";
import { lockSpec } from "./specs.ts";

const TRY_EVERY_MS = 200;
/** Between making a lock and holding it there is no more than this. */
const BEGINNING_MS = 30_000;
const GONE_LOOKS = 100;

export interface LockOptions {
  readonly engine: Engine;
  readonly calls: ContainerCalls;
  readonly name: string;
  /** Of any of our images, which has what the lock runs by. */
  readonly image: EngineImage;
  /** How long another change may take until this one gives up. */
  readonly waitMs: number;
  readonly signal: AbortSignal | undefined;
}

/**
 * Does the work alone. Its signal is aborted when the lock is lost, which happens when somebody removes its container.
 *
 * @throws EsteiraError TEMPORARILY_UNAVAILABLE when another change takes too long.
 */
export async function alone<T>(
  options: LockOptions,
  work: (lock: { readonly signal: AbortSignal; readonly isLost: () => boolean }) => Promise<T>,
): Promise<T> {
  const { calls, name, signal } = options;
  const { id, input } = await taken(options);
  const lost = new AbortController();
  const lose = () =>
    lost.abort(
      new EsteiraError(
        "TEMPORARILY_UNAVAILABLE",
        `The lock of the deployment ${name} was taken away in the middle of a change: deploy it again.`,
      ),
    );
  input.on("close", lose);
  try {
    const either = signal === undefined ? lost.signal : AbortSignal.any([signal, lost.signal]);
    return await work({ signal: either, isLost: () => lost.signal.aborted });
  } finally {
    input.off("close", lose);
    input.destroy();
    await calls.discard(id, 0);
    // The engine removes it, and may take a moment.
    for (let looks = 0; looks < GONE_LOOKS; looks++) {
      if (!(await calls.find(name)).locks.some((lock) => lock.id === id)) break;
      await sleep(50);
    }
  }
}

async function taken(options: LockOptions): Promise<{ readonly id: string; readonly input: Duplex }> {
  const { engine, calls, name, image, waitMs, signal } = options;
  for (const deadline = performance.now() + waitMs; ; await sleep(TRY_EVERY_MS, undefined, { signal })) {
    const id = await calls
      .create(NAMES.lock(name), lockSpec(name, image.id, image.node))
      .catch(async (error: unknown) => {
        if (!isTaken(error)) throw error;
        await dropDead(calls, name);
        return undefined;
      });
    if (id !== undefined) return hold(engine, calls, id);
    if (performance.now() > deadline) {
      throw new EsteiraError(
        "TEMPORARILY_UNAVAILABLE",
        `Somebody else is changing the deployment ${name}: try again later.`,
      );
    }
  }
}

async function hold(
  engine: Engine,
  calls: ContainerCalls,
  id: string,
): Promise<{ readonly id: string; readonly input: Duplex }> {
  try {
    const query = { stream: "1", stdin: "1" };
    const call = { method: "POST", path: `/containers/${id}/attach`, query, doing: "hold a lock" } as const;
    const input = await engine.connection(call);
    input.on("error", () => {});
    input.resume();
    await calls.start(id, "take the lock of a deployment");
    return { id, input };
  } catch (error) {
    await calls.discard(id, 0);
    throw error;
  }
}

/** Its maker has ended, and the engine did not remove it: the machine went down, or it never began. */
async function dropDead(calls: ContainerCalls, name: string): Promise<void> {
  for (const { id, isRunning, isNew, createdAt } of (await calls.find(name)).locks) {
    if (isRunning || (isNew && Date.now() - createdAt < BEGINNING_MS)) continue;
    await calls.discard(id, 0);
  }
}

/** One change at a time of a deployment, among all who may deploy: the holder's name stands in its state for as long as he renews it. */

import { randomUUID } from "node:crypto";
import { hostname, userInfo } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import type { Cluster } from "./cluster.ts";
import { NOTHING, Overtaken, readState, type State, writeState } from "./state.ts";

const HELD_MS = 30_000;
const RENEW_MS = 8_000;
const TRY_EVERY_MS = 1000;

export interface Lease {
  /** As it was when the lease began, without a holder. */
  readonly before: State;
  /** Writes the state and stays the holder. */
  write(state: State): Promise<void>;
  /** Says that the holder is still there; often called, it seldom writes. Throws when somebody else has taken over. */
  renew(): Promise<void>;
  /** Writes the state, and holds it no longer. */
  release(state: State): Promise<void>;
  /** As it was last written. */
  now(): State;
}

/**
 * Waits for another holder as long as a dead one would hold it.
 *
 * @throws EsteiraError INVALID_STATE for a change that is older than the newest, TEMPORARILY_UNAVAILABLE when somebody else is at work.
 */
export async function takeLease(
  cluster: Cluster,
  name: string,
  order: number | undefined,
  signal: AbortSignal | undefined,
): Promise<Lease> {
  const id = randomUUID();
  const who = `${userInfo().username} at ${hostname()}`;
  for (const deadline = performance.now() + HELD_MS + TRY_EVERY_MS; ; await sleep(TRY_EVERY_MS)) {
    signal?.throwIfAborted();
    const kept = await readState(cluster, name);
    const { holder, ...before } = kept?.state ?? NOTHING;
    const own = order ?? before.order;
    if (own < before.order) {
      throw new EsteiraError(
        "INVALID_STATE",
        `Change ${own} of the deployment ${name} comes after change ${before.order}, which is newer: it is not made.`,
      );
    }
    if (holder !== undefined && holder.until > (kept?.at ?? 0)) {
      if (performance.now() > deadline) throw new Overtaken(name, holder.who);
      continue;
    }
    let state: State = { ...before, order: own };
    let renewed = performance.now();
    const held = (at: number) => ({ id, who, until: at + HELD_MS });
    // The first write has the cluster's clock from the read; without one, from ours, which the next renewal corrects.
    let clock = { at: kept?.at ?? Date.now(), ours: performance.now() };
    const at = () => clock.at + (performance.now() - clock.ours);
    let version = (await writeState(cluster, name, { ...state, holder: held(at()) }, kept?.resourceVersion))
      .resourceVersion;
    const write = async (next: State, isHeld: boolean): Promise<void> => {
      const { holder: _, ...rest } = next;
      const body = isHeld ? { ...rest, holder: held(at()) } : rest;
      version = (await writeState(cluster, name, body, version)).resourceVersion;
      state = rest;
      renewed = performance.now();
    };
    return {
      before,
      write: (next) => write(next, true),
      release: (next) => write(next, false),
      now: () => state,
      async renew() {
        if (performance.now() - renewed < RENEW_MS) return;
        const again = await readState(cluster, name);
        if (again?.state.holder?.id !== id) throw new Overtaken(name, again?.state.holder?.who);
        clock = { at: again.at, ours: performance.now() };
        version = again.resourceVersion;
        await write(state, true);
      },
    };
  }
}

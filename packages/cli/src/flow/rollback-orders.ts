import { setTimeout as sleep } from "node:timers/promises";
import type { OrderClaim } from "@esteira/core/entities/deployment";
import { EsteiraError } from "@esteira/core/errors";
import type { Target } from "@esteira/deploy/target";
import { armsOf, type TargetPlace, telling } from "../told-deployments.ts";
import type { RunnerOptions } from "./runner.ts";

const LOOK_EVERY_MS = 1000;

/**
 * Brings rollbacks about that people ask for in the registry, until `signal` is aborted, and says by that where this runner works. Beside
 * the steps of flows: who rolls back does not wait for an evaluation.
 */
export async function workOnOrders(options: Omit<RunnerOptions, "signal"> & { readonly signal: AbortSignal }) {
  const { client, places, name, note, signal } = options;
  let trouble: string | undefined;
  while (!signal.aborted) {
    try {
      const claim = await client.deployments.claim(name, [...places.values()]);
      trouble = undefined;
      if (claim !== undefined) await bringAbout(claim, options);
    } catch (error) {
      const said = messageOf(error);
      if (said !== trouble && !signal.aborted) note(`The server cannot be asked for rollbacks: ${said}`);
      trouble = said;
    }
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => {});
  }
}

async function bringAbout(claim: OrderClaim, options: Omit<RunnerOptions, "key">): Promise<void> {
  const { client, targets, places, env, note, signal } = options;
  const { deployment, order } = claim;
  const at: TargetPlace = { target: deployment.target, place: deployment.place };
  const target = [...places].find(([, place]) => place.target === at.target && place.place === at.place)?.[0];
  const found = target === undefined ? undefined : targets.get(target);
  if (found === undefined) return;
  const reason = `asked for by ${order.askedBy}${order.reason === "" ? "" : `: ${order.reason}`}`;
  const told = telling(found, { at, client: () => client, env, note, reason });
  const what = `rollback ${order.id} of ${deployment.name}`;
  try {
    const said = await goBack(claim, told, env, signal);
    await client.deployments.settle(claim, "done", said);
    note(`${what}: ${said}`);
  } catch (error) {
    // Whoever takes it next sees how far it went.
    if (signal.aborted) return;
    await client.deployments.settle(claim, "failed", messageOf(error));
    note(`${what}: ${messageOf(error)}`);
  }
}

/** Once, however often it is tried: what has changed since it was asked for is either this very rollback, or another's change. */
async function goBack(
  { deployment, order }: OrderClaim,
  target: Target,
  env: RunnerOptions["env"],
  signal: AbortSignal,
): Promise<string> {
  const { name, former } = deployment;
  const status = await target.status(name);
  if (status === undefined) throw new EsteiraError("INVALID_STATE", `${name} is not deployed there any more.`);
  if (status.generation === order.generation) {
    const { wanted } = await target.rollback(name, { order: order.id, signal });
    return `serves ${armsOf(env, wanted)[0]?.uri ?? wanted.model} again`;
  }
  const served = armsOf(env, status.wanted);
  if (former !== undefined && JSON.stringify(served) === JSON.stringify(former)) {
    await target.apply(status.wanted, { order: order.id, signal });
    return `serves ${served[0]?.uri ?? ""} again`;
  }
  throw new EsteiraError(
    "INVALID_STATE",
    `${name} was changed after the rollback was asked for: it serves ${served[0]?.uri ?? "nothing"} by now.`,
  );
}

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

import { hostname, userInfo } from "node:os";
import { type Arm, type ChangeKind, versionOfUri } from "@esteira/core/entities/deployment";
import { EsteiraError } from "@esteira/core/errors";
import type { DeploymentStatus, Target } from "@esteira/deploy/target";
import type { Wanted } from "@esteira/deploy/wanted";
import type { Client } from "@esteira/sdk/client";
import type { Terminal } from "./command.ts";
import { heldUri } from "./deployed-models.ts";
import { deploymentsRoot } from "./deployments-root.ts";

/** Where a target is, in words that tell it from others of its kind. */
export interface TargetPlace {
  readonly target: string;
  readonly place: string;
}

export interface Telling {
  /** Asked for when there is something to tell, where it takes asking. */
  readonly at: TargetPlace | (() => Promise<TargetPlace>);
  /** Asked for when there is something to tell: where there is no server, one deploys all the same. */
  readonly client: () => Client;
  readonly env: Terminal["env"];
  readonly note: (line: string) => void;
  /** The flow whose step deploys. */
  readonly flow?: number;
  /** Why it is rolled back. */
  readonly reason?: string;
}

/** Processes of this user on this machine. */
export function localPlace(env: Terminal["env"]): TargetPlace {
  const at = `${userName(env)}@${hostname()}`;
  // Somebody who keeps deployments apart has several of one name.
  return { target: "local", place: env.ESTEIRA_DEPLOYMENTS ? `${at}:${deploymentsRoot(env)}` : at };
}

function userName(env: Terminal["env"]): string {
  try {
    return userInfo().username;
  } catch {
    // A container's user need not have a name.
    return env.USER || "somebody";
  }
}

/**
 * A target whose changes the registry's server is told of, so that others see what serves a version. A server that cannot be told
 * is noted, and nothing else: what was deployed is deployed. Folders are nobody's version, and are not told.
 */
export function telling<T extends Target>(target: T, told: Telling): T {
  const { at, client, env, note, flow, reason } = told;
  const tell = async (kind: ChangeKind, wanted: Wanted, more: Partial<DeploymentStatus>, why?: string) => {
    const arms = armsOf(env, wanted);
    const served = versionOfUri(arms[0]?.uri ?? "");
    if (served === undefined) return;
    try {
      const place = typeof at === "function" ? await at() : at;
      await client().deployments.record({
        ...{ ...place, kind, model: served.name, version: served.version, name: wanted.name, arms },
        ...(more.former === undefined ? {} : { former: armsOf(env, more.former) }),
        ...{ url: more.url, generation: more.generation, flow, note: why },
      });
    } catch (error) {
      const message = error instanceof Error ? error.message : String(error);
      note(`The registry's server was not told what ${wanted.name} serves: ${message}`);
    }
  };
  return {
    ...target,
    async apply(wanted, options) {
      try {
        const status = await target.apply(wanted, options);
        await tell("applied", status.wanted, status);
        return status;
      } catch (error) {
        // Others are whoever deploys' own: an older change, an interruption, a target that does not answer.
        if (error instanceof EsteiraError && error.code === "INVALID_PARAMETER_VALUE")
          await tell("failed", wanted, {}, error.message);
        throw error;
      }
    },
    async rollback(name, options) {
      const status = await target.rollback(name, options);
      await tell("rolled-back", status.wanted, status, reason);
      return status;
    },
    async remove(name, options) {
      const before = await target.status(name).catch(() => undefined);
      const was = await target.remove(name, options);
      if (was && before !== undefined) await tell("removed", before.wanted, {});
      return was;
    },
  };
}

/** What is wanted, as others know it: files of a version on this machine are that version. */
export function armsOf(env: Terminal["env"], { model, image, canary, shadow, shadowImage }: Wanted): readonly Arm[] {
  const arm = (role: Arm["role"], uri: string, from: string | undefined, share?: number): Arm => ({
    ...{ role, uri: heldUri(env, uri) ?? uri },
    ...(share === undefined ? {} : { share }),
    ...(from === undefined ? {} : { image: from }),
  });
  return [
    arm("primary", model, image, 1 - (canary?.share ?? 0)),
    ...(canary === undefined ? [] : [arm("canary", canary.model, canary.image, canary.share)]),
    ...(shadow === undefined ? [] : [arm("shadow", shadow, shadowImage)]),
  ];
}

import { setTimeout as sleep } from "node:timers/promises";
import { EsteiraError } from "@esteira/core/errors";
import type { DeploymentStatus, Target } from "@esteira/deploy/target";
import type { Wanted } from "@esteira/deploy/wanted";
import { type CanaryLimits, nextMove } from "./move.ts";

const LOOK_EVERY_MS = 2000;

/** How a canary ended, and why. */
export interface CanaryOutcome {
  readonly isPromoted: boolean;
  readonly reason: string;
  readonly status: DeploymentStatus;
}

/**
 * Deploys a canary at its first share and watches it until it answers all, or is taken back. Whoever is stopped leaves it as it is.
 *
 * @param wanted with the canary; it is the shadow too, so that the two versions are compared on the same requests.
 * @throws EsteiraError INVALID_STATE when somebody else has changed the deployment meanwhile.
 */
export async function runCanary(
  target: Target,
  wanted: Wanted,
  limits: CanaryLimits,
  { signal, note }: { readonly signal: AbortSignal; readonly note: (line: string) => void },
): Promise<CanaryOutcome> {
  let status = await target.apply(wanted, { signal });
  let said = "";
  const tell = (line: string): void => {
    if (line !== said) note(line);
    said = line;
  };
  for (;;) {
    await sleep(LOOK_EVERY_MS, undefined, { signal }).catch(() => signal.throwIfAborted());
    const now = await target.status(wanted.name);
    if (now === undefined || now.generation !== status.generation)
      throw new EsteiraError(
        "INVALID_STATE",
        `The deployment ${wanted.name} was changed by somebody else while its canary was watched: look at it (esteira deploy status), and begin again.`,
      );
    const figures = await target.observe(wanted.name);
    if (figures?.generation !== status.generation) {
      tell(`${wanted.name} does not say yet how its canary does`);
      continue;
    }
    const move = nextMove(limits, status.wanted, { ...figures, restarts: now.restarts });
    if (move.kind === "wait") {
      tell(move.reason);
      continue;
    }
    const share = move.wanted.canary?.share;
    note(
      `${move.reason}: ${share === undefined ? `${move.wanted.model} answers all` : `${share * 100} % from now on`}`,
    );
    status = await target.apply(move.wanted, { signal });
    if (move.kind !== "grow") return { isPromoted: move.kind === "promote", reason: move.reason, status };
  }
}

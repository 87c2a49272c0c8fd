/** A canary that the command which deploys it watches to its end. */

import { invalid } from "@esteira/core/errors";
import type { Target } from "@esteira/deploy/target";
import type { Wanted } from "@esteira/deploy/wanted";
import type { Terminal, Values } from "../command.ts";
import { shownDeployment } from "../deployments.ts";
import { canaryLimits } from "./canary-options.ts";
import type { CanaryLimits } from "./move.ts";

/** As a gate ends that was not passed. */
const TAKEN_BACK = 3;

export interface WatchedCanary {
  /** With the canary as its own shadow, so that the two versions are compared on the same requests. */
  readonly wanted: Wanted;
  readonly limits: CanaryLimits;
}

/** Undefined where nothing is to be watched, as with --dry-run. @throws EsteiraError for options that do not go together */
export async function watchedCanary(values: Values, wanted: Wanted): Promise<WatchedCanary | undefined> {
  const { canary } = wanted;
  const limits = await canaryLimits(values, canary?.share ?? 1);
  if (limits === undefined) return undefined;
  if (canary === undefined) throw invalid("--steps and --dwell are a canary's: say --canary.");
  if (wanted.shadow !== undefined)
    throw invalid("A canary that is watched is the shadow too, so that both answer the same: leave --shadow out.");
  if (values.dryRun === true || values.export !== undefined) return undefined;
  const { model: shadow, image: shadowImage } = canary;
  return { wanted: { ...wanted, shadow, ...(shadowImage === undefined ? {} : { shadowImage }) }, limits };
}

/** Deploys the canary and watches it until it answers all (0) or is taken back (3). */
export async function watchCanary(
  target: Target,
  { wanted, limits }: WatchedCanary,
  terminal: Terminal,
  signal: AbortSignal,
): Promise<number> {
  const { runCanary } = await import("./run-canary.ts");
  const { isPromoted, status } = await runCanary(target, wanted, limits, { signal, note: terminal.note });
  terminal.out(shownDeployment(status));
  return isPromoted ? 0 : TAKEN_BACK;
}

/** Whether a model is to be trained anew, and what has come of it. Pure. */

import type { Alert } from "../alerts/alert.ts";
import { DEFAULTS } from "../file/monitor-file.ts";
import type { RetrainPlan } from "../file/retrain.ts";
import type { Cause, Retraining, Retrainings } from "./retraining.ts";

/** One whose process is killed is begun again, so often in all. */
const MOST_ATTEMPTS = 3;

/**
 * The retraining to do now: the one that a killed process has left, or a new one for causes that have started none yet; undefined where there is
 * nothing to do. An alert that fires for the second time is another cause. Failed retrainings are not repeated: they are told.
 */
export function dueRetraining(
  plan: RetrainPlan,
  { all, since }: Retrainings,
  alerts: readonly Alert[],
  now: number,
): Retraining | undefined {
  const last = all.at(-1);
  if (last !== undefined && last.endedAt === null)
    return last.attempts < MOST_ATTEMPTS ? { ...last, attempts: last.attempts + 1 } : failed(last, GIVEN_UP, now);
  const served = new Set(all.flatMap(({ causes }) => causes.map(({ id }) => id)));
  const isCool = last === undefined || now - last.endedAt! >= (plan.cooldown ?? DEFAULTS.cooldown);
  const causes = [...(isCool ? firing(plan, alerts) : []), ...calendar(plan, last?.begunAt ?? since, now)].filter(
    ({ id }) => !served.has(id),
  );
  if (causes.length === 0) return undefined;
  const nothing = { run: null, version: null, flow: null, failure: null };
  return { causes, begunAt: now, attempts: 1, endedAt: null, ...nothing };
}

const GIVEN_UP = `it was begun ${MOST_ATTEMPTS} times, and its process ended each time before it was done`;

function firing({ on = [] }: RetrainPlan, alerts: readonly Alert[]): readonly Cause[] {
  return alerts
    .filter(({ phase, rule, cause }) => phase === "firing" && cause === "breach" && on.includes(rule))
    .map(({ fingerprint, firedAt, rule, labels, since }) => ({
      ...{ kind: "alert", id: `${fingerprint}-${firedAt}`, rule, labels, since },
    }));
}

function calendar({ every }: RetrainPlan, last: number, now: number): readonly Cause[] {
  if (every === undefined || now - last < every) return [];
  return [{ kind: "calendar", id: `calendar-${last + every}` }];
}

export const failed = (retraining: Retraining, failure: string, now: number): Retraining => ({
  ...retraining,
  ...{ failure, endedAt: now },
});

/** With this retraining as the newest: in place of the same one as it was before, or after all others. */
export function withRetraining(retrainings: Retrainings, one: Retraining): Retrainings {
  const others = retrainings.all.filter(({ begunAt }) => begunAt !== one.begunAt);
  return { ...retrainings, all: [...others, one] };
}

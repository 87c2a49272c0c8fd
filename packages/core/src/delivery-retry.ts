import type { AttemptOutcome } from "./webhook-store.ts";

/** What a receiver of a delivery has answered over HTTP. */
export interface Answer {
  readonly status: number;
  /** At most 64 KiB of it. */
  readonly body: string;
  /** Seconds that the receiver asks to wait, from its Retry-After. */
  readonly retryAfter?: number;
}

export interface RetryPlan {
  /** Attempts in all. */
  readonly attempts: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

/** Ten attempts over about a day: a receiver that is down for a night loses nothing. */
export const STANDARD_RETRIES: RetryPlan = { attempts: 10, firstDelayMs: 1000, longestDelayMs: 6 * 3_600_000 };

const GROWTH = 4;

/**
 * What an attempt means. 2xx is delivered; everything else is tried again after a growing delay, with up to a quarter
 * more of it by chance so that receivers are not hit in step, or after what the receiver asked for if that is longer.
 * `attempts` counts this one; `random` is in [0, 1).
 */
export function outcomeOf(
  result: Answer | Error,
  attempts: number,
  now: number,
  random: number,
  plan: RetryPlan = STANDARD_RETRIES,
): AttemptOutcome {
  if (!(result instanceof Error) && result.status >= 200 && result.status < 300) {
    return { responseStatus: result.status };
  }
  const failure =
    result instanceof Error
      ? { error: result.message }
      : { error: `HTTP ${result.status}: ${result.body.slice(0, 500)}`, responseStatus: result.status };
  if (attempts >= plan.attempts) return failure;
  const grown = Math.min(plan.longestDelayMs, plan.firstDelayMs * GROWTH ** (attempts - 1));
  const asked = result instanceof Error ? 0 : (result.retryAfter ?? 0) * 1000;
  return { ...failure, retryAt: Math.round(now + Math.max(asked, grown * (1 + random / 4))) };
}

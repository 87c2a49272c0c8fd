/** How a call that is safe to repeat is repeated. */
export interface RetryPolicy {
  /** Attempts after the first. */
  readonly retries: number;
  readonly firstDelayMs: number;
  readonly longestDelayMs: number;
}

export const STANDARD_RETRY: RetryPolicy = { retries: 5, firstDelayMs: 200, longestDelayMs: 10_000 };

/** POSTs that set a state or only read: done twice they are the same as done once. */
const REPEATABLE_POSTS = new Set([
  "experiments/search",
  "experiments/set-experiment-tag",
  "experiments/update",
  "logged-models/search",
  "model-versions/set-tag",
  "model-versions/transition-stage",
  "registered-models/alias",
  "registered-models/get-latest-versions",
  "registered-models/set-tag",
  "runs/columns",
  "runs/log-batch",
  "runs/log-inputs",
  "runs/outputs",
  "runs/search",
  "runs/set-tag",
  "runs/update",
]);

/** Whether a call may be done again when nobody knows whether it was done: what makes or deletes something may not. */
export const isRepeatable = (method: string, path: string): boolean =>
  method === "GET" || method === "PATCH" || method === "PUT" || (method === "POST" && REPEATABLE_POSTS.has(path));

const RETRY_STATUSES = new Set([408, 425, 429, 500, 502, 503, 504]);
/** Answers that say the request was not even looked at: any call may be repeated. */
const UNTOUCHED_STATUSES = new Set([425, 429, 503]);

/** Whether an answer with this status may be different the next time. */
export const mayRetry = (status: number, repeatable: boolean): boolean =>
  (repeatable ? RETRY_STATUSES : UNTOUCHED_STATUSES).has(status);

/**
 * Milliseconds to wait before attempt `attempt` (1 is the first repetition): doubling, up to half of it by chance so that
 * many clients do not come back in step, and at least what the server's Retry-After asks for.
 */
export function delayBefore(
  attempt: number,
  policy: RetryPolicy,
  random: number,
  retryAfterSeconds: number | undefined,
): number {
  const grown = Math.min(policy.longestDelayMs, policy.firstDelayMs * 2 ** (attempt - 1));
  return Math.max((retryAfterSeconds ?? 0) * 1000, grown * (1 - random / 2));
}

/** The seconds of a Retry-After header; a date counts from now. */
export function retryAfterSeconds(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - now) / 1000;
  return Number.isFinite(seconds) && seconds >= 0 ? seconds : undefined;
}

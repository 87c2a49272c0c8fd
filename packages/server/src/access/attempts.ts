import { createHash } from "node:crypto";
import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import { EsteiraError } from "@esteira/core/errors";

const WINDOW_MS = 60_000;

/** Too many attempts: when to try again, in whole seconds. */
export class TooManyAttempts extends EsteiraError {
  readonly retryAfter: number;

  constructor(attempts: string, retryAfter: number) {
    super("REQUEST_LIMIT_EXCEEDED", `Too many ${attempts}; try again in ${retryAfter} seconds.`);
    this.retryAfter = retryAfter;
  }
}

/** How many attempts in a minute one user or address has; `key` comes from `attemptKey`. */
export interface Limit {
  readonly key: string;
  readonly most: number;
}

/** Attempts of a minute, counted in the database: several servers on it count together, and a restart forgets none. */
export interface Attempts {
  /** Throws `TooManyAttempts` where a limit is reached, else gives the keys that have attempts at all. */
  check(limits: readonly Limit[]): Promise<ReadonlySet<string>>;
  record(limits: readonly Limit[]): Promise<void>;
  forget(key: string): Promise<void>;
}

/** `what` are attempts of one kind, for the message: "failed sign-ins". */
export function attempts(store: AccessStore, clock: Clock, what: string): Attempts {
  return {
    check: async (limits) => {
      const found = await store.failures(limits.map(({ key }) => key));
      const ends = limits.flatMap(({ key, most }) => {
        const made = found.get(key);
        return made !== undefined && made.count >= most ? made.endsAt : [];
      });
      if (ends.length > 0) {
        throw new TooManyAttempts(what, Math.max(1, Math.ceil((Math.max(...ends) - clock()) / 1000)));
      }
      return new Set(found.keys());
    },
    record: (limits) =>
      store.recordFailures(
        limits.map(({ key }) => key),
        WINDOW_MS,
      ),
    forget: (key) => store.forgetFailures(key),
  };
}

/** Names that were tried may be anything, and passwords too by mistake: only a hash of them is kept. */
export const attemptKey = (kind: string, value: string): string =>
  createHash("sha256").update(`${kind}:${value.toLowerCase()}`).digest("hex");

import { createHmac, randomBytes } from "node:crypto";
import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import type { User } from "@esteira/core/entities/access";
import { attemptKey, attempts, TooManyAttempts } from "./attempts.ts";
import type { Audit } from "./audit.ts";
import type { Passwords } from "./passwords.ts";

const FAILURES_A_USER = 10;
const FAILURES_AN_ADDRESS = 100;
const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 10_000;

export interface SignIn {
  /** The user if the password is theirs, else undefined: alike, and as slow, for a user who does not exist. */
  verify(username: string, password: string, address: string): Promise<User | undefined>;
}

/**
 * Passwords, with a limit on failures. A password that was right is remembered for a minute, by a keyed hash that holds
 * the user's own: a client that sends it with each call is slow once, and a change of the password ends it everywhere.
 */
export function signIn(options: { store: AccessStore; passwords: Passwords; clock: Clock; audit: Audit }): SignIn {
  const { store, passwords, clock, audit } = options;
  const failures = attempts(store, clock, "failed sign-ins");
  const key = randomBytes(32);
  const remembered = new Map<string, number>();

  function remember(memory: string): void {
    remembered.delete(memory);
    remembered.set(memory, clock() + REMEMBERED_MS);
    const oldest = remembered.keys().next().value;
    if (remembered.size > MOST_REMEMBERED && oldest !== undefined) remembered.delete(oldest);
  }

  return {
    async verify(username, password, address) {
      const user = await store.findUser(username);
      const memory = createHmac("sha256", key)
        .update(JSON.stringify([user?.id ?? null, user?.passwordHash ?? null, password]))
        .digest("base64");
      if (user?.passwordHash !== undefined && (remembered.get(memory) ?? 0) > clock()) return user;

      const ofUser = { key: attemptKey("user", username), most: FAILURES_A_USER };
      const limits = [ofUser, { key: attemptKey("address", address), most: FAILURES_AN_ADDRESS }];
      const failed = await failures.check(limits).catch((error: unknown) => {
        if (error instanceof TooManyAttempts) audit("sign-in-limited", { user: username, address });
        throw error;
      });
      if (!(await passwords.verify(password, user?.passwordHash)) || user?.passwordHash === undefined) {
        await failures.record(limits);
        audit("sign-in-refused", { user: username, address });
        return undefined;
      }
      if (failed.has(ofUser.key)) await failures.forget(ofUser.key);
      if (passwords.isOutdated(user.passwordHash)) {
        await store.rehash(username, user.passwordHash, await passwords.hash(password));
      } else remember(memory);
      audit("signed-in", { user: username, address, by: "password" });
      return user;
    },
  };
}

import { createHash, createHmac, randomBytes } from "node:crypto";
import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import type { User } from "@esteira/core/entities/access";
import { EsteiraError } from "@esteira/core/errors";
import type { Audit } from "./audit.ts";
import type { Passwords } from "./passwords.ts";

const WINDOW_MS = 60_000;
const FAILURES_A_USER = 10;
const FAILURES_AN_ADDRESS = 100;
const REMEMBERED_MS = 60_000;
const MOST_REMEMBERED = 10_000;

/** Too many failures: when to try again, in whole seconds. */
export class SignInLimit extends EsteiraError {
  readonly retryAfter: number;

  constructor(retryAfter: number) {
    super("REQUEST_LIMIT_EXCEEDED", `Too many failed sign-ins; try again in ${retryAfter} seconds.`);
    this.retryAfter = retryAfter;
  }
}

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

      const keys = { user: failureKey("user", username), address: failureKey("address", address) };
      const failures = await store.failures(Object.values(keys));
      const limits = [
        { found: failures.get(keys.user), most: FAILURES_A_USER },
        { found: failures.get(keys.address), most: FAILURES_AN_ADDRESS },
      ];
      const ends = limits.flatMap(({ found, most }) =>
        found !== undefined && found.count >= most ? found.endsAt : [],
      );
      if (ends.length > 0) {
        audit("sign-in-limited", { user: username, address });
        throw new SignInLimit(Math.max(1, Math.ceil((Math.max(...ends) - clock()) / 1000)));
      }
      if (!(await passwords.verify(password, user?.passwordHash)) || user?.passwordHash === undefined) {
        await store.recordFailures(Object.values(keys), WINDOW_MS);
        audit("sign-in-refused", { user: username, address });
        return undefined;
      }
      if (failures.has(keys.user)) await store.forgetFailures(keys.user);
      if (passwords.isOutdated(user.passwordHash)) {
        await store.rehash(username, user.passwordHash, await passwords.hash(password));
      } else remember(memory);
      audit("signed-in", { user: username, address, by: "password" });
      return user;
    },
  };
}

/** Names that were tried may be anything, and passwords too by mistake: only a hash of them is kept. */
const failureKey = (kind: string, value: string): string =>
  createHash("sha256").update(`${kind}:${value.toLowerCase()}`).digest("hex");

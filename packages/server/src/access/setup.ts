import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import type { Accounts } from "./accounts.ts";
import { hashSecret, randomSecret } from "./secrets.ts";

const VALID_MS = 24 * 3_600_000;

/** The first admin, from the environment as MLflow has it. */
export interface FirstAdmin {
  readonly username: string;
  readonly password?: string | undefined;
}

/**
 * Makes the first admin from what the operator has given, or a token with which one can be made: no password is ever
 * the same on two servers. Gives the token; undefined when there is an admin.
 */
export async function prepareFirstAdmin(
  store: AccessStore,
  accounts: Accounts,
  clock: Clock,
  admin: FirstAdmin,
): Promise<string | undefined> {
  if (await store.hasAdmin()) return undefined;
  if (admin.password !== undefined && admin.password !== "") {
    await accounts.create({ username: admin.username, password: admin.password, isAdmin: true });
    return undefined;
  }
  const token = randomSecret();
  await store.saveSetupToken(hashSecret(token), clock() + VALID_MS);
  return token;
}

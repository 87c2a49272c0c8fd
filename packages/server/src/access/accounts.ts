import type { AccessStore } from "@esteira/core/access-store";
import type { User } from "@esteira/core/entities/access";
import { EsteiraError, invalid } from "@esteira/core/errors";
import type { Audit } from "./audit.ts";
import { checkPassword, checkUsername, type Passwords } from "./passwords.ts";

/** What changes users, with the rules for names and passwords. */
export interface Accounts {
  create(input: { username: string; password: string; isAdmin?: boolean }): Promise<User>;
  /** A user who signs in at the identity provider: the first who comes from there with this name. */
  createWithoutPassword(input: { username: string; isAdmin?: boolean }): Promise<User>;
  setPassword(username: string, password: string, keepSession?: string): Promise<void>;
  /** The user's own change: the old password must be right, and the new one another. */
  changeOwnPassword(input: {
    username: string;
    current: string;
    password: string;
    keepSession?: string | undefined;
  }): Promise<void>;
}

export function accounts(store: AccessStore, passwords: Passwords, audit: Audit): Accounts {
  async function setPassword(username: string, password: string, keepSession?: string): Promise<void> {
    await store.getUser(username);
    checkPassword(password, username);
    await store.setPassword(username, await passwords.hash(password), keepSession);
    audit("user-changed", { user: username, what: "password" });
  }
  return {
    create: async ({ username, password, isAdmin = false }) => {
      checkUsername(username);
      checkPassword(password, username);
      const user = await store.createUser({ username, passwordHash: await passwords.hash(password), isAdmin });
      audit("user-created", { user: username, admin: isAdmin });
      return user;
    },
    createWithoutPassword: async ({ username, isAdmin = false }) => {
      checkUsername(username);
      const user = await store.createUser({ username, isAdmin });
      audit("user-created", { user: username, admin: isAdmin });
      return user;
    },
    setPassword,
    changeOwnPassword: async ({ username, current, password, keepSession }) => {
      if (current === "") throw invalid("Current password is required when changing your own password.");
      const known = await store.findUser(username);
      if (!(await passwords.verify(current, known?.passwordHash))) throw invalid("Current password does not match.");
      if (password === current) throw invalid("New password must differ from the current password.");
      await setPassword(username, password, keepSession);
    },
  };
}

export const SELF_DELETION = new EsteiraError(
  "BAD_REQUEST",
  "Users cannot delete their own account. Ask another admin to delete this user instead.",
);

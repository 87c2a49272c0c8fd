import type { AccessStore } from "@esteira/core/access-store";
import type { User } from "@esteira/core/entities/access";
import { EsteiraError } from "@esteira/core/errors";
import type { Audit } from "../audit.ts";
import { checkUsername } from "../passwords.ts";
import { WORKSPACE } from "../workspace.ts";
import { admit } from "./admission.ts";
import type { Identity } from "./identity-provider.ts";
import { SignInRefusal } from "./problem.ts";
import type { OidcSettings } from "./settings.ts";

/** Users who sign in at the provider. They are known by its subject, for ever; their name is the one they first came with. */
export interface People {
  /** The user of an identity that the provider has proved. Throws `SignInRefusal` for who may not come in. */
  letIn(identity: Identity): Promise<User>;
  /** Makes the roles that groups stand for where they are missing, so that an admin can give them permissions. */
  prepareRoles(): Promise<void>;
}

const MOST_SUBJECT_CHARACTERS = 255;

export function people(store: AccessStore, settings: OidcSettings, audit: Audit): People {
  const managed = [...new Set((settings.roles ?? []).map(({ role }) => role))];

  async function newcomer(identity: Identity, username: string): Promise<User> {
    refuseBadName(username);
    const sameName = await store.findUser(username);
    if (sameName === undefined) return make(identity, username);
    if (sameName.passwordHash !== undefined || sameName.external !== undefined) throw nameTaken(username);
    const user = await store.linkUser(username, identity);
    audit("user-changed", { user: username, what: "linked to the identity provider" });
    return user;
  }

  async function make(identity: Identity, username: string): Promise<User> {
    if (settings.createUsers !== true) {
      throw new SignInRefusal("unknown-user", `There is no user '${username}', and none is made.`);
    }
    try {
      const user = await store.createUser({ username, isAdmin: false, external: identity });
      audit("user-created", { user: username, admin: false, by: "identity provider" });
      return user;
    } catch (error) {
      if (!(error instanceof EsteiraError) || error.code !== "RESOURCE_ALREADY_EXISTS") throw error;
      // The same person in another tab may have been first.
      const made = await store.findExternalUser(identity);
      if (made === undefined) throw nameTaken(username);
      return made;
    }
  }

  async function setAdmin(user: User, isAdmin: boolean): Promise<void> {
    try {
      await store.setAdmin(user.username, isAdmin);
    } catch (error) {
      if (!(error instanceof EsteiraError) || error.code !== "BAD_REQUEST") throw error;
      throw new SignInRefusal("last-admin", `'${user.username}' is in no admin group any more, and is the last admin.`);
    }
    audit("user-changed", { user: user.username, what: "admin", now: isAdmin, by: "identity provider" });
  }

  return {
    letIn: async (identity) => {
      if (identity.subject.length > MOST_SUBJECT_CHARACTERS) {
        throw new SignInRefusal("invalid", "The provider's subject has more than 255 characters.");
      }
      const { username, isAdmin, roles } = admit(identity.claims, settings);
      const user = (await store.findExternalUser(identity)) ?? (await newcomer(identity, username));
      if (isAdmin !== undefined && isAdmin !== user.isAdmin) await setAdmin(user, isAdmin);
      if (managed.length > 0) await store.syncRoles(user.username, managed, roles);
      return { ...user, isAdmin: isAdmin ?? user.isAdmin };
    },
    prepareRoles: async () => {
      if (managed.length === 0) return;
      const known = new Set((await store.listRoles([WORKSPACE])).map(({ name }) => name));
      for (const name of managed) {
        if (!known.has(name)) await makeRole(store, name);
      }
    },
  };
}

async function makeRole(store: AccessStore, name: string): Promise<void> {
  try {
    await store.createRole({ name, workspace: WORKSPACE });
  } catch (error) {
    // Another server on this database may have been first.
    if (!(error instanceof EsteiraError) || error.code !== "RESOURCE_ALREADY_EXISTS") throw error;
  }
}

const nameTaken = (username: string) =>
  new SignInRefusal("name-taken", `There is a user '${username}' already, who signs in in another way.`);

function refuseBadName(username: string): void {
  try {
    checkUsername(username);
  } catch (cause) {
    throw new SignInRefusal("no-name", "The provider's name for the person is no username.", { cause });
  }
}

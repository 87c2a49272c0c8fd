import type { AccessStore } from "@esteira/core/access-store";
import { EsteiraError } from "@esteira/core/errors";
import { roleToWire, roleWire, userToWire, userWire } from "@esteira/core/wire/access";
import { z } from "zod";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { requiredBool, requiredText, textOrEmpty } from "../http/fields.ts";
import { nothing } from "../http/paging.ts";
import { type Accounts, SELF_DELETION } from "./accounts.ts";
import type { Audit } from "./audit.ts";
import { ADMIN, administers, reads, self, signedIn, WORKSPACE_MANAGER } from "./policy.ts";

const oneUser = z.object({ user: userWire });
const byName = z.object({ username: requiredText });
/** Clients of MLflow 2 read these of a user; its grants are told by calls of their own. */
const LEGACY = { experiment_permissions: [], registered_model_permissions: [] };

/** MLflow's calls for users. */
export function userEndpoints(store: AccessStore, accounts: Accounts, audit: Audit): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/users/create",
      policy: administers(WORKSPACE_MANAGER),
      summary: "Create a user",
      input: z.object({ username: textOrEmpty, password: textOrEmpty }),
      output: oneUser,
      run: async ({ username, password }) => {
        if (username === "" || password === "") {
          throw new EsteiraError("BAD_REQUEST", "Username and password cannot be empty.");
        }
        return { user: { ...userToWire(await accounts.create({ username, password })), ...LEGACY } };
      },
    }),
    endpoint({
      method: "GET",
      path: "/users/get",
      policy: signedIn(self("username")),
      summary: "Get a user",
      input: byName,
      output: oneUser,
      run: async ({ username }) => ({ user: { ...userToWire(await store.getUser(username)), ...LEGACY } }),
    }),
    endpoint({
      method: "GET",
      path: "/users/list",
      policy: reads(),
      summary: "List the users, with those of their roles that the caller may know of",
      input: z.object({}),
      output: z.object({ users: z.array(z.object({ roles: z.array(roleWire) }).loose()) }),
      run: async (_, __, caller) => {
        const users = await store.listUsers();
        return {
          users: users.map((user) => ({
            ...userToWire(user),
            roles: caller.managesRoles || user.id === caller.user?.id ? user.roles.map(roleToWire) : [],
          })),
        };
      },
    }),
    endpoint({
      method: "GET",
      path: "/users/current",
      policy: signedIn(),
      summary: "Get the caller",
      input: z.object({}),
      output: z.object({ user: userWire, is_basic_auth: z.boolean() }),
      run: async (_, __, { user, via }) => {
        if (user === undefined) throw new EsteiraError("UNAUTHENTICATED", "Nobody is signed in.");
        return { user: userToWire(user), is_basic_auth: via?.kind === "password" };
      },
    }),
    endpoint({
      method: "PATCH",
      path: "/users/update-password",
      policy: administers(self("username")),
      summary: "Change a password; who changes their own gives the current one too",
      input: z.object({ username: requiredText, password: requiredText, current_password: textOrEmpty }),
      output: nothing,
      run: async ({ username, password, current_password }, _, { user, via }) => {
        const keepSession = via?.kind === "session" ? via.hash : undefined;
        if (username === user?.username) {
          await accounts.changeOwnPassword({ username, current: current_password, password, keepSession });
        } else await accounts.setPassword(username, password);
        return {};
      },
    }),
    endpoint({
      method: "PATCH",
      path: "/users/update-admin",
      policy: administers(ADMIN),
      summary: "Make a user an admin, or no longer one",
      input: z.object({ username: requiredText, is_admin: requiredBool }),
      output: nothing,
      run: async ({ username, is_admin }, _, { user }) => {
        await store.setAdmin(username, is_admin);
        audit("user-changed", { user: username, what: "admin", now: is_admin, by: user?.username });
        return {};
      },
    }),
    endpoint({
      method: "DELETE",
      path: "/users/delete",
      policy: administers(ADMIN),
      summary: "Delete a user with their tokens, sessions and permissions",
      input: byName,
      output: nothing,
      run: async ({ username }, _, { user }) => {
        if (username === user?.username) throw SELF_DELETION;
        await store.deleteUser(username);
        audit("user-deleted", { user: username, by: user?.username });
        return {};
      },
    }),
  ];
}

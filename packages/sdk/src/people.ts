import type { Grant, User } from "@esteira/core/entities/access";
import { roleWire, userWire } from "@esteira/core/wire/access";
import { z } from "zod";
import { nothing, type Transport } from "./transport.ts";

/** A server has one workspace, by MLflow's name for it. */
const WORKSPACE = "default";

const role = roleWire.transform((wire) => ({ id: wire.id, name: wire.name, description: wire.description ?? "" }));
export type RoleName = z.output<typeof role>;

const oneUser = z.object({ user: userWire }).transform((wire) => wire.user);
const users = z
  .object({ users: z.array(z.object({ roles: z.array(role) }).loose()) })
  .transform((wire) => wire.users.map((one) => ({ ...userWire.parse(one), roles: one.roles })));
export type Person = z.output<typeof users>[number];

const held = z
  .object({
    is_admin: z.boolean(),
    permissions: z.array(
      z.object({
        role_name: z.string(),
        resource_type: z.string(),
        resource_pattern: z.string(),
        permission: z.string(),
      }),
    ),
  })
  .transform((wire) => ({
    isAdmin: wire.is_admin,
    grants: wire.permissions.map((one) => ({
      roleName: one.role_name,
      resourceType: one.resource_type,
      resourcePattern: one.resource_pattern,
      permission: one.permission,
    })),
  }));
/** What a user may do, and through which role: `isOwnRoleName` tells the grants of that user alone. */
export type Held = z.output<typeof held>;

/** Users, their roles and their permissions: MLflow's own calls, most of them for admins. */
export function peopleOf(transport: Transport) {
  const three = { service: "mlflow-3.0" } as const;
  return {
    list: (): Promise<readonly Person[]> => transport.call("GET", "users/list", users),
    create: (username: string, password: string): Promise<User> =>
      transport.call("POST", "users/create", oneUser, { body: { username, password } }),
    setAdmin: (username: string, isAdmin: boolean): Promise<void> =>
      transport.call("PATCH", "users/update-admin", nothing, { body: { username, is_admin: isAdmin } }),
    /** Of another user, whose sessions end. */
    setPassword: (username: string, password: string): Promise<void> =>
      transport.call("PATCH", "users/update-password", nothing, { body: { username, password } }),
    /** With tokens, sessions and permissions. */
    delete: (username: string): Promise<void> =>
      transport.call("DELETE", "users/delete", nothing, { body: { username } }),
    held: (username: string): Promise<Held> =>
      transport.call("GET", "users/permissions/list", held, { ...three, query: { username } }),
    /** Gives a user a permission of their own, or changes its level. */
    grant: (username: string, { resourceType, resourcePattern, permission }: Grant): Promise<void> =>
      transport.call("POST", "users/permissions/grant", nothing, {
        ...three,
        body: { username, resource_type: resourceType, resource_id: resourcePattern, permission },
      }),
    revoke: (username: string, { resourceType, resourcePattern }: Omit<Grant, "permission">): Promise<void> =>
      transport.call("POST", "users/permissions/revoke", nothing, {
        ...three,
        body: { username, resource_type: resourceType, resource_id: resourcePattern },
      }),
    /** Of several users each, and those of one user alone. */
    roles: (): Promise<readonly RoleName[]> =>
      transport.call(
        "GET",
        "roles/list",
        z.object({ roles: z.array(role) }).transform((wire) => wire.roles),
        { ...three, query: { workspace: WORKSPACE } },
      ),
    assign: (username: string, roleId: number): Promise<void> =>
      transport.call("POST", "roles/assign", nothing, { ...three, body: { username, role_id: roleId } }),
    unassign: (username: string, roleId: number): Promise<void> =>
      transport.call("DELETE", "roles/unassign", nothing, { ...three, body: { username, role_id: roleId } }),
  };
}

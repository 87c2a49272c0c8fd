import { z } from "zod";
import {
  type Role,
  type RoleAssignment,
  type RolePermission,
  SCOPES,
  type Token,
  type User,
} from "../entities/access.ts";
import { int64 } from "./scalars.ts";

export const userWire = z
  .object({ id: z.number(), username: z.string(), is_admin: z.boolean() })
  .transform((wire): User => ({ id: wire.id, username: wire.username, isAdmin: wire.is_admin }))
  .meta({ id: "User" });

/** What a caller may do to something. */
export const rightsWire = z.object({ update: z.boolean(), delete: z.boolean(), manage: z.boolean() });

export const userToWire = (user: User) => ({ id: user.id, username: user.username, is_admin: user.isAdmin });

export const rolePermissionWire = z
  .object({
    id: z.number(),
    role_id: z.number(),
    resource_type: z.string(),
    resource_pattern: z.string(),
    permission: z.string(),
  })
  .meta({ id: "RolePermission" });

export const rolePermissionToWire = (permission: RolePermission) => ({
  id: permission.id,
  role_id: permission.roleId,
  resource_type: permission.resourceType,
  resource_pattern: permission.resourcePattern,
  permission: permission.permission,
});

export const roleWire = z
  .object({
    id: z.number(),
    name: z.string(),
    workspace: z.string(),
    description: z.string().nullable(),
    permissions: z.array(rolePermissionWire),
  })
  .meta({ id: "Role" });

/** Unlike protobuf's, these answers write what is not there as null. */
export const roleToWire = (role: Role) => ({
  id: role.id,
  name: role.name,
  workspace: role.workspace,
  description: role.description ?? null,
  permissions: role.permissions.map(rolePermissionToWire),
});

export const assignmentWire = z
  .object({ id: z.number(), user_id: z.number(), role_id: z.number() })
  .meta({ id: "UserRoleAssignment" });

export const assignmentToWire = (assignment: RoleAssignment) => ({
  id: assignment.id,
  user_id: assignment.userId,
  role_id: assignment.roleId,
});

export const tokenWire = z
  .object({
    id: z.string(),
    user_id: z.number(),
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    experiment_ids: z.array(z.string()).default([]),
    registered_models: z.array(z.string()).default([]),
    created_at: int64,
    expires_at: int64,
    last_used_at: int64.optional(),
    revoked_at: int64.optional(),
  })
  .transform(
    (wire): Token => ({
      id: wire.id,
      userId: wire.user_id,
      name: wire.name,
      scopes: wire.scopes,
      resources: [
        ...wire.experiment_ids.map((id) => ({ type: "experiment" as const, id })),
        ...wire.registered_models.map((id) => ({ type: "registered_model" as const, id })),
      ],
      createdAt: wire.created_at,
      expiresAt: wire.expires_at,
      ...(wire.last_used_at === undefined ? {} : { lastUsedAt: wire.last_used_at }),
      ...(wire.revoked_at === undefined ? {} : { revokedAt: wire.revoked_at }),
    }),
  )
  .meta({ id: "Token" });

export const tokenToWire = (token: Token) => ({
  id: token.id,
  user_id: token.userId,
  name: token.name,
  scopes: [...token.scopes],
  experiment_ids: token.resources.flatMap(({ type, id }) => (type === "experiment" ? id : [])),
  registered_models: token.resources.flatMap(({ type, id }) => (type === "registered_model" ? id : [])),
  created_at: token.createdAt,
  expires_at: token.expiresAt,
  ...(token.lastUsedAt === undefined ? {} : { last_used_at: token.lastUsedAt }),
  ...(token.revokedAt === undefined ? {} : { revoked_at: token.revokedAt }),
});

/** What a sign-in page needs to know before anybody has signed in. */
export const accessInfoWire = z
  .object({
    enabled: z.boolean(),
    /** Nobody is an admin yet: the first one is made with the set-up token. */
    needs_setup: z.boolean().default(false),
    /** The name of the identity provider, when there is one to sign in with. */
    provider: z.string().optional(),
    user: userWire.optional(),
    /** The browser has a session, which it can end. */
    has_session: z.boolean().default(false),
    /** The user has a password here, which they can change. */
    has_password: z.boolean().default(false),
  })
  .transform((wire) => ({
    enabled: wire.enabled,
    needsSetup: wire.needs_setup,
    provider: wire.provider,
    user: wire.user,
    hasSession: wire.has_session,
    hasPassword: wire.has_password,
  }))
  .meta({ id: "AccessInfo" });

/** The session here is over; at the address the user may end the identity provider's too. */
export const signedOutWire = z
  .object({ provider_sign_out: z.string().optional() })
  .transform((wire) => ({ providerSignOut: wire.provider_sign_out }))
  .meta({ id: "SignedOut" });

import type { AccessStore } from "@esteira/core/access-store";
import type { Role } from "@esteira/core/entities/access";
import { EsteiraError } from "@esteira/core/errors";
import { checkResourceType, type Permission, refuseWorkspace } from "@esteira/core/permissions";
import { z } from "zod";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { requiredText } from "../http/fields.ts";
import { nothing } from "../http/paging.ts";
import type { Audit } from "./audit.ts";
import { allows, permissionOn } from "./decide.ts";
import { administers, GRANTOR, reads, selfOrManager, signedIn } from "./policy.ts";

const resource = { username: requiredText, resource_type: requiredText, resource_id: requiredText };
const permissionList = z.object({
  is_admin: z.boolean(),
  permissions: z.array(
    z.object({
      role_id: z.number(),
      role_name: z.string(),
      workspace: z.string(),
      resource_type: z.string(),
      resource_pattern: z.string(),
      permission: z.string(),
    }),
  ),
});

const permissionRows = (roles: readonly Role[]) =>
  roles.flatMap((role) =>
    role.permissions.map((one) => ({
      role_id: role.id,
      role_name: role.name,
      workspace: role.workspace,
      resource_type: one.resourceType,
      resource_pattern: one.resourcePattern,
      permission: one.permission,
    })),
  );

/** MLflow's calls for what one user may do with one resource. */
export function userPermissionEndpoints(
  store: AccessStore,
  defaultPermission: Permission,
  audit: Audit,
): readonly Endpoint[] {
  const listed = async (username: string) => {
    const user = await store.getUser(username);
    return { is_admin: user.isAdmin, permissions: permissionRows(await store.listUserRoles(username)) };
  };
  return [
    endpoint({
      method: "POST",
      path: "/users/permissions/grant",
      policy: administers(GRANTOR),
      summary: "Give a user a permission on a resource",
      input: z.object({ ...resource, permission: requiredText }),
      output: nothing,
      run: async ({ username, resource_type, resource_id, permission }, _, { user }) => {
        await store.getUser(username);
        const grant = { resourceType: resource_type, resourcePattern: resource_id, permission };
        await store.grant(username, grant);
        audit("permission-changed", { user: username, ...grant, by: user?.username });
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/users/permissions/revoke",
      policy: administers(GRANTOR),
      summary: "Take a user's permission on a resource",
      input: z.object(resource),
      output: nothing,
      run: async ({ username, resource_type, resource_id }, _, { user }) => {
        await store.getUser(username);
        const revoked = { resourceType: resource_type, resourcePattern: resource_id };
        await store.revoke(username, revoked);
        audit("permission-changed", { user: username, ...revoked, permission: "none", by: user?.username });
        return {};
      },
    }),
    endpoint({
      method: "GET",
      path: "/users/permissions/get",
      policy: reads(selfOrManager("username")),
      summary: "Get the permission that a user has on a resource in effect",
      input: z.object(resource),
      output: z.object({ allowed: z.boolean(), permission: z.string() }),
      run: async ({ username, resource_type, resource_id }) => {
        refuseWorkspace(resource_type);
        const type = checkResourceType(resource_type);
        const { id } = await store.getUser(username);
        const subject = await store.getSubject(id);
        const standing = { isAdmin: subject?.user.isAdmin ?? false, grants: subject?.grants ?? [], defaultPermission };
        const permission = permissionOn(standing, { type, id: resource_id });
        return { allowed: allows(permission, "use"), permission };
      },
    }),
    endpoint({
      method: "GET",
      path: "/users/permissions/list",
      policy: reads(selfOrManager("username")),
      summary: "List all permissions that a user has through any role",
      input: z.object({ username: requiredText }),
      output: permissionList,
      run: ({ username }) => listed(username),
    }),
    endpoint({
      method: "GET",
      path: "/users/current/permissions",
      policy: signedIn(),
      summary: "List all permissions of the caller",
      input: z.object({}),
      output: permissionList,
      run: async (_, __, { user }) => {
        if (user === undefined) throw new EsteiraError("UNAUTHENTICATED", "Nobody is signed in.");
        return listed(user.username);
      },
    }),
  ];
}

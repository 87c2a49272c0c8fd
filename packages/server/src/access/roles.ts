import type { AccessStore } from "@esteira/core/access-store";
import type { Role } from "@esteira/core/entities/access";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { isOwnRoleName, ownRoleName } from "@esteira/core/permissions";
import {
  assignmentToWire,
  assignmentWire,
  rolePermissionToWire,
  rolePermissionWire,
  roleToWire,
  roleWire,
} from "@esteira/core/wire/access";
import { z } from "zod";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { given, requiredInteger, requiredText, text, texts } from "../http/fields.ts";
import { nothing } from "../http/paging.ts";
import type { Audit } from "./audit.ts";
import type { Caller } from "./caller.ts";
import { administers, MEMBER, reads, selfOrManager, WORKSPACE_MANAGER } from "./policy.ts";
import { WORKSPACE } from "./workspace.ts";

const DENIED = new EsteiraError("PERMISSION_DENIED", "Permission denied");
const oneRole = z.object({ role: roleWire });
const byRole = z.object({ role_id: requiredInteger });
const assignment = z.object({ username: requiredText, role_id: requiredInteger });

/** MLflow's calls for roles. */
export function roleEndpoints(store: AccessStore, audit: Audit): readonly Endpoint[] {
  const manages = administers(WORKSPACE_MANAGER);
  return [
    endpoint({
      method: "POST",
      path: "/roles/create",
      policy: manages,
      summary: "Create a role",
      input: z.object({ name: requiredText, workspace: requiredText, description: text }),
      output: oneRole,
      run: async ({ name, workspace, description }) => {
        checkWorkspace(workspace);
        return { role: roleToWire(await store.createRole({ name, workspace, ...given({ description }) })) };
      },
    }),
    endpoint({
      method: "GET",
      path: "/roles/get",
      policy: reads(MEMBER),
      summary: "Get a role",
      input: byRole,
      output: oneRole,
      run: async ({ role_id }, _, caller) => ({ role: roleToWire(await seenRole(store, role_id, caller)) }),
    }),
    endpoint({
      method: "GET",
      path: "/roles/list",
      policy: reads(MEMBER),
      summary: "List the roles of some workspaces, or (for admins) of all",
      input: z.object({ workspace: texts }),
      output: z.object({ roles: z.array(roleWire) }),
      run: async ({ workspace: workspaces }, _, caller) => {
        if (workspaces.some((one) => one.trim() === "")) {
          throw invalid("Parameter 'workspace' must be a non-empty string when provided.");
        }
        const isOwn = workspaces.length > 0 && workspaces.every((one) => one.trim() === WORKSPACE);
        if (caller.user?.isAdmin !== true && !isOwn) throw DENIED;
        const roles = await store.listRoles(workspaces.length === 0 ? undefined : workspaces);
        return { roles: roles.filter((role) => maySee(role, caller)).map(roleToWire) };
      },
    }),
    endpoint({
      method: "PATCH",
      path: "/roles/update",
      policy: manages,
      summary: "Change the name or the description of a role",
      input: z.object({ role_id: requiredInteger, name: text, description: text }),
      output: oneRole,
      run: async ({ role_id, name, description }) => {
        if (name === undefined && description === undefined) {
          throw invalid("At least one of 'name' or 'description' must be provided to update a role.");
        }
        return { role: roleToWire(await store.updateRole(role_id, given({ name, description }))) };
      },
    }),
    endpoint({
      method: "DELETE",
      path: "/roles/delete",
      policy: manages,
      summary: "Delete a role with its permissions and assignments",
      input: byRole,
      output: nothing,
      run: async ({ role_id }, _, { user }) => {
        await store.deleteRole(role_id);
        audit("permission-changed", { role: role_id, what: "deleted", by: user?.username });
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/roles/permissions/add",
      policy: manages,
      summary: "Give a role a permission on a resource",
      input: z.object({
        role_id: requiredInteger,
        resource_type: requiredText,
        resource_pattern: requiredText,
        permission: requiredText,
      }),
      output: z.object({ role_permission: rolePermissionWire }),
      run: async ({ role_id, resource_type, resource_pattern, permission }, _, { user }) => {
        const grant = { resourceType: resource_type, resourcePattern: resource_pattern, permission };
        const added = await store.addRolePermission(role_id, grant);
        audit("permission-changed", { role: role_id, ...grant, by: user?.username });
        return { role_permission: rolePermissionToWire(added) };
      },
    }),
    endpoint({
      method: "DELETE",
      path: "/roles/permissions/remove",
      policy: manages,
      summary: "Take a permission from its role",
      input: z.object({ role_permission_id: requiredInteger }),
      output: nothing,
      run: async ({ role_permission_id }, _, { user }) => {
        await store.removeRolePermission(role_permission_id);
        audit("permission-changed", { rolePermission: role_permission_id, permission: "none", by: user?.username });
        return {};
      },
    }),
    endpoint({
      method: "GET",
      path: "/roles/permissions/list",
      policy: reads(MEMBER),
      summary: "List the permissions of a role",
      input: byRole,
      output: z.object({ role_permissions: z.array(rolePermissionWire) }),
      run: async ({ role_id }, _, caller) => ({
        role_permissions: (await seenRole(store, role_id, caller)).permissions.map(rolePermissionToWire),
      }),
    }),
    endpoint({
      method: "PATCH",
      path: "/roles/permissions/update",
      policy: manages,
      summary: "Change the level of a role's permission",
      input: z.object({ role_permission_id: requiredInteger, permission: requiredText }),
      output: z.object({ role_permission: rolePermissionWire }),
      run: async ({ role_permission_id, permission }, _, { user }) => {
        const changed = await store.updateRolePermission(role_permission_id, permission);
        audit("permission-changed", { rolePermission: role_permission_id, permission, by: user?.username });
        return { role_permission: rolePermissionToWire(changed) };
      },
    }),
    endpoint({
      method: "POST",
      path: "/roles/assign",
      policy: manages,
      summary: "Give a user a role",
      input: assignment,
      output: z.object({ assignment: assignmentWire }),
      run: async ({ username, role_id }, _, { user }) => {
        const assigned = await store.assignRole(username, role_id);
        audit("permission-changed", { user: username, role: role_id, what: "assigned", by: user?.username });
        return { assignment: assignmentToWire(assigned) };
      },
    }),
    endpoint({
      method: "DELETE",
      path: "/roles/unassign",
      policy: manages,
      summary: "Take a role from a user",
      input: assignment,
      output: nothing,
      run: async ({ username, role_id }, _, { user }) => {
        await store.unassignRole(username, role_id);
        audit("permission-changed", { user: username, role: role_id, what: "unassigned", by: user?.username });
        return {};
      },
    }),
    endpoint({
      method: "GET",
      path: "/roles/users/list",
      policy: administers(WORKSPACE_MANAGER),
      summary: "List who has a role",
      input: byRole,
      output: z.object({ assignments: z.array(assignmentWire) }),
      run: async ({ role_id }) => ({ assignments: (await store.listRoleUsers(role_id)).map(assignmentToWire) }),
    }),
    endpoint({
      method: "GET",
      path: "/users/roles/list",
      policy: reads(selfOrManager("username")),
      summary: "List the roles of a user",
      input: z.object({ username: requiredText }),
      output: z.object({ roles: z.array(roleWire) }),
      run: async ({ username }) => ({ roles: (await store.listUserRoles(username)).map(roleToWire) }),
    }),
  ];
}

/** The role of one user tells what that user has: it is for them, and for those who manage roles. */
const maySee = (role: Role, { managesRoles, user }: Caller): boolean =>
  managesRoles || !isOwnRoleName(role.name) || (user !== undefined && role.name === ownRoleName(user.id));

async function seenRole(store: AccessStore, id: number, caller: Caller): Promise<Role> {
  const role = await store.getRole(id);
  if (maySee(role, caller)) return role;
  throw DENIED;
}

function checkWorkspace(workspace: string): void {
  if (workspace.trim() === "") throw invalid("Workspace cannot be empty.");
  if (workspace === WORKSPACE) return;
  throw new EsteiraError(
    "NOT_IMPLEMENTED",
    `This server has one workspace, '${WORKSPACE}'; '${workspace}' is another.`,
  );
}

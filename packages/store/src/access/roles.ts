import type { AccessStore } from "@esteira/core/access-store";
import type { Role, RoleAssignment } from "@esteira/core/entities/access";
import { alreadyExists, invalid, notFound } from "@esteira/core/errors";
import { checkGrant, checkGrantedLevel, isOwnRoleName } from "@esteira/core/permissions";
import { isUniqueViolation } from "../database/errors.ts";
import type { Session } from "../database/session.ts";
import { inList } from "../database/sql.ts";
import { type Database, WORKSPACE } from "../database/tables.ts";
import { findPermissionRow, findRoleRow, readRole, toRolePermission, toRoles } from "./role-data.ts";
import { findUserRow } from "./users.ts";

type RolePart = Pick<
  AccessStore,
  | "createRole"
  | "getRole"
  | "listRoles"
  | "updateRole"
  | "deleteRole"
  | "addRolePermission"
  | "getRolePermission"
  | "updateRolePermission"
  | "removeRolePermission"
  | "assignRole"
  | "unassignRole"
  | "listUserRoles"
  | "listRoleUsers"
  | "syncRoles"
>;

export function roleStore(session: Session): RolePart {
  return {
    createRole: async (input) => {
      checkRoleName(input.name);
      return session.write((db) => createRole(db, input));
    },
    getRole: (id) => session.read((db) => readRole(db, id)),
    listRoles: (workspaces) =>
      session.read(async (db) => {
        let select = db.selectFrom("esteira_roles").selectAll().orderBy("id");
        if (workspaces !== undefined) select = select.where(inList("workspace", workspaces));
        return toRoles(db, await select.execute());
      }),
    updateRole: async (id, change) => {
      if (change.name !== undefined) checkRoleName(change.name);
      return session.write((db) => updateRole(db, id, change));
    },
    deleteRole: (id) =>
      session.write(async (db) => {
        await findRoleRow(db, id);
        await db.deleteFrom("esteira_roles").where("id", "=", id).execute();
      }),
    addRolePermission: async (roleId, grant) => {
      checkGrant(grant);
      return session.write(async (db) => {
        await findRoleRow(db, roleId);
        try {
          const row = await db
            .insertInto("esteira_role_permissions")
            .values({
              role_id: roleId,
              resource_type: grant.resourceType,
              resource_pattern: grant.resourcePattern,
              permission: grant.permission,
            })
            .returningAll()
            .executeTakeFirstOrThrow();
          return toRolePermission(row);
        } catch (error) {
          if (!isUniqueViolation(error)) throw error;
          throw alreadyExists(
            `Role permission (role_id=${roleId}, resource_type=${grant.resourceType}, resource_pattern=${grant.resourcePattern}) already exists.`,
          );
        }
      });
    },
    getRolePermission: (id) => session.read(async (db) => toRolePermission(await findPermissionRow(db, id))),
    updateRolePermission: (id, permission) =>
      session.write(async (db) => {
        const row = await findPermissionRow(db, id);
        checkGrantedLevel(permission, row.resource_type);
        await db.updateTable("esteira_role_permissions").set({ permission }).where("id", "=", id).execute();
        return toRolePermission({ ...row, permission });
      }),
    removeRolePermission: (id) =>
      session.write(async (db) => {
        await findPermissionRow(db, id);
        await db.deleteFrom("esteira_role_permissions").where("id", "=", id).execute();
      }),
    assignRole: (username, roleId) => session.write((db) => assignRole(db, username, roleId)),
    unassignRole: (username, roleId) =>
      session.write(async (db) => {
        const { id } = await findUserRow(db, username);
        const { numDeletedRows } = await db
          .deleteFrom("esteira_user_roles")
          .where("user_id", "=", id)
          .where("role_id", "=", roleId)
          .executeTakeFirst();
        if (numDeletedRows === 0n) {
          throw notFound(`User role assignment (user_id=${id}, role_id=${roleId}) not found`);
        }
      }),
    listUserRoles: (username) =>
      session.read(async (db) => {
        const { id } = await findUserRow(db, username);
        return toRoles(db, await rolesOf(db, id).execute());
      }),
    listRoleUsers: (roleId) =>
      session.read(async (db) => {
        await findRoleRow(db, roleId);
        const rows = await db
          .selectFrom("esteira_user_roles")
          .selectAll()
          .where("role_id", "=", roleId)
          .orderBy("id")
          .execute();
        return rows.map(toAssignment);
      }),
    syncRoles: (username, managed, assigned) => session.write((db) => syncRoles(db, username, managed, assigned)),
  };
}

/** Names that begin so belong to the roles of single users. */
function checkRoleName(name: string): void {
  if (name.trim() === "") throw invalid("Role name cannot be empty.");
  if (!isOwnRoleName(name)) return;
  throw invalid(
    `Role name '${name}' uses the reserved '__user_' prefix, which holds the grants of single users; choose another name.`,
  );
}

const rolesOf = (db: Database, userId: number) =>
  db
    .selectFrom("esteira_roles")
    .innerJoin("esteira_user_roles", "esteira_user_roles.role_id", "esteira_roles.id")
    .selectAll("esteira_roles")
    .where("esteira_user_roles.user_id", "=", userId)
    .orderBy("esteira_user_roles.id");

const toAssignment = (row: { id: number; user_id: number; role_id: number }): RoleAssignment => ({
  id: row.id,
  userId: row.user_id,
  roleId: row.role_id,
});

async function createRole(
  db: Database,
  input: { name: string; workspace: string; description?: string },
): Promise<Role> {
  try {
    const { id } = await db
      .insertInto("esteira_roles")
      .values({ name: input.name, workspace: input.workspace, description: input.description ?? null })
      .returning("id")
      .executeTakeFirstOrThrow();
    return await readRole(db, id);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw alreadyExists(`Role (name=${input.name}, workspace=${input.workspace}) already exists.`);
  }
}

async function updateRole(db: Database, id: number, change: { name?: string; description?: string }): Promise<Role> {
  const row = await findRoleRow(db, id);
  try {
    await db.updateTable("esteira_roles").set(change).where("id", "=", id).execute();
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw alreadyExists(`Role with name=${change.name} already exists in workspace=${row.workspace}`);
  }
  return readRole(db, id);
}

async function assignRole(db: Database, username: string, roleId: number): Promise<RoleAssignment> {
  const user = await findUserRow(db, username);
  await findRoleRow(db, roleId);
  try {
    const row = await db
      .insertInto("esteira_user_roles")
      .values({ user_id: user.id, role_id: roleId })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toAssignment(row);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw alreadyExists(`User role assignment (user_id=${user.id}, role_id=${roleId}) already exists`);
  }
}

async function syncRoles(
  db: Database,
  username: string,
  managed: readonly string[],
  assigned: readonly string[],
): Promise<void> {
  const user = await findUserRow(db, username);
  const roles = await db
    .selectFrom("esteira_roles")
    .select(["id", "name"])
    .where("workspace", "=", WORKSPACE)
    .where(inList("name", managed))
    .execute();
  const now = new Set((await rolesOf(db, user.id).execute()).map((role) => role.id));
  for (const role of roles) {
    const wanted = assigned.includes(role.name);
    if (wanted && !now.has(role.id)) {
      await db.insertInto("esteira_user_roles").values({ user_id: user.id, role_id: role.id }).execute();
    }
    if (!wanted && now.has(role.id)) {
      await db.deleteFrom("esteira_user_roles").where("user_id", "=", user.id).where("role_id", "=", role.id).execute();
    }
  }
}

import type { Role, RolePermission } from "@esteira/core/entities/access";
import { notFound } from "@esteira/core/errors";
import type { Selectable } from "kysely";
import { groupBy, inList } from "../database/sql.ts";
import type { Database, Tables } from "../database/tables.ts";

type RoleRow = Selectable<Tables["esteira_roles"]>;
type PermissionRow = Selectable<Tables["esteira_role_permissions"]>;

/** Rows as entities, with the permissions of all of them by one query. */
export async function toRoles(db: Database, rows: readonly RoleRow[]): Promise<readonly Role[]> {
  if (rows.length === 0) return [];
  const permissions = await db
    .selectFrom("esteira_role_permissions")
    .selectAll()
    .where(
      inList(
        "role_id",
        rows.map((row) => row.id),
      ),
    )
    .orderBy("id")
    .execute();
  const ofRole = groupBy(permissions, (row) => row.role_id);
  return rows.map((row) => ({
    id: row.id,
    name: row.name,
    workspace: row.workspace,
    ...(row.description === null ? {} : { description: row.description }),
    permissions: (ofRole.get(row.id) ?? []).map(toRolePermission),
  }));
}

export const toRolePermission = (row: PermissionRow): RolePermission => ({
  id: row.id,
  roleId: row.role_id,
  resourceType: row.resource_type,
  resourcePattern: row.resource_pattern,
  permission: row.permission,
});

export async function findRoleRow(db: Database, id: number): Promise<RoleRow> {
  const row = await db.selectFrom("esteira_roles").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw notFound(`Role with id=${id} not found`);
  return row;
}

export async function readRole(db: Database, id: number): Promise<Role> {
  const [role] = await toRoles(db, [await findRoleRow(db, id)]);
  return role!;
}

export async function findPermissionRow(db: Database, id: number): Promise<PermissionRow> {
  const row = await db.selectFrom("esteira_role_permissions").selectAll().where("id", "=", id).executeTakeFirst();
  if (row === undefined) throw notFound(`Role permission with id=${id} not found`);
  return row;
}

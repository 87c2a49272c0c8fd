import type { AccessStore } from "@esteira/core/access-store";
import type { Grant } from "@esteira/core/entities/access";
import { alreadyExists, notFound } from "@esteira/core/errors";
import { checkGrant, checkResourceType, ownRoleName, refuseWorkspace } from "@esteira/core/permissions";
import { sql } from "kysely";
import { isUniqueViolation } from "../database/errors.ts";
import type { Session } from "../database/session.ts";
import { type Database, WORKSPACE } from "../database/tables.ts";
import { findUserRow } from "./users.ts";

type GrantPart = Pick<AccessStore, "grant" | "changeGrant" | "revoke" | "findGrant">;
type Resource = Omit<Grant, "permission">;

/** Types of resources that are known by a name, which can change hands. */
const NAMED = ["registered_model", "prompt"] as const;

/** Grants of one user alone: MLflow keeps them in a role of that user's own, and so does Esteira. */
export function grantStore(session: Session): GrantPart {
  const told = (username: string, { resourceType, resourcePattern }: Resource) =>
    `Permission for user=${username} on resource_type=${resourceType}, resource_id=${resourcePattern}`;
  return {
    grant: async (username, grant) => {
      refuseWorkspace(grant.resourceType);
      checkGrant(grant);
      await session.write(async (db) => {
        const { id } = await findUserRow(db, username);
        const roleId = await ownRole(db, id);
        try {
          await insertGrant(db, roleId, grant);
        } catch (error) {
          if (!isUniqueViolation(error)) throw error;
          throw alreadyExists(`${told(username, grant)} already exists.`);
        }
      });
    },
    changeGrant: async (username, grant) => {
      refuseWorkspace(grant.resourceType);
      checkGrant(grant);
      await session.write(async (db) => {
        const { id } = await findUserRow(db, username);
        const row = await findOwn(db, id, grant);
        if (row === undefined) throw notFound(`${told(username, grant)} not found.`);
        await db
          .updateTable("esteira_role_permissions")
          .set({ permission: grant.permission })
          .where("id", "=", row.id)
          .execute();
      });
    },
    revoke: async (username, resource) => {
      refuseWorkspace(resource.resourceType);
      checkResourceType(resource.resourceType);
      await session.write(async (db) => {
        const { id } = await findUserRow(db, username);
        const row = await findOwn(db, id, resource);
        if (row === undefined) throw notFound(`${told(username, resource)} not found.`);
        await db.deleteFrom("esteira_role_permissions").where("id", "=", row.id).execute();
      });
    },
    findGrant: (username, resource) =>
      session.read(async (db) => {
        const { id } = await findUserRow(db, username);
        const row = await findOwn(db, id, resource);
        return row === undefined ? undefined : { ...resource, permission: row.permission };
      }),
  };
}

const findOwn = (db: Database, userId: number, { resourceType, resourcePattern }: Resource) =>
  db
    .selectFrom("esteira_role_permissions as p")
    .innerJoin("esteira_roles as r", "r.id", "p.role_id")
    .select(["p.id", "p.permission"])
    .where("r.workspace", "=", WORKSPACE)
    .where("r.name", "=", ownRoleName(userId))
    .where("p.resource_type", "=", resourceType)
    .where("p.resource_pattern", "=", resourcePattern)
    .executeTakeFirst();

async function ownRole(db: Database, userId: number): Promise<number> {
  const name = ownRoleName(userId);
  const find = db.selectFrom("esteira_roles").select("id").where("workspace", "=", WORKSPACE).where("name", "=", name);
  const known = await find.executeTakeFirst();
  if (known !== undefined) return known.id;
  // Another server may make the same role at the same time.
  await db
    .insertInto("esteira_roles")
    .values({ name, workspace: WORKSPACE, description: null })
    .onConflict((conflict) => conflict.columns(["workspace", "name"]).doNothing())
    .execute();
  const { id } = await find.executeTakeFirstOrThrow();
  await db
    .insertInto("esteira_user_roles")
    .values({ user_id: userId, role_id: id })
    .onConflict((conflict) => conflict.columns(["user_id", "role_id"]).doNothing())
    .execute();
  return id;
}

const insertGrant = (db: Database, roleId: number, grant: Grant) =>
  db
    .insertInto("esteira_role_permissions")
    .values({
      role_id: roleId,
      resource_type: grant.resourceType,
      resource_pattern: grant.resourcePattern,
      permission: grant.permission,
    })
    .execute();

/**
 * Inside the transaction that makes a resource: its creator manages it. What was granted on the same id or name before
 * is forgotten first, so that nothing passes to a new resource from one that MLflow itself has deleted.
 */
export async function grantOwner(
  db: Database,
  owner: number | undefined,
  type: "experiment" | "registered_model" | "prompt",
  id: string,
): Promise<void> {
  for (const known of type === "experiment" ? [type] : NAMED) await forgetGrants(db, known, id);
  if (owner === undefined) return;
  const roleId = await ownRole(db, owner);
  await insertGrant(db, roleId, { resourceType: type, resourcePattern: id, permission: "MANAGE" });
}

/** Grants of single users only: what an admin has put into a role stays. */
const ofOwnRoles = sql<boolean>`role_id in (select id from esteira_roles where name like '\\_\\_user\\_%' escape '\\')`;

async function forgetGrants(db: Database, type: string, id: string): Promise<void> {
  await db
    .deleteFrom("esteira_role_permissions")
    .where("resource_type", "=", type)
    .where("resource_pattern", "=", id)
    .where(ofOwnRoles)
    .execute();
}

/**
 * Inside the transaction that removes an experiment for good: nothing of what was granted on it passes to a later experiment
 * that gets its number. A token that was bound to it stays bound, to nothing.
 */
export async function forgetExperimentGrants(db: Database, id: string): Promise<void> {
  await forgetGrants(db, "experiment", id);
  await db
    .updateTable("esteira_token_resources")
    .set({ resource_id: `removed ${id}` })
    .where("resource_type", "=", "experiment")
    .where("resource_id", "=", id)
    .execute();
}

/** Inside the transaction that deletes a registered model or prompt. */
export async function forgetModelGrants(db: Database, name: string): Promise<void> {
  for (const type of NAMED) await forgetGrants(db, type, name);
}

/** Inside the transaction that renames a registered model or prompt. */
export async function renameModelGrants(db: Database, name: string, newName: string): Promise<void> {
  // Left over from a model of that name which MLflow has deleted.
  await forgetModelGrants(db, newName);
  for (const type of NAMED) {
    await db
      .updateTable("esteira_role_permissions")
      .set({ resource_pattern: newName })
      .where("resource_type", "=", type)
      .where("resource_pattern", "=", name)
      .where(ofOwnRoles)
      .execute();
  }
  await db
    .updateTable("esteira_token_resources")
    .set({ resource_id: newName })
    .where("resource_type", "=", "registered_model")
    .where("resource_id", "=", name)
    .execute();
}

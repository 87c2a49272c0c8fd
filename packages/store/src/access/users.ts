import type { AccessStore, ExternalIdentity } from "@esteira/core/access-store";
import type { Grant, Subject, User } from "@esteira/core/entities/access";
import { alreadyExists, EsteiraError, notFound } from "@esteira/core/errors";
import { ownRoleName } from "@esteira/core/permissions";
import type { Selectable } from "kysely";
import type { StoreContext } from "../database/context.ts";
import { isUniqueViolation } from "../database/errors.ts";
import type { Session } from "../database/session.ts";
import { forUpdate, groupBy } from "../database/sql.ts";
import { type Database, type Tables, WORKSPACE } from "../database/tables.ts";
import { toRoles } from "./role-data.ts";

type UserPart = Pick<
  AccessStore,
  | "createUser"
  | "getUser"
  | "findUser"
  | "findExternalUser"
  | "linkUser"
  | "listUsers"
  | "setPassword"
  | "rehash"
  | "setAdmin"
  | "deleteUser"
  | "hasAdmin"
  | "getSubject"
  | "saveSetupToken"
  | "setUp"
>;
type UserRow = Selectable<Tables["esteira_users"]>;

export function userStore(session: Session, context: StoreContext): UserPart {
  return {
    createUser: (input) => session.write((db) => createUser(db, context.clock(), input)),
    getUser: (username) => session.read(async (db) => toUser(await findUserRow(db, username))),
    findUser: (username) =>
      session.read(async (db) => {
        const row = await byName(db, username).executeTakeFirst();
        if (row === undefined) return undefined;
        return {
          ...toUser(row),
          ...(row.password_hash === null ? {} : { passwordHash: row.password_hash }),
          ...(row.external_issuer === null || row.external_subject === null
            ? {}
            : { external: { issuer: row.external_issuer, subject: row.external_subject } }),
        };
      }),
    findExternalUser: ({ issuer, subject }) =>
      session.read(async (db) => {
        const row = await db
          .selectFrom("esteira_users")
          .selectAll()
          .where("external_issuer", "=", issuer)
          .where("external_subject", "=", subject)
          .executeTakeFirst();
        return row === undefined ? undefined : toUser(row);
      }),
    linkUser: (username, { issuer, subject }) =>
      session.write(async (db) => {
        await findUserRow(db, username);
        const row = await db
          .updateTable("esteira_users")
          .set({ external_issuer: issuer, external_subject: subject })
          .where("username", "=", username)
          .where("password_hash", "is", null)
          .where("external_subject", "is", null)
          .returningAll()
          .executeTakeFirst();
        if (row !== undefined) return toUser(row);
        throw alreadyExists(`User (username=${username}) signs in in another way.`);
      }),
    listUsers: () => session.read(listUsers),
    setPassword: (username, passwordHash, keepSession) =>
      session.write(async (db) => {
        const { id } = await findUserRow(db, username);
        await db.updateTable("esteira_users").set({ password_hash: passwordHash }).where("id", "=", id).execute();
        let sessions = db.deleteFrom("esteira_sessions").where("user_id", "=", id);
        if (keepSession !== undefined) sessions = sessions.where("hash", "<>", keepSession);
        await sessions.execute();
      }),
    rehash: (username, oldHash, newHash) =>
      session.write(async (db) => {
        await db
          .updateTable("esteira_users")
          .set({ password_hash: newHash })
          .where("username", "=", username)
          .where("password_hash", "=", oldHash)
          .execute();
      }),
    setAdmin: (username, isAdmin) =>
      session.write(async (db) => {
        const row = await findUserRow(db, username);
        if (!isAdmin) await checkNotLastAdmin(db, row);
        await db
          .updateTable("esteira_users")
          .set({ is_admin: isAdmin ? 1 : 0 })
          .where("id", "=", row.id)
          .execute();
      }),
    deleteUser: (username) =>
      session.write(async (db) => {
        const row = await findUserRow(db, username);
        await checkNotLastAdmin(db, row);
        // The user's own role goes with its grants; tokens, sessions and assignments by their foreign keys.
        await db.deleteFrom("esteira_roles").where("name", "=", ownRoleName(row.id)).execute();
        await db.deleteFrom("esteira_users").where("id", "=", row.id).execute();
      }),
    hasAdmin: () => session.read(hasAdmin),
    getSubject: (userId) => session.read((db) => readSubject(db, userId)),
    saveSetupToken: (hash, expiresAt) =>
      session.write(async (db) => {
        await db.deleteFrom("esteira_setup_tokens").where("expires_at", "<=", context.clock()).execute();
        await db.insertInto("esteira_setup_tokens").values({ hash, expires_at: expiresAt }).execute();
      }),
    setUp: (hash, admin) => session.write((db) => setUp(db, context.clock(), hash, admin)),
  };
}

export const toUser = (row: Pick<UserRow, "id" | "username" | "is_admin">): User => ({
  id: row.id,
  username: row.username,
  isAdmin: row.is_admin === 1,
});

const byName = (db: Database, username: string) =>
  db.selectFrom("esteira_users").selectAll().where("username", "=", username);

export async function findUserRow(db: Database, username: string): Promise<UserRow> {
  const row = await byName(db, username).executeTakeFirst();
  if (row === undefined) throw notFound(`User with username=${username} not found`);
  return row;
}

async function createUser(
  db: Database,
  now: number,
  input: { username: string; passwordHash?: string; isAdmin: boolean; external?: ExternalIdentity },
): Promise<User> {
  try {
    const row = await db
      .insertInto("esteira_users")
      .values({
        username: input.username,
        password_hash: input.passwordHash ?? null,
        is_admin: input.isAdmin ? 1 : 0,
        external_issuer: input.external?.issuer ?? null,
        external_subject: input.external?.subject ?? null,
        created_at: now,
      })
      .returningAll()
      .executeTakeFirstOrThrow();
    return toUser(row);
  } catch (error) {
    if (!isUniqueViolation(error)) throw error;
    throw alreadyExists(`User (username=${input.username}) already exists.`);
  }
}

async function listUsers(db: Database) {
  const rows = await db.selectFrom("esteira_users").selectAll().orderBy("id").execute();
  const assigned = await db
    .selectFrom("esteira_user_roles")
    .innerJoin("esteira_roles", "esteira_roles.id", "esteira_user_roles.role_id")
    .select("esteira_user_roles.user_id")
    .selectAll("esteira_roles")
    .orderBy("esteira_user_roles.id")
    .execute();
  const roles = new Map((await toRoles(db, assigned)).map((role) => [role.id, role]));
  const ofUser = groupBy(assigned, (row) => row.user_id);
  return rows.map((row) => ({
    ...toUser(row),
    roles: (ofUser.get(row.id) ?? []).flatMap(({ id }) => roles.get(id) ?? []),
  }));
}

async function hasAdmin(db: Database): Promise<boolean> {
  const row = await db.selectFrom("esteira_users").select("id").where("is_admin", "=", 1).limit(1).executeTakeFirst();
  return row !== undefined;
}

async function checkNotLastAdmin(db: Database, row: UserRow): Promise<void> {
  if (row.is_admin !== 1) return;
  // Two admins who take each other's rights at once must not both succeed.
  const admins = await db
    .selectFrom("esteira_users")
    .select("id")
    .where("is_admin", "=", 1)
    .orderBy("id")
    .modifyEnd(forUpdate)
    .execute();
  if (admins.some(({ id }) => id !== row.id)) return;
  throw new EsteiraError("BAD_REQUEST", `'${row.username}' is the last admin; make another user an admin first.`);
}

/** One statement: every request with access control asks it. */
async function readSubject(db: Database, userId: number): Promise<Subject | undefined> {
  const rows = await db
    .selectFrom("esteira_users as s")
    .leftJoin("esteira_user_roles as u", "u.user_id", "s.id")
    .leftJoin("esteira_roles as r", "r.id", "u.role_id")
    .leftJoin("esteira_role_permissions as p", "p.role_id", "r.id")
    .select(["s.id", "s.username", "s.is_admin"])
    .select(["r.workspace", "p.resource_type", "p.resource_pattern", "p.permission"])
    .where("s.id", "=", userId)
    .execute();
  const [first] = rows;
  if (first === undefined) return undefined;
  return {
    user: toUser(first),
    workspaces: [...new Set(rows.flatMap(({ workspace }) => workspace ?? []))],
    grants: rows.flatMap(({ workspace, resource_type, resource_pattern, permission }): readonly Grant[] => {
      if (workspace !== WORKSPACE || resource_type === null || resource_pattern === null) return [];
      return [{ resourceType: resource_type, resourcePattern: resource_pattern, permission: permission ?? "" }];
    }),
  };
}

async function setUp(
  db: Database,
  now: number,
  hash: string,
  admin: { username: string; passwordHash: string },
): Promise<User> {
  const refusal = new EsteiraError(
    "UNAUTHENTICATED",
    "The set-up token is not valid; start the server again for a new one, or use `esteira users create --admin`.",
  );
  if (await hasAdmin(db)) throw refusal;
  const token = await db
    .selectFrom("esteira_setup_tokens")
    .select("hash")
    .where("hash", "=", hash)
    .where("expires_at", ">", now)
    .executeTakeFirst();
  if (token === undefined) throw refusal;
  await db.deleteFrom("esteira_setup_tokens").execute();
  return createUser(db, now, { ...admin, isAdmin: true });
}

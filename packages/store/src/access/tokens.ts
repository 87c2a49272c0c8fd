import type { AccessStore } from "@esteira/core/access-store";
import { SCOPES, type Token, type TokenResource } from "@esteira/core/entities/access";
import { notFound } from "@esteira/core/errors";
import type { Selectable } from "kysely";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { groupBy, inList, insertMany } from "../database/sql.ts";
import type { Database, Tables } from "../database/tables.ts";

type TokenPart = Pick<AccessStore, "createToken" | "findToken" | "listTokens" | "revokeToken" | "touchToken">;
type TokenRow = Selectable<Tables["esteira_tokens"]>;

export function tokenStore(session: Session, context: StoreContext): TokenPart {
  return {
    createToken: (input) =>
      session.write(async (db) => {
        const row: TokenRow = {
          id: input.id,
          user_id: input.userId,
          name: input.name,
          hash: input.hash,
          scopes: input.scopes.join(" "),
          created_at: context.clock(),
          expires_at: input.expiresAt,
          last_used_at: null,
          revoked_at: null,
        };
        await db.insertInto("esteira_tokens").values(row).execute();
        await insertMany(
          db,
          "esteira_token_resources",
          ["token_id", "resource_type", "resource_id"],
          input.resources.map(({ type, id }) => [input.id, type, id]),
        );
        return toToken(row, input.resources);
      }),
    findToken: (id) =>
      session.read(async (db) => {
        // One statement: every request with a token asks it.
        const rows = await db
          .selectFrom("esteira_tokens as t")
          .leftJoin("esteira_token_resources as r", "r.token_id", "t.id")
          .selectAll("t")
          .select(["r.resource_type", "r.resource_id"])
          .where("t.id", "=", id)
          .execute();
        const [row] = rows;
        if (row === undefined) return undefined;
        return { ...toToken(row, rows.flatMap(toResources)), hash: row.hash };
      }),
    listTokens: (userId) =>
      session.read(async (db) => {
        let select = db.selectFrom("esteira_tokens").selectAll().orderBy("created_at").orderBy("id");
        if (userId !== undefined) select = select.where("user_id", "=", userId);
        return toTokens(db, await select.execute());
      }),
    revokeToken: (id) =>
      session.write(async (db) => {
        const row = await db.selectFrom("esteira_tokens").select("id").where("id", "=", id).executeTakeFirst();
        if (row === undefined) throw notFound(`Token with id=${id} not found`);
        await db
          .updateTable("esteira_tokens")
          .set({ revoked_at: context.clock() })
          .where("id", "=", id)
          .where("revoked_at", "is", null)
          .execute();
      }),
    touchToken: (id) =>
      session.write(async (db) => {
        await db.updateTable("esteira_tokens").set({ last_used_at: context.clock() }).where("id", "=", id).execute();
      }),
  };
}

async function toTokens(db: Database, rows: readonly TokenRow[]): Promise<readonly Token[]> {
  if (rows.length === 0) return [];
  const bound = await db
    .selectFrom("esteira_token_resources")
    .selectAll()
    .where(
      inList(
        "token_id",
        rows.map((row) => row.id),
      ),
    )
    .execute();
  const ofToken = groupBy(bound, (row) => row.token_id);
  return rows.map((row) => toToken(row, (ofToken.get(row.id) ?? []).map(toResource)));
}

/** A token that is bound to nothing has one row without a resource. */
const toResources = (row: { resource_type: string | null; resource_id: string | null }): readonly TokenResource[] =>
  row.resource_type === null || row.resource_id === null
    ? []
    : [toResource({ resource_type: row.resource_type, resource_id: row.resource_id })];

const toResource = (row: { resource_type: string; resource_id: string }): TokenResource => ({
  type: row.resource_type === "experiment" ? "experiment" : "registered_model",
  id: row.resource_id,
});

const toToken = (row: TokenRow, resources: readonly TokenResource[]): Token => ({
  id: row.id,
  userId: row.user_id,
  name: row.name,
  scopes: SCOPES.filter((scope) => row.scopes.split(" ").includes(scope)),
  resources,
  createdAt: row.created_at,
  expiresAt: row.expires_at,
  ...(row.last_used_at === null ? {} : { lastUsedAt: row.last_used_at }),
  ...(row.revoked_at === null ? {} : { revokedAt: row.revoked_at }),
});

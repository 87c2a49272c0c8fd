import type { AccessStore } from "@esteira/core/access-store";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";

type SessionPart = Pick<
  AccessStore,
  | "createSession"
  | "findSession"
  | "touchSession"
  | "endSession"
  | "idTokenOfSession"
  | "saveSignInFlow"
  | "takeSignInFlow"
  | "recordFailures"
  | "failures"
  | "forgetFailures"
  | "secret"
>;

/** Sessions of browsers, and the failures to sign in: both in the database, so that every server on it knows them. */
export function sessionStore(session: Session, context: StoreContext): SessionPart {
  return {
    createSession: ({ hash, userId, expiresAt, idToken }) =>
      session.write(async (db) => {
        const now = context.clock();
        await db.deleteFrom("esteira_sessions").where("expires_at", "<=", now).execute();
        await db
          .insertInto("esteira_sessions")
          .values({ hash, user_id: userId, created_at: now, last_seen_at: now, expires_at: expiresAt })
          .execute();
        if (idToken === undefined) return;
        await db.insertInto("esteira_session_id_tokens").values({ session_hash: hash, id_token: idToken }).execute();
      }),
    findSession: (hash) =>
      session.read(async (db) => {
        const row = await db
          .selectFrom("esteira_sessions")
          .leftJoin("esteira_session_id_tokens", "session_hash", "hash")
          .select(["user_id", "last_seen_at", "session_hash"])
          .where("hash", "=", hash)
          .where("expires_at", ">", context.clock())
          .executeTakeFirst();
        return row === undefined
          ? undefined
          : { userId: row.user_id, lastSeenAt: row.last_seen_at, isExternal: row.session_hash !== null };
      }),
    touchSession: (hash) =>
      session.write(async (db) => {
        await db
          .updateTable("esteira_sessions")
          .set({ last_seen_at: context.clock() })
          .where("hash", "=", hash)
          .execute();
      }),
    endSession: (hash) =>
      session.write(async (db) => {
        await db.deleteFrom("esteira_sessions").where("hash", "=", hash).execute();
      }),
    idTokenOfSession: (hash) =>
      session.read(async (db) => {
        const row = await db
          .selectFrom("esteira_session_id_tokens")
          .select("id_token")
          .where("session_hash", "=", hash)
          .executeTakeFirst();
        return row?.id_token;
      }),
    saveSignInFlow: ({ hash, data, expiresAt, most }) =>
      session.write(async (db) => {
        await db.deleteFrom("esteira_sign_in_flows").where("expires_at", "<=", context.clock()).execute();
        await db.insertInto("esteira_sign_in_flows").values({ hash, data, expires_at: expiresAt }).execute();
        const tooOld = await db
          .selectFrom("esteira_sign_in_flows")
          .select("expires_at")
          .orderBy("expires_at", "desc")
          .orderBy("hash")
          .offset(most)
          .limit(1)
          .executeTakeFirst();
        if (tooOld === undefined) return;
        await db
          .deleteFrom("esteira_sign_in_flows")
          .where("expires_at", "<=", tooOld.expires_at)
          .where("hash", "!=", hash)
          .execute();
      }),
    takeSignInFlow: (hash) =>
      session.write(async (db) => {
        const row = await db
          .deleteFrom("esteira_sign_in_flows")
          .where("hash", "=", hash)
          .returningAll()
          .executeTakeFirst();
        return row !== undefined && row.expires_at > context.clock() ? row.data : undefined;
      }),
    recordFailures: (keys, windowMs) =>
      session.write(async (db) => {
        const now = context.clock();
        await db.deleteFrom("esteira_sign_in_failures").where("ends_at", "<=", now).execute();
        for (const key of keys) {
          await db
            .insertInto("esteira_sign_in_failures")
            .values({ key, failures: 1, ends_at: now + windowMs })
            .onConflict((conflict) =>
              conflict.column("key").doUpdateSet((row) => ({
                failures: row("esteira_sign_in_failures.failures", "+", 1),
              })),
            )
            .execute();
        }
      }),
    failures: (keys) =>
      session.read(async (db) => {
        const rows = await db
          .selectFrom("esteira_sign_in_failures")
          .selectAll()
          .where("key", "in", [...keys])
          .where("ends_at", ">", context.clock())
          .execute();
        return new Map(rows.map((row) => [row.key, { count: row.failures, endsAt: row.ends_at }]));
      }),
    forgetFailures: (key) =>
      session.write(async (db) => {
        await db.deleteFrom("esteira_sign_in_failures").where("key", "=", key).execute();
      }),
    secret: async (name, make) => {
      const find = () =>
        session.read((db) =>
          db.selectFrom("esteira_secrets").select("value").where("name", "=", name).executeTakeFirst(),
        );
      const known = await find();
      if (known !== undefined) return known.value;
      await session.write(async (db) => {
        await db
          .insertInto("esteira_secrets")
          .values({ name, value: make() })
          .onConflict((conflict) => conflict.column("name").doNothing())
          .execute();
      });
      // Another server may have been first.
      return (await find())!.value;
    },
  };
}

import { STEPS, type TrustedIdentity } from "@esteira/core/entities/trusted-identity";
import { alreadyExists, EsteiraError, notFound } from "@esteira/core/errors";
import { checkModelName } from "@esteira/core/names";
import { canonicalJson, type JsonObject } from "@esteira/core/timeline/json";
import { identityText } from "@esteira/core/timeline/policy-state";
import type { TrustStore } from "@esteira/core/trust-store";
import type { Selectable } from "kysely";
import { z } from "zod";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { forUpdate } from "../database/sql.ts";
import type { Database, Tables } from "../database/tables.ts";
import { modelWriter } from "../registry/model-version-data.ts";
import { recorder } from "../timeline/append.ts";
import { digestOf } from "../timeline/merkle.ts";

type Row = Selectable<Tables["esteira_trusted_identities"]>;

export function trustStore(session: Session, context: StoreContext): TrustStore {
  const writeModel = modelWriter(session);
  return {
    add: (input, actor) => {
      checkModelName(input.model);
      return writeModel(input.model, async (db) => {
        const identity = { ...input, createdAt: context.clock(), digest: identityDigest(input) };
        const { numInsertedOrUpdatedRows } = await db
          .insertInto("esteira_trusted_identities")
          .values(toRow(identity))
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow();
        if (numInsertedOrUpdatedRows === 0n) {
          throw alreadyExists(
            `There is a trusted identity ${input.name} already: remove it first, or choose another name.`,
          );
        }
        await recorder(context, actor)(db, {
          action: "trust.added",
          subject: { model: input.model },
          before: { trust: null },
          after: { trust: recorded(identity) },
        });
        return identity;
      });
    },
    list: (model) =>
      session.read(async (db) => {
        let select = db.selectFrom("esteira_trusted_identities").selectAll().orderBy("name");
        if (model !== undefined) select = select.where("model", "=", model);
        return (await select.execute()).map(fromRow);
      }),
    remove: async (name, actor) => {
      const model = (await session.read((db) => find(db, name)))?.model;
      if (model === undefined) throw unknown(name);
      await writeModel(model, async (db) => {
        const identity = await find(db, name);
        if (identity === undefined) throw unknown(name);
        await db.deleteFrom("esteira_trusted_identities").where("name", "=", name).execute();
        await recorder(context, actor)(db, {
          action: "trust.removed",
          subject: { model: identity.model },
          before: { trust: recorded(identity) },
          after: { trust: null },
        });
      });
    },
    exchange: ({ identity, token, spent }) =>
      session.write(async (db) => {
        const row = await db
          .selectFrom("esteira_trusted_identities")
          .selectAll()
          .where("name", "=", identity.name)
          .modifyEnd(forUpdate)
          .executeTakeFirst();
        if (row?.digest !== identity.digest || !fromRow(row).steps.includes(token.step)) {
          throw new EsteiraError("PERMISSION_DENIED", `The identity ${identity.name} has just changed: ask again.`);
        }
        const now = context.clock();
        await db.deleteFrom("esteira_spent_tokens").where("until", "<=", now).execute();
        await db.deleteFrom("esteira_step_tokens").where("expires_at", "<=", now).execute();
        const { numInsertedOrUpdatedRows } = await db
          .insertInto("esteira_spent_tokens")
          .values(spent)
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow();
        if (numInsertedOrUpdatedRows === 0n) {
          throw new EsteiraError(
            "PERMISSION_DENIED",
            "The identity token was used before: each is good for one step, so let the job ask for another.",
          );
        }
        await db
          .insertInto("esteira_step_tokens")
          .values({
            id: token.id,
            identity: identity.name,
            hash: token.hash,
            step: token.step,
            subject: token.subject,
            expires_at: token.expiresAt,
          })
          .execute();
      }),
    findToken: (id) =>
      session.read(async (db) => {
        const row = await db
          .selectFrom("esteira_step_tokens as token")
          .innerJoin("esteira_trusted_identities as identity", "identity.name", "token.identity")
          .selectAll("identity")
          .select(["token.id", "token.hash", "token.step", "token.subject", "token.expires_at"])
          .where("token.id", "=", id)
          .executeTakeFirst();
        if (row === undefined) return undefined;
        const identity = fromRow(row);
        const step = STEPS.find((known) => known === row.step);
        // What the identity may no longer do, its tokens may not either.
        if (step === undefined || !identity.steps.includes(step)) return undefined;
        return { id, hash: row.hash, step, subject: row.subject, expiresAt: row.expires_at, identity };
      }),
  };
}

const unknown = (name: string) =>
  notFound(`There is no trusted identity ${name}: \`esteira trust list\` tells which there are.`);

async function find(db: Database, name: string): Promise<TrustedIdentity | undefined> {
  const row = await db.selectFrom("esteira_trusted_identities").selectAll().where("name", "=", name).executeTakeFirst();
  return row && fromRow(row);
}

/** What each trusted identity is, to be compared with what the timeline tells; of a row that is no identity any more, its name. */
export async function identityTexts(
  db: Database,
): Promise<readonly { readonly model: string; readonly text: string }[]> {
  const rows = await db.selectFrom("esteira_trusted_identities").selectAll().execute();
  return rows.map((row) => {
    try {
      return { model: row.model, text: identityText(recorded(fromRow(row))) };
    } catch {
      return { model: row.model, text: `${row.name} cannot be read` };
    }
  });
}

/** Of what a token must say to be taken. */
const identityDigest = ({
  issuer,
  audience,
  claims,
}: Pick<TrustedIdentity, "issuer" | "audience" | "claims">): string =>
  digestOf(canonicalJson({ issuer, audience, claims })).replace("sha256:", "");

const recorded = (identity: TrustedIdentity): JsonObject => {
  const { createdAt: _, claims, steps, experimentIds, readOnlyExperimentIds, ...rest } = identity;
  const lists = { steps, experimentIds, readOnlyExperimentIds };
  return { ...rest, claims, ...Object.fromEntries(Object.entries(lists).map(([name, list]) => [name, [...list]])) };
};

const toRow = (identity: TrustedIdentity): Row => ({
  name: identity.name,
  model: identity.model,
  issuer: identity.issuer,
  audience: identity.audience,
  claims: JSON.stringify(identity.claims),
  steps: identity.steps.join(" "),
  experiment_ids: JSON.stringify(identity.experimentIds),
  read_only_experiment_ids: JSON.stringify(identity.readOnlyExperimentIds),
  minutes: identity.minutes,
  digest: identity.digest,
  created_at: identity.createdAt,
});

const claimsOf = z.record(z.string(), z.string());
const idsOf = z.array(z.string());

const fromRow = (row: Row): TrustedIdentity => ({
  name: row.name,
  model: row.model,
  issuer: row.issuer,
  audience: row.audience,
  claims: claimsOf.parse(JSON.parse(row.claims)),
  steps: STEPS.filter((step) => row.steps.split(" ").includes(step)),
  experimentIds: idsOf.parse(JSON.parse(row.experiment_ids)),
  readOnlyExperimentIds: idsOf.parse(JSON.parse(row.read_only_experiment_ids)),
  minutes: row.minutes,
  createdAt: row.created_at,
  digest: row.digest,
});

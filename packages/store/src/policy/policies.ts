import { createPublicKey, verify } from "node:crypto";
import type { TrustedIdentity } from "@esteira/core/entities/trusted-identity";
import { alreadyExists, EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { checkModelName } from "@esteira/core/names";
import type { Evidence, SignedEvidence } from "@esteira/core/policy/evidence";
import { type Policy, parsePolicy, protects, type Target, targetName } from "@esteira/core/policy/policy";
import type { Prospect } from "@esteira/core/policy/prospect";
import type { Actor } from "@esteira/core/timeline/entry";
import { canonicalJson, type JsonObject } from "@esteira/core/timeline/json";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import { findModelVersion, modelWriter } from "../registry/model-version-data.ts";
import { recorder } from "../timeline/append.ts";
import { fingerprint } from "../timeline/checkpoint.ts";
import { digestOf } from "../timeline/merkle.ts";
import { keepVouched } from "../trust/vouched-evidence.ts";
import { approversOf, authorOf } from "./approvals.ts";
import { type Promotion, readPolicy } from "./guard.ts";
import { brokenUntil } from "./policy-state.ts";
import { prospectOf } from "./prospect.ts";

/** A clock of another machine may be a little ahead. */
const SKEW_MS = 5 * 60_000;
const MAX_GLASS_MINUTES = 24 * 60;

/** Policies of models, and what speaks for promotions. All changes are entries of the timeline. */
export interface PolicyStore {
  setPolicy(model: string, policy: Policy, actor: Actor): Promise<void>;
  getPolicy(model: string): Promise<Policy>;
  /** Undefined of a model under none. */
  findPolicy(model: string): Promise<Policy | undefined>;
  listPolicies(): Promise<readonly { readonly model: string; readonly policy: Policy }[]>;
  removePolicy(model: string, actor: Actor): Promise<void>;
  /** Sets a policy aside for some minutes, with the reason in the timeline. Answers until when (ms). */
  breakGlass(
    model: string,
    input: { readonly reason: string; readonly minutes: number },
    actor: Actor,
  ): Promise<number>;
  /** Keeps evidence whose signature is good. Which keys count is the policy's say. Answers its digest. */
  submitEvidence(signed: SignedEvidence, actor: Actor): Promise<string>;
  /** Keeps evidence that a trusted identity brings without a signature. Whether it counts is the policy's say. Answers its digest. */
  vouchForEvidence(evidence: Evidence, identity: TrustedIdentity, actor: Actor): Promise<string>;
  /** One person's yes to a version for a target. Answers who has approved so far. */
  approve(
    input: { model: string; version: number; target: Target },
    approver: { readonly userId: number; readonly actor: Actor },
  ): Promise<readonly string[]>;
  /** What a promotion would meet now: nothing is changed. */
  prospect(promotion: Promotion): Promise<Prospect>;
}

export function policyStore(session: Session, context: StoreContext): PolicyStore {
  const writeModel = modelWriter(session);
  const found = (policy: Policy | undefined, model: string): Policy => {
    if (policy !== undefined) return policy;
    throw notFound(`The model ${model} is under no policy.`);
  };
  return {
    setPolicy: async (model, policy, actor) => {
      checkModelName(model);
      await writeModel(model, async (db) => {
        const old = await readPolicy(db, model);
        const text = canonicalJson(jsonOf(policy));
        await db
          .insertInto("esteira_policies")
          .values({ model, policy: text })
          .onConflict((conflict) => conflict.column("model").doUpdateSet({ policy: text }))
          .execute();
        await recorder(context, actor)(db, {
          action: "policy.set",
          subject: { model },
          before: { policy: old === undefined ? null : jsonOf(old) },
          after: { policy: jsonOf(policy) },
        });
      });
    },
    findPolicy: (model) => session.read((db) => readPolicy(db, model)),
    getPolicy: async (model) => found(await session.read((db) => readPolicy(db, model)), model),
    listPolicies: () =>
      session.read(async (db) => {
        const rows = await db.selectFrom("esteira_policies").selectAll().orderBy("model").execute();
        return rows.map(({ model, policy }) => ({ model, policy: parsePolicy(JSON.parse(policy)) }));
      }),
    removePolicy: (model, actor) =>
      writeModel(model, async (db) => {
        const old = found(await readPolicy(db, model), model);
        await db.deleteFrom("esteira_policies").where("model", "=", model).execute();
        await recorder(context, actor)(db, {
          action: "policy.removed",
          subject: { model },
          before: { policy: jsonOf(old) },
          after: { policy: null },
        });
      }),
    breakGlass: async (model, { reason, minutes }, actor) => {
      if (reason.trim().length < 10) throw invalid("Say why the policy is set aside, in ten characters at least.");
      if (!(minutes > 0 && minutes <= MAX_GLASS_MINUTES)) {
        throw invalid(`A policy is set aside for 1 to ${MAX_GLASS_MINUTES} minutes, not for ${minutes}.`);
      }
      return writeModel(model, async (db) => {
        found(await readPolicy(db, model), model);
        const until = Math.round(context.clock() + minutes * 60_000);
        await db
          .insertInto("esteira_broken_glass")
          .values({ model, until, reason })
          .onConflict((conflict) => conflict.column("model").doUpdateSet({ until, reason }))
          .execute();
        await recorder(context, actor)(db, {
          action: "policy.broken",
          subject: { model },
          before: {},
          after: {},
          reason: brokenUntil(until, reason),
        });
        return until;
      });
    },
    submitEvidence: async (signed, actor) => {
      const { name, version, at, outcome, digests } = signed.evidence;
      const text = canonicalJson(jsonOf(signed.evidence));
      if (!isSigned(signed, text))
        throw new EsteiraError("PERMISSION_DENIED", "The evidence is not signed by the key that it names.");
      checkPassed(signed.evidence);
      return writeModel(name, async (db) => {
        await findModelVersion(db, name, version);
        checkInstant(at, context.clock());
        const digest = digestOf(text);
        const signer = fingerprint(signed.key);
        const { numInsertedOrUpdatedRows } = await db
          .insertInto("esteira_evidence")
          .values({ model: name, version, digest, evidence: text, signer, signature: signed.signature, at })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow();
        if (numInsertedOrUpdatedRows === 0n) return digest;
        await recorder(context, actor)(db, {
          action: "evidence.submitted",
          subject: { model: name, version },
          before: {},
          after: {},
          evidence: digest,
          reason: `${outcome}, model ${digests.model}, signed by ${signer}`,
        });
        return digest;
      });
    },
    vouchForEvidence: async (evidence, identity, actor) => {
      const { name, version, at, digests } = evidence;
      checkPassed(evidence);
      const text = canonicalJson(jsonOf(evidence));
      const digest = digestOf(text);
      return writeModel(name, async (db) => {
        await findModelVersion(db, name, version);
        checkInstant(at, context.clock());
        const isNew = await keepVouched(db, { model: name, version, digest, evidence: text, identity, at });
        if (!isNew) return digest;
        await recorder(context, actor)(db, {
          action: "evidence.submitted",
          subject: { model: name, version },
          before: {},
          after: {},
          evidence: digest,
          reason: `passed, model ${digests.model}, brought by ${identity.name} (${identity.digest})`,
        });
        return digest;
      });
    },
    prospect: (promotion) => session.read((db) => prospectOf(db, context.clock(), promotion)),
    approve: ({ model, version, target }, { userId, actor }) =>
      writeModel(model, async (db) => {
        await findModelVersion(db, model, version);
        const policy = found(await readPolicy(db, model), model);
        if (policy.approvals === undefined || !protects(policy, target)) {
          throw invalid(`The policy of ${model} asks for no approvals of the ${targetName(target)}.`);
        }
        if ((await authorOf(db, model, version)) === actor.name) {
          throw new EsteiraError(
            "PERMISSION_DENIED",
            `${actor.name} has made version ${version} of ${model}: its approval is somebody else's.`,
          );
        }
        const { numInsertedOrUpdatedRows } = await db
          .insertInto("esteira_approvals")
          .values({ model, version, target: targetName(target), user_id: userId, at: context.clock() })
          .onConflict((conflict) => conflict.doNothing())
          .executeTakeFirstOrThrow();
        if (numInsertedOrUpdatedRows === 0n) {
          throw alreadyExists(
            `${actor.name} has approved version ${version} of ${model} for the ${targetName(target)} already.`,
          );
        }
        const approvers = await approversOf(db, model, version, target, policy);
        if (!approvers.includes(actor.name)) {
          throw new EsteiraError(
            "PERMISSION_DENIED",
            `${actor.name} has not the role ${policy.approvals.role}, whose approval the policy of ${model} asks for.`,
          );
        }
        await recorder(context, actor)(db, {
          action: "approval.given",
          subject: { model, version },
          before: {},
          after: {},
          reason: targetName(target),
        });
        return approvers;
      }),
  };
}

function checkPassed({ outcome }: Evidence): void {
  if (outcome === "passed") return;
  throw invalid(`The gate's outcome is '${outcome}': only evidence of a pass speaks for a promotion.`);
}

function checkInstant(at: number, now: number): void {
  if (at <= now + SKEW_MS) return;
  throw invalid(`The evidence is of ${new Date(at).toISOString()}, which is yet to come.`);
}

const jsonOf = (value: object): JsonObject => JSON.parse(JSON.stringify(value)) as JsonObject;

function isSigned({ key, signature }: SignedEvidence, text: string): boolean {
  try {
    const publicKey = createPublicKey({ key: Buffer.from(key, "base64"), format: "der", type: "spki" });
    return (
      publicKey.asymmetricKeyType === "ed25519" &&
      verify(null, Buffer.from(text), publicKey, Buffer.from(signature, "base64"))
    );
  } catch {
    return false;
  }
}

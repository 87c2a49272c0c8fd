import { EsteiraError } from "@esteira/core/errors";
import { evidenceWire } from "@esteira/core/policy/evidence";
import {
  countedEvidence,
  frozen,
  type Policy,
  parsePolicy,
  protects,
  type Target,
  targetName,
  unmetChecks,
} from "@esteira/core/policy/policy";
import type { StoreContext } from "../database/context.ts";
import type { Session } from "../database/session.ts";
import type { Database } from "../database/tables.ts";
import { findVersionLocation, findVersionTag } from "../registry/version-tag.ts";
import { vouchedEvidence } from "../trust/vouched-evidence.ts";
import { approversOf, MODEL_DIGEST, taggedDigest } from "./approvals.ts";

/** What let a protected change through, for its entry in the timeline. */
export interface Grounds {
  readonly evidence?: string;
  /** Why the policy was set aside. */
  readonly reason?: string;
}

export interface Protection {
  readonly policy: Policy;
  /** Why it is set aside now; undefined when it holds. */
  readonly broken: string | undefined;
  /** Until when (ms); undefined when it holds. */
  readonly brokenUntil: number | undefined;
}

export async function readPolicy(db: Database, model: string): Promise<Policy | undefined> {
  const row = await db.selectFrom("esteira_policies").select("policy").where("model", "=", model).executeTakeFirst();
  return row && parsePolicy(JSON.parse(row.policy));
}

/** Called under the lock of the model's row, as everything that changes its policy is. */
export async function protectionOf(db: Database, model: string, now: number): Promise<Protection | undefined> {
  const policy = await readPolicy(db, model);
  if (policy === undefined) return undefined;
  const glass = await db
    .selectFrom("esteira_broken_glass")
    .select(["reason", "until"])
    .where("model", "=", model)
    .where("until", ">", now)
    .executeTakeFirst();
  return { policy, broken: glass?.reason, brokenUntil: glass === undefined ? undefined : Number(glass.until) };
}

/** Lets a version reach a target, or throws PERMISSION_DENIED with every check that is not met. */
export async function allowPromotion(
  db: Database,
  now: number,
  {
    model,
    version,
    target,
    beside = [],
    held,
  }: Promotion & {
    /** The versions that would share the target with it: a protected one is one version's alone. */
    readonly beside?: readonly number[];
    /** What the version's files are found to be; see `findHeld`. */
    readonly held?: HeldModel | undefined;
  },
): Promise<Grounds> {
  const protection = await protectionOf(db, model, now);
  if (protection === undefined || !protects(protection.policy, target)) return {};
  if (protection.broken !== undefined) return { reason: protection.broken };
  const { policy } = protection;
  const { unmet, evidence, modelDigest } = await judged(db, now, policy, { model, version, target });
  const shared =
    beside.length === 0 ? [] : [`version ${beside.join(", ")} stands there too: archive it by the same call`];
  const all = [...unmet, ...shared, ...(policy.evidence === undefined ? [] : otherFiles(held, modelDigest))];
  if (all.length > 0) throw new PromotionRefused({ model, version, target }, all);
  // What let it through, and not what somebody else brought since.
  const newest = countedEvidence(policy, { now, evidence, ...(modelDigest === undefined ? {} : { modelDigest }) }).at(
    -1,
  );
  return newest === undefined ? {} : { evidence: newest.digest };
}

/** A promotion that a policy stands against. */
export class PromotionRefused extends EsteiraError {
  readonly promotion: Promotion;
  readonly unmet: readonly string[];

  constructor(promotion: Promotion, unmet: readonly string[]) {
    const { model, version, target } = promotion;
    const what = `Version ${version} of ${model} may not become ${targetName(target)}`;
    super("PERMISSION_DENIED", `${what}, because of its policy: ${unmet.join("; ")}.`);
    this.promotion = promotion;
    this.unmet = unmet;
  }
}

/** A model's files as they were just read: their digest, or why there is none. */
export type HeldModel = { readonly digest: string } | { readonly missing: string };

/** The tag is what the evidence was checked against; the files are what will answer. */
function otherFiles(held: HeldModel | undefined, tagged: string | undefined): readonly string[] {
  if (held === undefined || tagged === undefined) return [];
  if ("missing" in held) return [`its files cannot be read as a model (${held.missing})`];
  return held.digest === tagged ? [] : [`its files have the digest ${held.digest}, and its tag names ${tagged}`];
}

/**
 * Reads what a version holds, where its policy asks for evidence and this process can read it. Outside of any transaction, because
 * models are large; a version's location never changes.
 */
export async function findHeld(
  session: Session,
  context: StoreContext,
  { model, version, target }: Promotion,
): Promise<HeldModel | undefined> {
  const { heldDigest, clock } = context;
  if (heldDigest === undefined) return undefined;
  const location = await session.read(async (db) => {
    const protection = await protectionOf(db, model, clock());
    const isAsked = protection?.broken === undefined && protection?.policy.evidence !== undefined;
    if (!isAsked || !protects(protection.policy, target)) return undefined;
    return findVersionLocation(db, model, version);
  });
  if (location === undefined) return undefined;
  try {
    const digest = await heldDigest(location);
    return digest === undefined ? undefined : { digest };
  } catch (error) {
    if (!(error instanceof EsteiraError)) throw error;
    return { missing: error.message.replace(/\.$/, "") };
  }
}

export interface Promotion {
  readonly model: string;
  readonly version: number;
  readonly target: Target;
}

export async function judged(db: Database, now: number, policy: Policy, { model, version, target }: Promotion) {
  const evidence = await evidenceOf(db, model, version);
  const modelDigest = await digestOfModel(db, model, version);
  const unmet = unmetChecks(policy, {
    now,
    evidence,
    approvers: await approversOf(db, model, version, target, policy),
    ...(modelDigest === undefined ? {} : { modelDigest }),
  });
  return { unmet, evidence, modelDigest };
}

/** What a promotion would be refused for now, a sentence each; none when it would be let through. */
export async function unmetOf(db: Database, now: number, promotion: Promotion): Promise<readonly string[]> {
  const protection = await protectionOf(db, promotion.model, now);
  if (protection === undefined || protection.broken !== undefined) return [];
  if (!protects(protection.policy, promotion.target)) return [];
  const { unmet } = await judged(db, now, protection.policy, promotion);
  return unmet;
}

/** Throws PERMISSION_DENIED when one of the targets is protected: what stands there is replaced, and not taken away. */
export async function allowRemoval(
  db: Database,
  now: number,
  { model, targets, doing }: { readonly model: string; readonly targets: readonly Target[]; readonly doing: string },
): Promise<Grounds> {
  const protection = await protectionOf(db, model, now);
  const hit = targets.find((target) => protection !== undefined && protects(protection.policy, target));
  if (protection === undefined || hit === undefined) return {};
  if (protection.broken !== undefined) return { reason: protection.broken };
  throw refusal(`${doing} would take away the ${targetName(hit)}`, [
    "a protected one is only ever replaced by another version",
    ...frozen(protection.policy, now),
  ]);
}

/** Throws PERMISSION_DENIED when one of these models is under a policy. */
export async function allowUnprotected(
  db: Database,
  now: number,
  models: readonly string[],
  doing: string,
): Promise<Grounds> {
  for (const model of models) {
    const protection = await protectionOf(db, model, now);
    if (protection?.broken !== undefined) return { reason: protection.broken };
    if (protection !== undefined) throw refusal(doing, [`${model} is under a policy`]);
  }
  return {};
}

function refusal(what: string, unmet: readonly string[]): EsteiraError {
  return new EsteiraError("PERMISSION_DENIED", `${what}, because of its policy: ${unmet.join("; ")}.`);
}

export async function evidenceOf(db: Database, model: string, version: number) {
  const rows = await db
    .selectFrom("esteira_evidence")
    .select(["digest", "evidence", "signer", "at"])
    .where("model", "=", model)
    .where("version", "=", version)
    .orderBy("at")
    .execute();
  const signed = rows.flatMap(({ digest, evidence, signer, at }) => {
    const { data } = evidenceWire.safeParse(JSON.parse(evidence));
    if (data?.outcome !== "passed") return [];
    return [{ digest, model: data.digests.model, gate: data.digests.gate, key: signer, at }];
  });
  return [...signed, ...(await vouchedEvidence(db, model, version))].sort((a, b) => a.at - b.at);
}

async function digestOfModel(db: Database, model: string, version: number): Promise<string | undefined> {
  return taggedDigest(await findVersionTag(db, model, version, MODEL_DIGEST));
}

/** What belongs to a model goes with it. */
export async function renamePolicyRows(db: Database, from: string, to: string): Promise<void> {
  for (const table of [
    "esteira_policies",
    "esteira_broken_glass",
    "esteira_evidence",
    "esteira_vouched_evidence",
    "esteira_approvals",
    "esteira_trusted_identities",
  ] as const) {
    await db.updateTable(table).set({ model: to }).where("model", "=", from).execute();
  }
}

/** A new model of this name begins with version 1 again, which nobody has approved. The policy stays. */
export async function forgetGrounds(db: Database, model: string): Promise<void> {
  for (const table of ["esteira_evidence", "esteira_vouched_evidence", "esteira_approvals"] as const) {
    await db.deleteFrom(table).where("model", "=", model).execute();
  }
}

import { countedEvidence, type Policy, protects } from "@esteira/core/policy/policy";
import type { Prospect } from "@esteira/core/policy/prospect";
import type { Database } from "../database/tables.ts";
import { findModelVersion } from "../registry/model-version-data.ts";
import { approversOf, authorOf } from "./approvals.ts";
import { evidenceOf, judged, type Promotion, protectionOf } from "./guard.ts";

/**
 * What a promotion would meet now. The version's files are not read again here, as they are when it is promoted.
 *
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST for a version that there is not.
 */
export async function prospectOf(db: Database, now: number, promotion: Promotion): Promise<Prospect> {
  const { model, version, target } = promotion;
  await findModelVersion(db, model, version);
  const author = await authorOf(db, model, version);
  const protection = await protectionOf(db, model, now);
  const made = author === undefined ? {} : { author };
  if (protection === undefined || !protects(protection.policy, target)) {
    const evidence = (await evidenceOf(db, model, version)).map((one) => ({ ...one, counts: false }));
    return { isProtected: false, unmet: [], approvers: [], evidence, ...made };
  }
  const { policy, broken, brokenUntil } = protection;
  const { unmet, evidence, modelDigest } = await judged(db, now, policy, promotion);
  const digest = modelDigest === undefined ? {} : { modelDigest };
  const counted = new Set<unknown>(countedEvidence(policy, { now, evidence, ...digest }));
  return {
    isProtected: true,
    unmet,
    approvers: await approversOf(db, model, version, target, policy),
    evidence: evidence.map((one) => ({ ...one, counts: counted.has(one) })),
    ...made,
    ...digest,
    ...askedOf(policy),
    ...(broken === undefined || brokenUntil === undefined ? {} : { broken: { reason: broken, until: brokenUntil } }),
  };
}

const askedOf = ({ approvals }: Policy) => (approvals === undefined ? {} : { approvals });

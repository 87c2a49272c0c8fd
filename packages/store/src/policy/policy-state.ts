import { isObject } from "@esteira/core/timeline/json";
import type { PolicyState } from "@esteira/core/timeline/policy-state";
import type { Database } from "../database/tables.ts";
import { identityTexts } from "../trust/trusts.ts";

interface Found {
  policy: PolicyState["policy"];
  glass: string | undefined;
  readonly evidence: Set<string>;
  readonly approvals: Set<string>;
  readonly identities: Set<string>;
}

/** All policies, evidence, approvals and trusted identities as their tables hold them now. */
export async function policyState(db: Database): Promise<ReadonlyMap<string, PolicyState>> {
  const found = new Map<string, Found>();
  const of = (model: string): Found => {
    const known = found.get(model) ?? {
      ...{ policy: undefined, glass: undefined },
      ...{ evidence: new Set<string>(), approvals: new Set<string>(), identities: new Set<string>() },
    };
    found.set(model, known);
    return known;
  };
  for (const { model, policy } of await db.selectFrom("esteira_policies").selectAll().execute())
    of(model).policy = parsed(policy);
  const evidence = await db.selectFrom("esteira_evidence").select(["model", "version", "digest"]).execute();
  const vouched = await db.selectFrom("esteira_vouched_evidence").select(["model", "version", "digest"]).execute();
  for (const { model, version, digest } of [...evidence, ...vouched]) of(model).evidence.add(`${version} ${digest}`);
  const approvals = await db
    .selectFrom("esteira_approvals as approval")
    .innerJoin("esteira_users as user", "user.id", "approval.user_id")
    .select(["approval.model", "approval.version", "approval.target", "user.username"])
    .execute();
  for (const { model, version, target, username } of approvals)
    of(model).approvals.add(`${version} ${target} ${username}`);
  for (const { model, text } of await identityTexts(db)) of(model).identities.add(text);
  for (const { model, until, reason } of await db.selectFrom("esteira_broken_glass").selectAll().execute())
    of(model).glass = brokenUntil(until, reason);
  return found;
}

/** How the timeline tells of a policy that is set aside. */
export const brokenUntil = (until: number, reason: string): string =>
  `until ${new Date(until).toISOString()}: ${reason}`;

/** What is no JSON any more is told as the text that it is. */
function parsed(text: string): PolicyState["policy"] {
  try {
    const value = JSON.parse(text);
    if (isObject(value)) return value;
  } catch {}
  return { text };
}

import { z } from "zod";
import { STAGES } from "../entities/registered-model.ts";
import { invalid } from "../errors.ts";

const DAY_MS = 86_400_000;
const fingerprint = z.string().regex(/^[0-9a-f]{64}$/, "must be the SHA-256 of a public key, 64 hexadecimal digits");
const instant = z.iso.datetime({ offset: true });

/** A target that a version may not reach, or leave, unless the policy is met. */
const policySchema = z.strictObject({
  aliases: z.array(z.string().min(1)).default([]),
  stages: z.array(z.enum(STAGES)).default([]),
  /** A verdict of this gate that says `passed`, signed by one of these keys or brought by one of these trusted identities. */
  evidence: z
    .strictObject({
      keys: z.array(fingerprint).default([]),
      identities: z.array(z.string().min(1)).default([]),
      /** SHA-256 of the gate's file: a verdict of another gate does not count. */
      gate: z.string().min(1).optional(),
      max_age_days: z.number().positive().max(3650).default(30),
    })
    .optional(),
  /** So many people of a role, none of them the version's author. */
  approvals: z.strictObject({ count: z.int().min(1).max(20), role: z.string().min(1) }).optional(),
  /** When nothing is promoted. */
  freezes: z.array(z.strictObject({ from: instant, until: instant, reason: z.string().min(1) })).default([]),
});

export type Policy = z.output<typeof policySchema>;
export { policySchema as policyWire };

/** @throws EsteiraError INVALID_PARAMETER_VALUE with the field that is wrong. */
export function parsePolicy(value: unknown): Policy {
  const parsed = policySchema.safeParse(value);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw invalid(`The policy's ${issue?.path.join(".") || "fields"}: ${issue?.message ?? "not understood"}.`);
  }
  const policy = parsed.data;
  if (policy.aliases.length + policy.stages.length === 0) {
    throw invalid("The policy protects nothing: name aliases or stages.");
  }
  if (policy.evidence !== undefined && policy.evidence.keys.length + policy.evidence.identities.length === 0) {
    throw invalid("The policy's evidence trusts nobody: name keys, or identities of a CI.");
  }
  const wrong = policy.freezes.find(({ from, until }) => Date.parse(from) >= Date.parse(until));
  if (wrong !== undefined)
    throw invalid(`The policy's freeze from ${wrong.from} ends before it begins: ${wrong.until}.`);
  return policy;
}

export type Target = { readonly alias: string } | { readonly stage: string };

export const targetName = (target: Target): string =>
  "alias" in target ? `alias ${target.alias}` : `stage ${target.stage}`;

export const protects = (policy: Policy, target: Target): boolean =>
  "alias" in target ? policy.aliases.includes(target.alias) : policy.stages.some((stage) => stage === target.stage);

/** What is known of a version when it is to be promoted. */
export interface PromotionFacts {
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The version's `esteira.model.sha256`; undefined where nobody has said it. */
  readonly modelDigest?: string;
  readonly evidence: readonly {
    readonly model: string;
    readonly gate: string;
    /** The fingerprint of the key that signed it. */
    readonly key?: string;
    /** The trusted identity that brought it. */
    readonly identity?: string;
    readonly at: number;
  }[];
  /** Names of those who have approved this version for this target and still belong to the role. */
  readonly approvers: readonly string[];
}

/** What a policy misses before a version may reach a target, a sentence each; none when it may. */
export function unmetChecks(policy: Policy, facts: PromotionFacts): readonly string[] {
  return [
    ...frozen(policy, facts.now),
    ...missingEvidence(policy, facts),
    ...missingApprovals(policy, facts.approvers),
  ];
}

export function frozen(policy: Policy, now: number): readonly string[] {
  return policy.freezes
    .filter(({ from, until }) => now >= Date.parse(from) && now < Date.parse(until))
    .map(({ until, reason }) => `nothing moves until ${until} (${reason})`);
}

function missingEvidence(policy: Policy, facts: PromotionFacts): readonly string[] {
  const { evidence: wanted } = policy;
  const { modelDigest, evidence } = facts;
  if (wanted === undefined) return [];
  if (modelDigest === undefined) return ["the version says no digest of its model (tag esteira.model.sha256)"];
  if (countedEvidence(policy, facts).length > 0) return [];
  const trusted = evidence.filter((one) => isTrusted(wanted, one));
  if (trusted.length === 0) return [`there is no evidence that its gate was passed, ${sayTrusted(wanted)}`];
  const ofModel = trusted.filter(({ model }) => model === modelDigest);
  if (ofModel.length === 0) return ["its evidence is of a model with another digest"];
  const isOfGate = ofModel.some(({ gate }) => wanted.gate === undefined || gate === wanted.gate);
  return isOfGate ? [`its evidence is older than ${wanted.max_age_days} days`] : ["its evidence is of another gate"];
}

type Wanted = NonNullable<Policy["evidence"]>;
type Known = PromotionFacts["evidence"][number];

const isTrusted = (wanted: Wanted, { key, identity }: Known): boolean =>
  (key !== undefined && wanted.keys.includes(key)) || (identity !== undefined && wanted.identities.includes(identity));

/** The evidence that counts for a policy, in the order in which it is given; none where the policy asks for none. */
export function countedEvidence<E extends Known>(
  { evidence: wanted }: Policy,
  facts: Pick<PromotionFacts, "now" | "modelDigest"> & { readonly evidence: readonly E[] },
): readonly E[] {
  const { now, modelDigest, evidence } = facts;
  if (wanted === undefined) return [];
  return evidence.filter(
    (one) =>
      isTrusted(wanted, one) &&
      one.model === modelDigest &&
      (wanted.gate === undefined || one.gate === wanted.gate) &&
      one.at <= now &&
      now - one.at <= wanted.max_age_days * DAY_MS,
  );
}

const sayTrusted = ({ keys, identities }: Wanted): string =>
  [
    ...(keys.length > 0 ? ["signed by a trusted key"] : []),
    ...(identities.length > 0 ? [`brought by the CI as ${identities.join(" or ")}`] : []),
  ].join(" or ");

function missingApprovals({ approvals: wanted }: Policy, approvers: readonly string[]): readonly string[] {
  if (wanted === undefined || approvers.length >= wanted.count) return [];
  const given = approvers.length === 0 ? "none" : `${approvers.length} (${approvers.join(", ")})`;
  return [`it needs ${wanted.count} approvals of the role ${wanted.role} and has ${given}`];
}

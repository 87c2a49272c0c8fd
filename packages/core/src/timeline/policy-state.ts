import type { TimelineEntry } from "./entry.ts";
import { canonicalJson, isObject, type JsonObject, own, patchesBetween } from "./json.ts";
import type { OutsideChange } from "./model-state.ts";

/** What stands beside a registered model: its policy, and what speaks for its versions. */
export interface PolicyState {
  readonly policy: JsonObject | undefined;
  /** `VERSION DIGEST` of each. */
  readonly evidence: ReadonlySet<string>;
  /** `VERSION TARGET USER` of each. */
  readonly approvals: ReadonlySet<string>;
  /** `identityText` of each identity of a CI that is trusted with the model. */
  readonly identities: ReadonlySet<string>;
  /** Until when the policy was set aside last, and why. */
  readonly glass: string | undefined;
}

interface Known {
  policy: JsonObject | undefined;
  readonly evidence: Set<string>;
  readonly approvals: Set<string>;
  readonly identities: Set<string>;
  glass: string | undefined;
}

const unknown = (): Known => ({
  ...{ policy: undefined, glass: undefined },
  ...{ evidence: new Set(), approvals: new Set(), identities: new Set() },
});

/** A trusted identity as its entry tells of it, but for the name of the model, which may change. */
export function identityText(identity: JsonObject): string {
  const { model: _, steps, ...rest } = identity;
  return canonicalJson({ ...rest, steps: Array.isArray(steps) ? steps.map(String).sort() : null });
}

/** Policies, evidence, approvals and trusted identities as the entries of a chain tell them. */
export class PolicyHistory {
  readonly #models = new Map<string, Known>();
  #sequence = 0;

  apply(entry: TimelineEntry): void {
    this.#sequence = entry.sequence;
    const { action, subject, after } = entry;
    if (action === "model.renamed") this.#rename(subject.model, after);
    if (action === "model.deleted") this.#forget(subject.model);
    if (!/^(policy|evidence|approval|trust)\./.test(action)) return;
    const state = this.#of(subject.model);
    if (action === "evidence.submitted") state.evidence.add(`${subject.version} ${entry.evidence}`);
    if (action === "approval.lapsed") forgetVersion(state.approvals, subject.version);
    if (action === "approval.given") state.approvals.add(`${subject.version} ${entry.reason} ${entry.actor.name}`);
    const [gone, come] = [entry.before, after].map((side) => (side === null ? undefined : own(side, "trust")));
    if (isObject(gone)) state.identities.delete(identityText(gone));
    if (isObject(come)) state.identities.add(identityText(come));
    if (action === "policy.broken") state.glass = entry.reason;
    if (after === null || !Object.hasOwn(after, "policy")) return;
    const policy = own(after, "policy");
    state.policy = isObject(policy) ? policy : undefined;
  }

  /**
   * Policies that are not as they were set, and evidence, approvals and trusted identities that nobody brought. What is gone of the latter is no
   * difference: approvals go with their users, and without evidence less is allowed.
   */
  differences(found: ReadonlyMap<string, PolicyState>): readonly OutsideChange[] {
    const names = [...new Set([...this.#models.keys(), ...found.keys()])].sort();
    return names.flatMap((model): OutsideChange[] => {
      const known = this.#models.get(model);
      const there = found.get(model);
      const policies = patchesBetween(policyOf(known?.policy), policyOf(there?.policy));
      const foreign = {
        ...foreignOf("evidence", there?.evidence, known?.evidence),
        ...foreignOf("approvals", there?.approvals, known?.approvals),
        ...foreignOf("identities", there?.identities, known?.identities),
        ...(there?.glass === undefined || there.glass === known?.glass ? {} : { broken: there.glass }),
      };
      if (policies === undefined && Object.keys(foreign).length === 0) return [];
      const chain = policies === undefined ? {} : policyOf(known?.policy);
      const now = policies === undefined ? {} : policyOf(there?.policy);
      return [{ after: this.#sequence, model, chain, found: { ...now, ...foreign } }];
    });
  }

  #of(model: string): Known {
    const known = this.#models.get(model) ?? unknown();
    this.#models.set(model, known);
    return known;
  }

  #rename(from: string, after: JsonObject | null): void {
    const to = after === null ? undefined : own(after, "name");
    const state = this.#models.get(from);
    if (state === undefined || typeof to !== "string") return;
    this.#models.delete(from);
    this.#models.set(to, state);
  }

  /** A model of this name that is made anew has its policy still, and nothing that speaks for a version. */
  #forget(model: string): void {
    const state = this.#models.get(model);
    state?.evidence.clear();
    state?.approvals.clear();
  }
}

function forgetVersion(approvals: Set<string>, version: number | undefined): void {
  for (const approval of approvals) if (approval.startsWith(`${version} `)) approvals.delete(approval);
}

/** None is told as null, as the entries have it. */
const policyOf = (policy: JsonObject | undefined): JsonObject => ({ policy: policy ?? null });

function foreignOf(
  name: string,
  there: ReadonlySet<string> | undefined,
  known: ReadonlySet<string> | undefined,
): JsonObject {
  const foreign = [...(there ?? [])].filter((one) => known?.has(one) !== true).sort();
  return foreign.length === 0 ? {} : { [name]: foreign };
}

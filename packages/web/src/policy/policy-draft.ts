import { STAGES, type Stage } from "@esteira/core/entities/registered-model";
import type { Policy } from "@esteira/core/policy/policy";
import { listed } from "../access/form-fields.ts";

export interface FreezeDraft {
  /** Tells the lines of the form apart. */
  readonly key: number;
  /** As an `<input type="datetime-local">` holds it: the reader's own time, without a zone. */
  readonly from: string;
  readonly until: string;
  readonly reason: string;
}

/** A policy as its form holds it: texts, which may be half written. */
export interface PolicyDraft {
  readonly aliases: string;
  readonly stages: readonly Stage[];
  readonly asksEvidence: boolean;
  readonly keys: string;
  readonly identities: string;
  readonly gate: string;
  readonly maxAgeDays: string;
  readonly asksApprovals: boolean;
  readonly count: string;
  readonly role: string;
  readonly freezes: readonly FreezeDraft[];
}

export const PROTECTABLE: readonly Stage[] = STAGES.filter((stage) => stage === "Staging" || stage === "Production");

const NEW: PolicyDraft = {
  aliases: "champion",
  stages: ["Production"],
  asksEvidence: true,
  keys: "",
  identities: "",
  gate: "",
  maxAgeDays: "30",
  asksApprovals: false,
  count: "2",
  role: "",
  freezes: [],
};

/** The form of a policy; of none, what most models want. */
export function draftOf(policy: Policy | undefined): PolicyDraft {
  if (policy === undefined) return NEW;
  const { aliases, stages, evidence, approvals, freezes } = policy;
  return {
    aliases: aliases.join(", "),
    stages,
    asksEvidence: evidence !== undefined,
    keys: evidence?.keys.join("\n") ?? NEW.keys,
    identities: evidence?.identities.join("\n") ?? NEW.identities,
    gate: evidence?.gate ?? NEW.gate,
    maxAgeDays: String(evidence?.max_age_days ?? NEW.maxAgeDays),
    asksApprovals: approvals !== undefined,
    count: String(approvals?.count ?? NEW.count),
    role: approvals?.role ?? NEW.role,
    freezes: freezes.map(({ from, until, reason }, key) => ({ key, from: local(from), until: local(until), reason })),
  };
}

const local = (iso: string): string => {
  const at = new Date(iso);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
};

/** The instant that a reader's clock shows so; what is no time goes to the server as it is, which refuses it. */
const instant = (text: string): string => {
  const at = new Date(text);
  return Number.isNaN(at.getTime()) ? text : at.toISOString();
};

/** What the server is asked to set: it judges it, and says which field is wrong. */
export function policyOf(draft: PolicyDraft): unknown {
  return {
    aliases: listed(draft.aliases).map((alias) => alias.replace(/^@/, "")),
    stages: draft.stages,
    ...(draft.asksEvidence && {
      evidence: {
        keys: listed(draft.keys),
        identities: listed(draft.identities),
        ...(draft.gate.trim() !== "" && { gate: draft.gate.trim() }),
        max_age_days: Number(draft.maxAgeDays),
      },
    }),
    ...(draft.asksApprovals && { approvals: { count: Number(draft.count), role: draft.role.trim() } }),
    freezes: draft.freezes.map(({ from, until, reason }) => ({
      from: instant(from),
      until: instant(until),
      reason: reason.trim(),
    })),
  };
}

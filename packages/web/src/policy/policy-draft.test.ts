import { parsePolicy } from "@esteira/core/policy/policy";
import { expect, it } from "vitest";
import { draftOf, policyOf } from "./policy-draft.ts";

const KEY = "a".repeat(64);

it("gives back the policy that it was made of", () => {
  const policy = parsePolicy({
    aliases: ["champion", "shadow"],
    stages: ["Production"],
    evidence: { keys: [KEY], identities: ["github-main"], gate: "g", max_age_days: 7 },
    approvals: { count: 2, role: "risk" },
    freezes: [{ from: "2026-11-27T00:00:00.000Z", until: "2026-11-30T00:00:00.000Z", reason: "Black Friday" }],
  });
  expect(parsePolicy(policyOf(draftOf(policy)))).toEqual(policy);
});

it("leaves out what is not asked for, and takes an alias as people write it", () => {
  const draft = { ...draftOf(undefined), aliases: "@champion @shadow", asksEvidence: false };
  expect(policyOf(draft)).toEqual({ aliases: ["champion", "shadow"], stages: ["Production"], freezes: [] });
});

it("sends what is no time as it was written, so that the server can say so", () => {
  const draft = { ...draftOf(undefined), freezes: [{ key: 0, from: "", until: "2026-11-30T00:00", reason: "x" }] };
  expect(() => parsePolicy(policyOf(draft))).toThrow("freezes.0.from");
});

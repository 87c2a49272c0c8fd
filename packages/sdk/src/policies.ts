import type { Evidence, SignedEvidence } from "@esteira/core/policy/evidence";
import { type Policy, policyWire, type Target } from "@esteira/core/policy/policy";
import { type Prospect, prospectWire } from "@esteira/core/policy/prospect";
import { z } from "zod";
import { nothing, type Transport } from "./transport.ts";

/** What protects models, and what speaks for promotions. What only Esteira's server answers. */
export function policiesOf(transport: Transport) {
  const service = "esteira" as const;
  return {
    /** For admins. A policy as its file holds it: see `Policy`. */
    set: (name: string, policy: unknown): Promise<void> =>
      transport.call("POST", "policies/set", nothing, { body: { name, policy }, service }),
    get: (name: string): Promise<Policy> =>
      transport.call(
        "GET",
        "policies/get",
        z.object({ policy: policyWire }).transform((wire) => wire.policy),
        { query: { name }, service },
      ),
    /** Undefined of a model under no policy. */
    find: (name: string): Promise<Policy | undefined> =>
      transport.call(
        "GET",
        "policies/find",
        z.object({ policy: policyWire.optional() }).transform((wire) => wire.policy),
        { query: { name }, service },
      ),
    /** For admins. */
    list: (): Promise<readonly { readonly name: string; readonly policy: Policy }[]> =>
      transport.call(
        "GET",
        "policies/list",
        z
          .object({ policies: z.array(z.object({ name: z.string(), policy: policyWire })) })
          .transform((wire) => wire.policies),
        { service },
      ),
    /** For admins. */
    remove: (name: string): Promise<void> =>
      transport.call("POST", "policies/remove", nothing, { body: { name }, service }),
    /** For admins. Answers until when (ms) the policy is set aside. */
    breakGlass: (name: string, reason: string, minutes: number): Promise<number> =>
      transport.call(
        "POST",
        "policies/break-glass",
        z.object({ until: z.int() }).transform((wire) => wire.until),
        { body: { name, reason, minutes }, service },
      ),
    /** Answers the evidence's digest. */
    submitEvidence: (signed: SignedEvidence): Promise<string> =>
      transport.call(
        "POST",
        "policies/evidence",
        z.object({ digest: z.string() }).transform((wire) => wire.digest),
        { body: { signed }, service },
      ),
    /** As a trusted identity of a CI, without a signature. Answers the evidence's digest. */
    vouchForEvidence: (evidence: Evidence): Promise<string> =>
      transport.call(
        "POST",
        "policies/evidence",
        z.object({ digest: z.string() }).transform((wire) => wire.digest),
        { body: { evidence }, service },
      ),
    /** Answers who has approved the version for this target so far. */
    approve: (name: string, version: string, target: Target): Promise<readonly string[]> =>
      transport.call(
        "POST",
        "policies/approve",
        z.object({ approvers: z.array(z.string()) }).transform((wire) => wire.approvers),
        { body: { name, version, ...target }, service },
      ),
    /** What the version would meet on its way to the target, as things stand now. Changes nothing. */
    prospect: (name: string, version: string, target: Target): Promise<Prospect> =>
      transport.call("GET", "policies/prospect", prospectWire, { query: { name, version, ...target }, service }),
  };
}

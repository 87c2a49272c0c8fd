import type { TrustedIdentity } from "@esteira/core/entities/trusted-identity";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { parseVersion } from "@esteira/core/names";
import { evidenceWire, signedEvidenceWire } from "@esteira/core/policy/evidence";
import { parsePolicy, policyWire, type Target } from "@esteira/core/policy/policy";
import { prospectToWire, prospectWire } from "@esteira/core/policy/prospect";
import type { PolicyStore } from "@esteira/store/policy/policies";
import { z } from "zod";
import type { Caller } from "../access/caller.ts";
import { ADMIN, administers, read, reads, registers, registersAs, update } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { nonEmpty, requiredDouble, requiredText, text } from "../http/fields.ts";
import { nothing } from "../http/paging.ts";

/** Policies are an admin's to set, evidence is brought by whoever may change a version, and approvals are people's. */
export function policyEndpoints(policies: PolicyStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/policies/set",
      policy: administers(ADMIN),
      summary: "Put a registered model under a policy",
      input: z.object({ name: requiredText, policy: z.unknown() }),
      output: nothing,
      run: async ({ name, policy }, _, caller) => {
        await policies.setPolicy(name, parsePolicy(policy), caller.actor);
        return {};
      },
    }),
    endpoint({
      method: "GET",
      path: "/policies/get",
      policy: reads(read("version", "name")),
      summary: "Get the policy of a registered model",
      input: z.object({ name: requiredText }),
      output: z.object({ policy: policyWire }),
      run: async ({ name }) => ({ policy: await policies.getPolicy(name) }),
    }),
    endpoint({
      method: "GET",
      path: "/policies/find",
      policy: reads(read("version", "name")),
      summary: "Get the policy of a registered model, or nothing when it is under none",
      input: z.object({ name: requiredText }),
      output: z.object({ policy: policyWire.optional() }),
      run: async ({ name }) => {
        const policy = await policies.findPolicy(name);
        return policy === undefined ? {} : { policy };
      },
    }),
    endpoint({
      method: "GET",
      path: "/policies/list",
      policy: reads(ADMIN),
      summary: "List the policies of all registered models",
      input: z.object({}),
      output: z.object({ policies: z.array(z.object({ name: z.string(), policy: policyWire })) }),
      run: async () => ({
        policies: (await policies.listPolicies()).map(({ model, policy }) => ({ name: model, policy })),
      }),
    }),
    endpoint({
      method: "POST",
      path: "/policies/remove",
      policy: administers(ADMIN),
      summary: "Take a registered model out of its policy",
      input: z.object({ name: requiredText }),
      output: nothing,
      run: async ({ name }, _, caller) => {
        await policies.removePolicy(name, caller.actor);
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/policies/break-glass",
      policy: administers(ADMIN),
      summary: "Set a policy aside for some minutes, with a reason that the timeline keeps",
      input: z.object({ name: requiredText, reason: requiredText, minutes: requiredDouble }),
      output: z.object({ until: z.int() }),
      run: async ({ name, reason, minutes }, _, caller) => ({
        until: await policies.breakGlass(name, { reason, minutes }, caller.actor),
      }),
    }),
    endpoint({
      method: "POST",
      path: "/policies/evidence",
      policy: registersAs("evidence")(update("version", "signed.evidence.name"), update("version", "evidence.name")),
      summary: "Bring evidence that a version has passed its gate: signed, or as a trusted identity of a CI",
      input: z.object({ signed: z.unknown().optional(), evidence: z.unknown().optional() }),
      output: z.object({ digest: z.string() }),
      run: async ({ signed, evidence }, _, caller) => ({
        digest:
          evidence === undefined
            ? await policies.submitEvidence(parsed(signedEvidenceWire, signed), caller.actor)
            : await policies.vouchForEvidence(parsed(evidenceWire, evidence), identityOf(caller), caller.actor),
      }),
    }),
    endpoint({
      method: "POST",
      path: "/policies/approve",
      policy: registers(read("version", "name")),
      summary: "Approve a version for an alias or a stage",
      input: z.object({ name: requiredText, version: requiredText, alias: text, stage: text }),
      output: z.object({ approvers: z.array(z.string()) }),
      run: async ({ name, version, ...target }, _, caller) => ({
        approvers: await policies.approve(
          { model: name, version: parseVersion(version), target: targetOf(target) },
          { userId: person(caller), actor: caller.actor },
        ),
      }),
    }),
    endpoint({
      method: "GET",
      path: "/policies/prospect",
      policy: reads(read("version", "name")),
      summary: "Tell what a version would meet on its way to an alias or a stage, as things stand now",
      input: z.object({ name: requiredText, version: requiredText, alias: text, stage: text }),
      output: prospectWire,
      run: async ({ name, version, ...target }) =>
        prospectToWire(
          await policies.prospect({ model: name, version: parseVersion(version), target: targetOf(target) }),
        ),
    }),
  ];
}

function parsed<T extends z.ZodType>(wire: T, value: unknown): z.output<T> {
  const { data, error } = wire.safeParse(value);
  if (data !== undefined) return data;
  const issue = error?.issues[0];
  throw invalid(`The evidence's ${issue?.path.join(".") || "fields"}: ${issue?.message ?? "not understood"}.`);
}

function targetOf(input: { alias?: string | undefined; stage?: string | undefined }): Target {
  const [alias, stage] = [nonEmpty(input.alias), nonEmpty(input.stage)];
  if (alias !== undefined && stage === undefined) return { alias };
  if (stage !== undefined && alias === undefined) return { stage };
  throw invalid("Say for which alias, or for which stage, the version is meant: one of the two.");
}

function identityOf({ via }: Caller): TrustedIdentity {
  if (via?.kind === "ci") return via.token.identity;
  throw new EsteiraError(
    "PERMISSION_DENIED",
    "Evidence without a signature is taken from a trusted identity of a CI alone: sign it with a key, or sign in with `esteira ci login`.",
  );
}

/** Programs approve nothing, and without access control nobody is known. */
function person({ user, via }: Caller): number {
  if (user !== undefined && via !== undefined && via.kind !== "token" && via.kind !== "ci") return user.id;
  throw new EsteiraError(
    "PERMISSION_DENIED",
    "An approval is a person's: sign in with a password or at the identity provider.",
  );
}

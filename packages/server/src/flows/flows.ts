import { EsteiraError, invalid } from "@esteira/core/errors";
import { REPORTS, type Report } from "@esteira/core/flow/entity";
import { flowSpecWire } from "@esteira/core/flow/flow-spec";
import { parseVersion } from "@esteira/core/names";
import type { Target } from "@esteira/core/policy/policy";
import { claimToWire, claimWire, detailsToWire, flowDetailsWire, flowToWire, flowWire } from "@esteira/core/wire/flow";
import type { FlowStore } from "@esteira/store/flow/flows";
import type { PolicyStore } from "@esteira/store/policy/policies";
import { z } from "zod";
import type { Caller } from "../access/caller.ts";
import { ADMIN, administers, read, reads, registers, update } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { int64, list, nonEmpty, requiredDouble, requiredInteger, requiredText, text } from "../http/fields.ts";
import { nothing } from "../http/paging.ts";

/** How long a runner may be silent, in seconds. */
const LEASE = { standard: 30, most: 3600 };
const one = z.object({ flow: flowWire });
const named = { name: requiredText, flow_id: requiredInteger };

/**
 * Which way a model's versions go is an admin's to say, since runners do it with their rights. Who may change a version starts,
 * cancels and rolls back; a yes or no is a person's; runners are an admin's programs.
 */
export function flowEndpoints(flows: FlowStore, policies: PolicyStore): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/flows/set",
      policy: administers(ADMIN),
      summary: "Say by which deployment flow the new versions of a registered model go to production",
      input: z.object({ name: requiredText, spec: z.unknown() }),
      output: nothing,
      run: async ({ name, spec }, _, caller) => {
        await flows.setSpec(name, parseSpec(spec), caller.actor);
        return {};
      },
    }),
    endpoint({
      method: "GET",
      path: "/flows/spec",
      policy: reads(read("version", "name")),
      summary: "Get the deployment flow of a registered model",
      input: z.object({ name: requiredText }),
      output: z.object({ spec: flowSpecWire }),
      run: async ({ name }) => ({ spec: await flows.getSpec(name) }),
    }),
    endpoint({
      method: "POST",
      path: "/flows/remove",
      policy: administers(ADMIN),
      summary: "Let new versions of a registered model start no flow any more",
      input: z.object({ name: requiredText }),
      output: nothing,
      run: async ({ name }, _, caller) => {
        await flows.removeSpec(name, caller.actor);
        return {};
      },
    }),
    endpoint({
      method: "POST",
      path: "/flows/start",
      policy: registers(update("version", "name")),
      summary: "Start the deployment flow of a version",
      input: z.object({ name: requiredText, version: requiredText }),
      output: one,
      run: async ({ name, version }, _, caller) => {
        parseVersion(version);
        return { flow: flowToWire(await flows.start(name, version, caller.actor)) };
      },
    }),
    endpoint({
      method: "GET",
      path: "/flows/get",
      policy: reads(read("version", "name")),
      summary: "Get a flow with its steps, and what the policy misses for its promotion",
      input: z.object(named),
      output: flowDetailsWire,
      run: async ({ name, flow_id }) => detailsToWire(await flows.get(name, flow_id)),
    }),
    endpoint({
      method: "GET",
      path: "/flows/of-model",
      policy: reads(read("version", "name")),
      summary: "List the flows of a registered model, the newest first",
      input: z.object({ name: requiredText }),
      output: z.object({ flows: z.array(flowWire) }),
      run: async ({ name }) => ({ flows: (await flows.list({ model: name })).map(flowToWire) }),
    }),
    endpoint({
      method: "GET",
      path: "/flows/list",
      policy: reads(ADMIN),
      summary: "List the flows of all registered models, the newest first",
      input: z.object({ active: text }),
      output: z.object({ flows: z.array(flowWire) }),
      run: async ({ active }) => ({ flows: (await flows.list({ isActive: active === "true" })).map(flowToWire) }),
    }),
    endpoint({
      method: "POST",
      path: "/flows/decide",
      policy: registers(read("version", "name")),
      summary: "Approve or decline what a flow waits for, as the person who is signed in",
      input: z.object({ ...named, decision: requiredText, reason: text }),
      output: one,
      run: async ({ name, flow_id, decision, reason }, _, caller) => {
        const { id, actor } = person(caller);
        const decided = oneOf("decision", decision, ["approve", "decline"]);
        if (decided === "approve" && id !== undefined) {
          const { flow } = await flows.get(name, flow_id);
          if (flow.work === "approval") await approveTargets(policies, flow, { userId: id, actor });
        }
        const ask = { model: name, id: flow_id, ask: decided, reason: nonEmpty(reason) ?? "" };
        return { flow: flowToWire(await flows.ask(ask, actor)) };
      },
    }),
    endpoint({
      method: "POST",
      path: "/flows/end",
      policy: registers(update("version", "name")),
      summary: "Cancel a flow under way, or roll a promoted version back",
      input: z.object({ ...named, how: requiredText, reason: text }),
      output: one,
      run: async ({ name, flow_id, how, reason }, _, caller) => {
        const ask = {
          model: name,
          id: flow_id,
          ask: oneOf("how", how, ["cancel", "rollback"]),
          reason: nonEmpty(reason) ?? "",
        };
        return { flow: flowToWire(await flows.ask(ask, caller.actor)) };
      },
    }),
    endpoint({
      method: "POST",
      path: "/flows/claim",
      policy: registers(ADMIN),
      summary: "For runners: get the next step that is due, for a while and alone",
      input: z.object({ runner: requiredText, targets: list(requiredText), lease_seconds: int64 }),
      output: z.object({ claim: claimWire.exactOptional() }),
      run: async ({ runner, targets, lease_seconds }, _, caller) => {
        const input = { runner: runner.slice(0, 250), targets, leaseMs: leaseMs(lease_seconds) };
        const claim = await flows.claim(input, caller.actor);
        return claim === undefined ? {} : { claim: claimToWire(claim) };
      },
    }),
    endpoint({
      method: "POST",
      path: "/flows/renew",
      policy: registers(ADMIN),
      summary: "For runners: keep a step for a while longer",
      input: z.object({
        flow_id: requiredInteger,
        number: requiredInteger,
        lease: requiredText,
        lease_seconds: int64,
      }),
      output: z.object({ until: z.int() }),
      run: async ({ flow_id, number, lease, lease_seconds }) => ({
        until: await flows.renew({ id: flow_id, number, lease }, leaseMs(lease_seconds)),
      }),
    }),
    endpoint({
      method: "POST",
      path: "/flows/report",
      policy: registers(ADMIN),
      summary: "For runners: say how a step went",
      input: z.object({
        ...{ flow_id: requiredInteger, number: requiredInteger, lease: requiredText },
        kind: requiredText,
        reason: text,
        seconds: requiredDouble.optional(),
        result: z.unknown().optional(),
      }),
      output: one,
      run: async ({ flow_id, number, lease, kind, reason, seconds, result }, _, caller) => {
        const held = { id: flow_id, number, lease };
        const report = reportOf(oneOf("kind", kind, REPORTS), nonEmpty(reason), seconds);
        return { flow: flowToWire(await flows.report(held, report, result ?? undefined, caller.actor)) };
      },
    }),
  ];
}

function oneOf<const Names extends readonly string[]>(field: string, given: string, names: Names): Names[number] {
  const known = names.find((name) => name === given);
  if (known !== undefined) return known;
  throw invalid(`'${field}' is '${given}': expected ${names.join(" or ")}.`);
}

function parseSpec(value: unknown) {
  const { data, error } = flowSpecWire.safeParse(value);
  if (data !== undefined) return data;
  const issue = error.issues[0];
  throw invalid(`The flow's ${issue?.path.join(".") || "fields"}: ${issue?.message ?? "not understood"}.`);
}

function leaseMs(seconds: number | undefined): number {
  const given = seconds ?? LEASE.standard;
  if (given >= 1 && given <= LEASE.most) return given * 1000;
  throw invalid(`A lease of ${given} seconds: expected 1 to ${LEASE.most}.`);
}

function reportOf(kind: Report["kind"], reason: string | undefined, seconds: number | undefined): Report {
  if (kind === "done") return { kind, note: reason };
  if (reason === undefined) throw invalid(`A step that is reported as '${kind}' says why, as its reason.`);
  if (kind !== "waiting") return { kind, reason };
  if (seconds !== undefined && seconds >= 0 && seconds <= 86_400) return { kind, reason, seconds };
  throw invalid("A step that waits says in how many seconds to look again, from 0 to 86400.");
}

/** Programs decide nothing. Without access control everybody is nobody, who may do everything. */
function person({ user, via, actor }: Caller): { readonly id: number | undefined; readonly actor: Caller["actor"] } {
  if (user === undefined) return { id: undefined, actor };
  if (via !== undefined && via.kind !== "token") return { id: user.id, actor };
  throw new EsteiraError(
    "PERMISSION_DENIED",
    "A flow is approved or declined by a person: sign in with a password or at the identity provider.",
  );
}

/** Whoever approves a flow approves what the model's policy asks approvals for: one yes, not three. */
async function approveTargets(
  policies: PolicyStore,
  {
    model,
    version,
    spec,
  }: { readonly model: string; readonly version: string; readonly spec: z.output<typeof flowSpecWire> },
  approver: Parameters<PolicyStore["approve"]>[1],
): Promise<void> {
  const policy = (await policies.listPolicies()).find((one) => one.model === model)?.policy;
  if (policy?.approvals === undefined) return;
  const targets: readonly Target[] = [
    ...policy.aliases.filter((alias) => alias === spec.alias).map((alias) => ({ alias })),
    ...policy.stages.filter((stage) => spec.stages && stage === "Production").map((stage) => ({ stage })),
  ];
  for (const target of targets) {
    try {
      await policies.approve({ model, version: Number(version), target }, approver);
    } catch (error) {
      if (!(error instanceof EsteiraError && error.code === "RESOURCE_ALREADY_EXISTS")) throw error;
    }
  }
}

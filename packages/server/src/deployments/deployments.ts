import { type Arm, CHANGE_KINDS, versionOfUri } from "@esteira/core/entities/deployment";
import { EsteiraError, invalid } from "@esteira/core/errors";
import {
  armsWire,
  deploymentChangeToWire,
  deploymentChangeWire,
  deploymentToWire,
  deploymentWire,
  orderClaimWire,
  orderToWire,
  rollbackOrderWire,
} from "@esteira/core/wire/deployment";
import { flowToWire, flowWire } from "@esteira/core/wire/flow";
import type { DeploymentStore } from "@esteira/store/deployment/deployments";
import type { FlowStore } from "@esteira/store/flow/flows";
import { z } from "zod";
import type { Caller } from "../access/caller.ts";
import { ADMIN, read, reads, registers, registersAs, update } from "../access/policy.ts";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { int64, list, nonEmpty, requiredInteger, requiredText, text } from "../http/fields.ts";

/** How long a runner may be silent that brings a rollback about, in milliseconds. */
const LEASE_MS = 300_000;
const LONGEST = { target: 32, place: 512, name: 128, note: 2000, url: 2048 };
const one = z.object({ deployment: deploymentWire });
const named = { name: requiredText, deployment_id: requiredInteger };

/**
 * What serves versions. Whoever may change a version tells of its deployments and asks for a rollback; a rollback is brought about
 * by a runner, which is an admin's program.
 */
export function deploymentEndpoints(deployments: DeploymentStore, flows: FlowStore): readonly Endpoint[] {
  /** A deployment is found by its number and the model that it serves: the model is what permissions are on. */
  const found = async (name: string, id: number) => {
    const deployment = await deployments.get(id);
    if (deployment.model === name) return deployment;
    throw new EsteiraError("RESOURCE_DOES_NOT_EXIST", `The model ${name} has no deployment ${id}.`);
  };
  return [
    endpoint({
      method: "POST",
      path: "/deployments/record",
      policy: registersAs("promote")(update("version", "name")),
      summary: "For those who deploy: tell what a deployment serves now, or why it does not",
      input: z.object({
        ...{ name: requiredText, version: requiredText, target: requiredText, place: requiredText },
        ...{ deployment: requiredText, kind: requiredText, arms: z.unknown(), former: z.unknown().optional() },
        ...{ url: text, generation: int64, flow_id: int64, note: text },
      }),
      output: one,
      run: async (input, _, caller) => {
        const { name, version, target, place, deployment, url, note, generation, flow_id } = input;
        const kind = CHANGE_KINDS.find((known) => known === input.kind);
        if (kind === undefined) throw invalid(`'kind' is '${input.kind}': expected ${CHANGE_KINDS.join(" or ")}.`);
        const told = {
          ...{ kind, model: name, version, target, place, name: deployment },
          arms: primaryFirst(parseArms("arms", input.arms), name, version),
          ...(input.former === undefined || input.former === null ? {} : { former: parseArms("former", input.former) }),
          ...{ url: nonEmpty(url), note: nonEmpty(note)?.slice(0, LONGEST.note), generation, flow: flow_id },
        };
        checkLengths(told);
        // Who serves another model there now takes the place of the former's deployment.
        const held = await deployments.find(told);
        if (held !== undefined && held.model !== name) await mayChange(caller, held.model);
        return { deployment: deploymentToWire(await deployments.record(told, caller.actor)) };
      },
    }),
    endpoint({
      method: "GET",
      path: "/deployments/list",
      policy: reads(),
      summary: "List the deployments of all registered models that the caller may read, the last change first",
      input: z.object({}),
      output: z.object({ deployments: z.array(deploymentWire) }),
      run: async (_, __, caller) => ({
        deployments: (await deployments.list({ visible: caller.versions() })).map(deploymentToWire),
      }),
    }),
    endpoint({
      method: "GET",
      path: "/deployments/of-model",
      policy: reads(read("version", "name")),
      summary: "List the deployments of a registered model, the last change first",
      input: z.object({ name: requiredText }),
      output: z.object({ deployments: z.array(deploymentWire) }),
      run: async ({ name }) => ({ deployments: (await deployments.list({ model: name })).map(deploymentToWire) }),
    }),
    endpoint({
      method: "GET",
      path: "/deployments/get",
      policy: reads(read("version", "name")),
      summary: "Get a deployment with its changes, the newest first",
      input: z.object(named),
      output: one.extend({ changes: z.array(deploymentChangeWire) }),
      run: async ({ name, deployment_id }) => ({
        deployment: deploymentToWire(await found(name, deployment_id)),
        changes: (await deployments.changes(deployment_id)).map(deploymentChangeToWire),
      }),
    }),
    endpoint({
      method: "POST",
      path: "/deployments/rollback",
      policy: registers(update("version", "name")),
      summary: "Let a deployment serve what it served before its last change: by its flow, or by a runner at its place",
      input: z.object({ ...named, reason: text }),
      output: z.object({ order: rollbackOrderWire.exactOptional(), flow: flowWire.exactOptional() }),
      run: async ({ name, deployment_id, reason }, _, caller) => {
        const deployment = await found(name, deployment_id);
        const why = nonEmpty(reason) ?? "";
        const { flow: id } = deployment;
        if (id === undefined) {
          const { order } = await deployments.askRollback({ id: deployment_id, reason: why }, caller.actor);
          return { order: orderToWire(order) };
        }
        // What a flow has done it also undoes, with the alias and the stage.
        const { flow } = await flows.get(name, id);
        if (flow.work === undefined && flow.outcome !== "promoted")
          throw invalid(
            `Flow ${id} has ended (${flow.outcome ?? "unknown"}) and has put ${deployment.name} back already: what it served before was given up.`,
          );
        const ask = { model: name, id, ask: "rollback", reason: why } as const;
        return { flow: flowToWire(await flows.ask(ask, caller.actor)) };
      },
    }),
    endpoint({
      method: "POST",
      path: "/deployments/claim",
      policy: registers(ADMIN),
      summary: "For runners: say where you work, and get a rollback that is waited for there",
      input: z.object({
        runner: requiredText,
        places: list(z.object({ target: requiredText, place: requiredText })),
      }),
      output: z.object({ claim: orderClaimWire.exactOptional() }),
      run: async ({ runner, places }) => {
        const claim = await deployments.claimOrder({ runner: runner.slice(0, 250), places, leaseMs: LEASE_MS });
        if (claim === undefined) return {};
        const { deployment, order, lease } = claim;
        return { claim: { deployment: deploymentToWire(deployment), order: orderToWire(order), lease } };
      },
    }),
    endpoint({
      method: "POST",
      path: "/deployments/settle",
      policy: registers(ADMIN),
      summary: "For runners: say how a rollback went",
      input: z.object({ order_id: requiredInteger, lease: requiredText, outcome: requiredText, note: text }),
      output: z.object({ order: rollbackOrderWire }),
      run: async ({ order_id, lease, outcome, note }) => {
        if (outcome !== "done" && outcome !== "failed")
          throw invalid(`'outcome' is '${outcome}': expected done or failed.`);
        const held = { id: order_id, lease, outcome, note: nonEmpty(note)?.slice(0, LONGEST.note) } as const;
        return { order: orderToWire(await deployments.settleOrder(held)) };
      },
    }),
  ];
}

const mayChange = (caller: Caller, model: string): Promise<void> =>
  caller.check(registersAs("promote")(update("version", "name")), { input: { name: model }, params: {} });

function parseArms(field: string, value: unknown): readonly Arm[] {
  const { data, error } = armsWire.safeParse(value);
  if (data !== undefined) return data;
  const issue = error.issues[0];
  throw invalid(
    `'${field}${issue?.path.map((part) => `.${String(part)}`).join("") ?? ""}': ${issue?.message ?? "not understood"}.`,
  );
}

/** The primary first, which is the version that the caller was permitted to speak of. */
function primaryFirst(arms: readonly Arm[], name: string, version: string): readonly Arm[] {
  const primary = arms.find(({ role }) => role === "primary");
  const served = primary && versionOfUri(primary.uri);
  if (primary === undefined || served?.name !== name || served.version !== version)
    throw invalid(`'arms': the primary is ${primary?.uri ?? "none"}: expected models:/${name}/${version}.`);
  return [primary, ...arms.filter((arm) => arm !== primary)];
}

function checkLengths(told: {
  readonly target: string;
  readonly place: string;
  readonly name: string;
  readonly url: string | undefined;
}) {
  for (const field of ["target", "place", "name", "url"] as const) {
    const length = told[field]?.length ?? 0;
    if (length > LONGEST[field])
      throw invalid(`'${field}' is ${length} characters long: at most ${LONGEST[field]} are kept.`);
  }
}

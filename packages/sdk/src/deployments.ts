import type {
  Arm,
  ChangeKind,
  Deployment,
  DeploymentChange,
  OrderClaim,
  RollbackOrder,
} from "@esteira/core/entities/deployment";
import type { Flow } from "@esteira/core/flow/entity";
import { deploymentChangeWire, deploymentWire, orderClaimWire, rollbackOrderWire } from "@esteira/core/wire/deployment";
import { flowWire } from "@esteira/core/wire/flow";
import { z } from "zod";
import type { Transport } from "./transport.ts";

const one = z.object({ deployment: deploymentWire }).transform((wire) => wire.deployment);
const many = z.object({ deployments: z.array(deploymentWire) }).transform((wire) => wire.deployments);
const withChanges = z
  .object({ deployment: deploymentWire, changes: z.array(deploymentChangeWire) })
  .transform((wire): DeploymentDetails => wire);

export interface DeploymentDetails {
  readonly deployment: Deployment;
  /** The newest first. */
  readonly changes: readonly DeploymentChange[];
}

/** What somebody who deploys has done. */
export interface ToldChange {
  readonly model: string;
  readonly version: string;
  readonly target: string;
  readonly place: string;
  readonly name: string;
  readonly kind: ChangeKind;
  readonly arms: readonly Arm[];
  readonly former?: readonly Arm[] | undefined;
  readonly url?: string | undefined;
  readonly generation?: number | undefined;
  readonly flow?: number | undefined;
  readonly note?: string | undefined;
}

/** What serves versions. What only Esteira's server answers. */
export function deploymentsOf(transport: Transport) {
  const service = "esteira" as const;
  return {
    /** For those who deploy. */
    record: ({ model, name, flow, ...told }: ToldChange): Promise<Deployment> =>
      transport.call("POST", "deployments/record", one, {
        body: { ...told, name: model, deployment: name, ...(flow === undefined ? {} : { flow_id: flow }) },
        service,
      }),
    list: (): Promise<readonly Deployment[]> => transport.call("GET", "deployments/list", many, { service }),
    ofModel: (name: string): Promise<readonly Deployment[]> =>
      transport.call("GET", "deployments/of-model", many, { query: { name }, service }),
    get: (name: string, id: number): Promise<DeploymentDetails> =>
      transport.call("GET", "deployments/get", withChanges, { query: { name, deployment_id: id }, service }),
    /** By the flow that has deployed it, else by a runner at its place. */
    rollback: (
      name: string,
      id: number,
      reason = "",
    ): Promise<{ readonly order?: RollbackOrder; readonly flow?: Flow }> =>
      transport.call(
        "POST",
        "deployments/rollback",
        z.object({ order: rollbackOrderWire.exactOptional(), flow: flowWire.exactOptional() }),
        { body: { name, deployment_id: id, reason }, service },
      ),
    /** For runners: says where they work, and gives a rollback that is waited for there. */
    claim: (
      runner: string,
      places: readonly { readonly target: string; readonly place: string }[],
    ): Promise<OrderClaim | undefined> =>
      transport.call(
        "POST",
        "deployments/claim",
        z.object({ claim: orderClaimWire.exactOptional() }).transform((wire): OrderClaim | undefined => wire.claim),
        { body: { runner, places }, service },
      ),
    settle: (
      { order, lease }: Pick<OrderClaim, "lease"> & { readonly order: Pick<RollbackOrder, "id"> },
      outcome: "done" | "failed",
      note = "",
    ): Promise<RollbackOrder> =>
      transport.call(
        "POST",
        "deployments/settle",
        z.object({ order: rollbackOrderWire }).transform((wire) => wire.order),
        { body: { order_id: order.id, lease, outcome, note }, service },
      ),
    /**
     * Yields each time that something of deployments, rollbacks, runners or flows has changed, and whenever a lost connection is made
     * again: ask anew then. Throws when the server stays away, or the signal is given.
     */
    watch: (signal: AbortSignal) => watch(transport, signal),
  };
}

/** Before a stream that was lost, or that the server has ended, is opened again. */
const PAUSE_MS = 1000;

async function* watch(transport: Transport, signal: AbortSignal): AsyncGenerator<void, void, undefined> {
  for (;;) {
    for await (const { name } of await transport.events("deployments/events", { signal }))
      if (name === "changed") yield;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    signal.throwIfAborted();
  }
}

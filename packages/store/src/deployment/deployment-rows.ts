import type { Deployment, DeploymentChange, RollbackOrder } from "@esteira/core/entities/deployment";
import { CHANGE_KINDS } from "@esteira/core/entities/deployment";
import { armsWire } from "@esteira/core/wire/deployment";
import type { Selectable } from "kysely";
import type { Tables } from "../database/tables.ts";

export type DeploymentRow = Selectable<Tables["esteira_deployments"]>;
export type ChangeRow = Selectable<Tables["esteira_deployment_changes"]>;
export type OrderRow = Selectable<Tables["esteira_rollback_orders"]>;

/** A rollback that nobody took is none any more: whoever asked has found another way. */
export const ORDER_WAITS_MS = 600_000;
/** A runner that was silent for so long is not there. */
export const RUNNER_GONE_MS = 30_000;

export const armsOf = (text: string) => armsWire.parse(JSON.parse(text));

export function toDeployment(
  row: DeploymentRow,
  runners: readonly string[],
  order: OrderRow | undefined,
  now: number,
): Deployment {
  const { id, target, place, name, model, url, generation, flow, problem } = row;
  return {
    ...{ id, target, place, name, model, version: String(row.version), state: stateOf(row.state) },
    ...{ arms: armsOf(row.arms), changedAt: row.changed_at, changedBy: row.changed_by, runners },
    ...(row.former === null ? {} : { former: armsOf(row.former) }),
    ...(url === null ? {} : { url }),
    ...(generation === null ? {} : { generation }),
    ...(flow === null ? {} : { flow }),
    ...(problem === null ? {} : { problem }),
    ...(order === undefined ? {} : { order: toOrder(order, now) }),
  };
}

const stateOf = (text: string): Deployment["state"] =>
  (["serving", "failed", "removed"] as const).find((known) => known === text) ?? "failed";

export function toChange(row: ChangeRow): DeploymentChange {
  return {
    ...{ id: row.id, version: String(row.version), arms: armsOf(row.arms), at: row.changed_at, by: row.changed_by },
    kind: CHANGE_KINDS.find((known) => known === row.kind) ?? "applied",
    ...(row.flow === null ? {} : { flow: row.flow }),
    ...(row.note === null ? {} : { note: row.note }),
  };
}

/** Whether a runner may still take it, or has it. */
export const isOpen = (row: OrderRow, now: number): boolean =>
  row.outcome === null && ((row.leased_until ?? 0) > now || row.asked_at + ORDER_WAITS_MS > now);

export function toOrder(row: OrderRow, now: number): RollbackOrder {
  const ended = (["done", "failed"] as const).find((known) => known === row.outcome);
  const outcome = ended ?? (isOpen(row, now) ? undefined : "expired");
  const isHeld = outcome !== undefined || (row.leased_until ?? 0) > now;
  return {
    ...{ id: row.id, askedBy: row.asked_by, askedAt: row.asked_at, reason: row.reason },
    ...(row.generation === null ? {} : { generation: row.generation }),
    ...(row.runner !== null && isHeld ? { runner: row.runner } : {}),
    ...(outcome === undefined ? {} : { outcome }),
    ...(row.note === null ? {} : { note: row.note }),
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
  };
}

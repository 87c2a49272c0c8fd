import type { Flow, FlowStep } from "@esteira/core/flow/entity";
import type { FlowState } from "@esteira/core/flow/flow";
import { WORKS, type Work } from "@esteira/core/flow/steps";
import type { Selectable } from "kysely";
import type { Tables } from "../database/tables.ts";

export type FlowRow = Selectable<Tables["esteira_flows"]>;
export type StepRow = Selectable<Tables["esteira_flow_steps"]>;

/** Only this store writes the column: what it holds is a `FlowState`. JSON has no undefined. */
export function stateOf({ state }: Pick<FlowRow, "state">): FlowState {
  const held: FlowState = JSON.parse(state);
  const { spec, number, furthest, dueAt, faults } = held;
  return {
    ...{ spec, number, furthest, dueAt, faults },
    work: held.work ?? undefined,
    outcome: held.outcome ?? undefined,
    reason: held.reason ?? undefined,
    deadline: held.deadline ?? undefined,
    note: held.note ?? undefined,
    approvedBy: held.approvedBy ?? undefined,
  };
}

/** The columns that follow from a state. */
export const columnsOf = (state: FlowState) => ({
  state: JSON.stringify(state),
  work: state.work ?? null,
  number: state.number,
  due_at: state.dueAt,
  deadline: state.deadline ?? null,
});

export function toFlow(row: FlowRow, now: number): Flow {
  const { spec, work, number, furthest, outcome, reason, note, approvedBy, dueAt, deadline } = stateOf(row);
  const isLeased = row.runner !== null && row.leased_until !== null && row.leased_until > now;
  return {
    ...{ id: row.id, model: row.model, version: String(row.version), spec, number, furthest, dueAt },
    ...(row.former === null ? {} : { former: String(row.former) }),
    ...(work === undefined ? {} : { work }),
    ...(outcome === undefined ? {} : { outcome }),
    ...(reason === undefined ? {} : { reason }),
    ...(note === undefined ? {} : { note }),
    ...(approvedBy === undefined ? {} : { approvedBy }),
    ...(deadline === undefined ? {} : { deadline }),
    ...(isLeased ? { runner: row.runner ?? "" } : {}),
    ...{ startedBy: row.started_by, startedAt: row.started_at },
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
  };
}

const workOf = (text: string): Work => WORKS.find((known) => known === text) ?? "undo";
const ENDINGS = ["done", "refused", "waiting", "fault", "timeout", "approve", "decline", "cancel", "rollback"] as const;

export function toStep(row: StepRow): FlowStep {
  const ending = ENDINGS.find((known) => known === row.ending);
  return {
    ...{ number: row.number, work: workOf(row.work), beganAt: row.began_at, claims: row.claims },
    ...(row.ended_at === null ? {} : { endedAt: row.ended_at }),
    ...(ending === undefined ? {} : { ending }),
    ...(row.note === null ? {} : { note: row.note }),
    ...(row.result === null ? {} : { result: JSON.parse(row.result) }),
  };
}

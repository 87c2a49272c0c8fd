/** The state machine of a deployment flow: what happens to it, and what it does next. Pure: time is a parameter. */

import { invalid } from "../errors.ts";
import { type FlowSpec, stepsOf, timeoutMs } from "./flow-spec.ts";
import { type Outcome, STEPS, type Step, UNDO, type Work } from "./steps.ts";

/** Instants are milliseconds since the epoch. */
export interface FlowState {
  readonly spec: FlowSpec;
  /** What is to be done; undefined when the flow has ended. */
  readonly work: Work | undefined;
  /** Counts what was begun: with the flow's id it names one piece of work, however often it is tried. */
  readonly number: number;
  /** How it ends; while something is undone already decided. */
  readonly outcome: Outcome | undefined;
  /** Why it ends so. */
  readonly reason: string | undefined;
  /** The furthest step that was begun: what there may be to undo. */
  readonly furthest: Step;
  /** Past it, the step is given up; undefined where giving up would leave production half changed. */
  readonly deadline: number | undefined;
  /** Nobody need look before. */
  readonly dueAt: number;
  /** Faults of this step so far. */
  readonly faults: number;
  /** What was last said of the step: what it waits for, or what went wrong. */
  readonly note: string | undefined;
  readonly approvedBy: string | undefined;
}

export type FlowEvent =
  /** The step is done, or there was nothing for it to do. */
  | { readonly kind: "done"; readonly note?: string | undefined }
  /** It does not prove what it must. */
  | { readonly kind: "refused"; readonly reason: string }
  /** Neither yet: look again in so many seconds. */
  | { readonly kind: "waiting"; readonly reason: string; readonly seconds: number }
  /** It could not be done this time. */
  | { readonly kind: "fault"; readonly reason: string }
  | { readonly kind: "timeout" }
  | { readonly kind: "approve"; readonly by: string }
  | { readonly kind: "decline" | "cancel" | "rollback"; readonly by: string; readonly reason: string };

/** A step is tried so often before the flow fails. */
const MOST_FAULTS = 8;
const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

export function beginFlow(spec: FlowSpec, now: number): FlowState {
  const first = stepsOf(spec)[0] ?? "stage";
  return enter({ spec, number: 0, outcome: undefined, reason: undefined, approvedBy: undefined }, first, first, now);
}

/**
 * What an event makes of a flow.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for what a person may not ask of it now.
 */
export function advance(flow: FlowState, event: FlowEvent, now: number): FlowState {
  const { work } = flow;
  if (work === undefined) {
    if (event.kind === "rollback" && flow.outcome === "promoted")
      return begunUndo(flow, "rolled-back", said(event), now);
    throw invalid(`The flow has ended (${flow.outcome ?? "unknown"})${wantsPromoted(event)}.`);
  }
  switch (event.kind) {
    case "done":
      return next(flow, work, now, event.note);
    case "refused":
      return refused(flow, work, event.reason, now);
    case "waiting":
      return { ...flow, note: event.reason, dueAt: now + Math.round(event.seconds * 1000) };
    case "fault":
      return faulty(flow, work, event.reason, now);
    case "timeout":
      return timedOut(flow, work, now);
    case "approve":
      if (work === "approval") return { ...flow, approvedBy: event.by, dueAt: now };
      throw invalid(`The flow is at the step ${work}: it is approved at the step approval.`);
    case "decline":
      if (work === "approval") return begunUndo(flow, "declined", said(event), now);
      throw invalid(`The flow is at the step ${work}: it is declined at the step approval; cancel it.`);
    case "cancel":
    case "rollback":
      if (work === UNDO) throw invalid(`The flow is being undone already (${flow.outcome ?? "unknown"}).`);
      if (event.kind === "cancel" && work === "archive")
        throw invalid("The version is in production already: roll the flow back.");
      return begunUndo(flow, event.kind === "cancel" ? "cancelled" : "rolled-back", said(event), now);
  }
}

/** True when its step is past its time. */
export const isOverdue = ({ work, deadline }: FlowState, now: number): boolean =>
  work !== undefined && deadline !== undefined && now > deadline;

const said = ({ by, reason }: { readonly by: string; readonly reason: string }): string =>
  reason === "" ? `by ${by}` : `by ${by}: ${reason}`;

const wantsPromoted = (event: FlowEvent): string =>
  event.kind === "rollback" ? ": only a promoted version is rolled back" : "";

function next(flow: FlowState, work: Work, now: number, note: string | undefined): FlowState {
  if (work === UNDO) return ended(flow, flow.outcome ?? "failed", flow.reason, note);
  const steps = stepsOf(flow.spec);
  const step = steps[steps.indexOf(work) + 1];
  return step === undefined ? ended(flow, "promoted", undefined, note) : enter(flow, step, step, now);
}

function refused(flow: FlowState, work: Work, reason: string, now: number): FlowState {
  // Undoing and putting away prove nothing: who says so has a fault.
  if (work === UNDO || work === "archive") return faulty(flow, work, reason, now);
  return begunUndo(flow, work === "judge" ? "rolled-back" : "refused", `${work}: ${reason}`, now);
}

function faulty(flow: FlowState, work: Work, reason: string, now: number): FlowState {
  const faults = flow.faults + 1;
  // Half undone is no end: it is tried until it is done.
  if (work === UNDO || faults < MOST_FAULTS)
    return {
      ...flow,
      faults,
      note: reason,
      dueAt: now + Math.min(LONGEST_PAUSE_MS, FIRST_PAUSE_MS * 2 ** (faults - 1)),
    };
  return givenUp(flow, work, reason, now);
}

function timedOut(flow: FlowState, work: Work, now: number): FlowState {
  if (!isOverdue(flow, now)) throw invalid(`The step ${work} has time left.`);
  const because = flow.note === undefined ? "" : ` (${flow.note})`;
  return givenUp(flow, work, `it was not done in its time${because}`, now);
}

function givenUp(flow: FlowState, work: Work, reason: string, now: number): FlowState {
  // In production it is all the same.
  if (work === "archive") return ended(flow, "promoted", `archive: ${reason}`, reason);
  return begunUndo(flow, "failed", `${work}: ${reason}`, now);
}

function begunUndo(flow: FlowState, outcome: Outcome, reason: string, now: number): FlowState {
  const deciding = { ...flow, outcome, reason };
  // Until a version is served somewhere there is nothing to put back.
  if (STEPS.indexOf(flow.furthest) < STEPS.indexOf("stage")) return ended(flow, outcome, reason, undefined);
  return enter(deciding, UNDO, flow.furthest, now);
}

function enter(
  flow: Pick<FlowState, "spec" | "number" | "outcome" | "reason" | "approvedBy">,
  work: Work,
  furthest: Step,
  now: number,
): FlowState {
  return {
    ...{ spec: flow.spec, outcome: flow.outcome, reason: flow.reason, approvedBy: flow.approvedBy },
    ...{ work, furthest, number: flow.number + 1, dueAt: now, faults: 0, note: undefined },
    deadline: work === UNDO ? undefined : now + timeoutMs(flow.spec, work),
  };
}

const ended = (flow: FlowState, outcome: Outcome, reason: string | undefined, note: string | undefined): FlowState => ({
  ...{ ...flow, outcome, reason, note, work: undefined, deadline: undefined },
});

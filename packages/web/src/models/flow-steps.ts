import type { FlowDetails, FlowStep } from "@esteira/core/flow/entity";
import { stepsOf } from "@esteira/core/flow/flow-spec";
import { UNDO, type Work } from "@esteira/core/flow/steps";

export type StepState = "done" | "now" | "waiting" | "refused" | "failed" | "ended" | "later" | "skipped";

export interface ShownStep {
  readonly work: Work;
  readonly state: StepState;
  /** What was done of it last; absent of a step that was not begun. */
  readonly step?: FlowStep;
  /** What it waits for, or what went wrong. */
  readonly note?: string;
}

/** Every step that a flow has, and how each stands; undoing comes last, where there was any. */
export function shownSteps({ flow, steps }: FlowDetails): readonly ShownStep[] {
  const hasUndone = flow.work === UNDO || steps.some(({ work }) => work === UNDO);
  const works: readonly Work[] = hasUndone ? [...stepsOf(flow.spec), UNDO] : stepsOf(flow.spec);
  return works.map((work): ShownStep => {
    const step = steps.filter((one) => one.work === work).at(-1);
    const isNow = flow.work === work;
    const note = isNow ? flow.note : step?.note;
    return {
      work,
      state: stateOf(step, isNow, flow.note !== undefined && flow.runner === undefined, flow.work === undefined),
      ...(step === undefined ? {} : { step }),
      ...(note === undefined ? {} : { note }),
    };
  });
}

function stateOf(step: FlowStep | undefined, isNow: boolean, waits: boolean, hasEnded: boolean): StepState {
  if (isNow) return waits ? "waiting" : "now";
  if (step === undefined) return hasEnded ? "skipped" : "later";
  switch (step.ending) {
    case "done":
      return "done";
    case "refused":
    case "decline":
      return "refused";
    case "fault":
    case "timeout":
      return "failed";
    default:
      return "ended";
  }
}

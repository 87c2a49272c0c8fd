import type { Flow, FlowStep } from "@esteira/core/flow/entity";
import { flowSpecWire } from "@esteira/core/flow/flow-spec";
import { expect, test } from "vitest";
import { shownSteps } from "./flow-steps.ts";

const spec = flowSpecWire.parse({ canary: {}, approval: true });
const flow = (part: Partial<Flow>): Flow => ({
  ...{ id: 1, model: "fraud", version: "2", spec, number: 1, furthest: "stage" as const },
  ...{ dueAt: 0, startedBy: "ana", startedAt: 0, ...part },
});
const step = (part: Partial<FlowStep> & Pick<FlowStep, "work">): FlowStep => ({
  number: 1,
  beganAt: 0,
  claims: 1,
  ...part,
});

test("steps stand as done, waiting and not begun", () => {
  const steps = [
    step({ work: "stage", ending: "done" }),
    step({ work: "smoke", ending: "done" }),
    step({ work: "approval" }),
  ];
  const shown = shownSteps({ flow: flow({ work: "approval", note: "nobody said yes" }), steps, unmet: [] });
  expect(shown.map(({ work, state }) => `${work} ${state}`)).toEqual([
    ...[
      "stage done",
      "smoke done",
      "approval waiting",
      "canary later",
      "judge later",
      "promote later",
      "archive later",
    ],
  ]);
  expect(shown[2]?.note).toBe("nobody said yes");
});

test("an ended flow says what it never reached, and that it was undone", () => {
  const steps = [
    step({ work: "stage", ending: "done" }),
    step({ work: "smoke", ending: "refused", note: "NaN" }),
    step({ work: "undo", ending: "done" }),
  ];
  const shown = shownSteps({ flow: flow({ outcome: "refused" }), steps, unmet: [] });
  expect(shown.map(({ state }) => state)).toEqual([
    "done",
    "refused",
    "skipped",
    "skipped",
    "skipped",
    "skipped",
    "skipped",
    "done",
  ]);
});

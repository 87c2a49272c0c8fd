import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { advance, beginFlow, type FlowEvent, type FlowState, isOverdue } from "./flow.ts";
import { flowSpecWire, stepsOf } from "./flow-spec.ts";
import { STEPS, UNDO } from "./steps.ts";

const spec = (parts: object = {}) => flowSpecWire.parse(parts);
const whole = spec({ gate: { rules: "r", data: "d" }, shadow: {}, canary: {} });
const by = { by: "ana", reason: "so" };

function through(flow: FlowState, ...events: readonly FlowEvent[]): FlowState {
  return events.reduce((state, event) => advance(state, event, 1), flow);
}
const until = (step: string, of = whole): FlowState => {
  let flow = beginFlow(of, 0);
  while (flow.work !== step) flow = advance(flow, { kind: "done" }, 0);
  return flow;
};

const event: fc.Arbitrary<FlowEvent> = fc.oneof(
  { weight: 6, arbitrary: fc.constant<FlowEvent>({ kind: "done" }) },
  fc.constantFrom<FlowEvent>(
    { kind: "refused", reason: "worse" },
    { kind: "waiting", reason: "more", seconds: 5 },
    { kind: "fault", reason: "broken" },
    { kind: "timeout" },
    { kind: "approve", by: "ana" },
    { kind: "decline", ...by },
    { kind: "cancel", ...by },
    { kind: "rollback", ...by },
  ),
);
const anySpec = fc.record({ gate: fc.boolean(), shadow: fc.boolean(), canary: fc.boolean() }).map((has) =>
  spec({
    ...(has.gate && { gate: { rules: "r", data: "d" } }),
    ...(has.shadow && { shadow: {} }),
    ...(has.canary && { canary: {} }),
  }),
);

describe("a deployment flow", () => {
  it("goes through the steps that it has, in their order, and ends promoted", () => {
    for (const has of [whole, spec()]) {
      const seen: string[] = [];
      let flow = beginFlow(has, 0);
      for (; flow.work !== undefined; flow = advance(flow, { kind: "done" }, 0)) seen.push(flow.work);
      expect(seen).toEqual(stepsOf(has));
      expect(flow).toMatchObject({ outcome: "promoted", reason: undefined, number: seen.length });
    }
    expect(stepsOf(spec())).toEqual(["stage", "smoke", "approval", "promote", "archive"]);
    expect(stepsOf(whole)).toEqual(STEPS);
  });

  it("whatever happens: never skips a step, undoes what it began, and ends once", () => {
    fc.assert(
      fc.property(
        anySpec,
        fc.array(fc.tuple(event, fc.integer({ min: 0, max: 10 * 86_400_000 })), { maxLength: 60 }),
        (has, events) => {
          let flow = beginFlow(has, 0);
          let now = 0;
          const steps = stepsOf(has);
          for (const [happens, later] of events) {
            now += later;
            const before = flow;
            try {
              flow = advance(before, happens, now);
            } catch {
              continue;
            }
            const [from, to] = [before.work, flow.work];
            if (from === to && from !== undefined) {
              expect(flow.number).toBe(before.number);
              expect(flow.outcome).toBe(before.outcome);
            } else if (to === UNDO) {
              expect(steps.indexOf(flow.furthest)).toBeGreaterThanOrEqual(steps.indexOf("stage"));
              expect(flow.furthest).toBe(before.furthest);
              expect(flow.outcome).not.toBe("promoted");
              expect(flow.deadline).toBeUndefined();
            } else if (to === undefined) {
              // Either all of it was done, or nothing was left to undo.
              if (from === "archive") expect(flow.outcome).toBe("promoted");
              else if (from !== UNDO) expect(["evaluate", "gate"]).toContain(from);
              expect(flow.outcome).toBeDefined();
            } else {
              expect(happens.kind).toBe("done");
              expect(steps.indexOf(to)).toBe(steps.indexOf(from as never) + 1);
            }
            if (from !== to && to !== undefined) expect(flow.number).toBe(before.number + 1);
          }
        },
      ),
      { numRuns: 1000 },
    );
  });

  it("always ends, whatever happened, when what is left to do gets done", () => {
    fc.assert(
      fc.property(anySpec, fc.array(event, { maxLength: 30 }), (has, events) => {
        let flow = beginFlow(has, 0);
        for (const happens of events) {
          try {
            flow = advance(flow, happens, 0);
          } catch {}
        }
        for (let turn = 0; flow.work !== undefined && turn < 20; turn++) flow = advance(flow, { kind: "done" }, 0);
        expect(flow.work).toBeUndefined();
        expect(flow.outcome).toBeDefined();
      }),
    );
  });

  it("is refused before production and rolled back after, and says by which step", () => {
    expect(through(until("gate"), { kind: "refused", reason: "worse" })).toMatchObject({
      work: undefined,
      outcome: "refused",
      reason: "gate: worse",
    });
    expect(through(until("smoke"), { kind: "refused", reason: "NaN" })).toMatchObject({
      work: UNDO,
      outcome: "refused",
    });
    const judged = through(until("judge"), { kind: "refused", reason: "12 of 100 failed" });
    expect(judged).toMatchObject({
      work: UNDO,
      outcome: "rolled-back",
      reason: "judge: 12 of 100 failed",
      furthest: "judge",
    });
    expect(through(judged, { kind: "done" })).toMatchObject({ work: undefined, outcome: "rolled-back" });
  });

  it("tries a step again, later each time, and then fails; undoing is tried for ever", () => {
    let flow = until("canary");
    for (const pause of [1000, 2000, 4000, 8000, 16_000, 32_000, 60_000]) {
      flow = advance(flow, { kind: "fault", reason: "port in use" }, 0);
      expect(flow).toMatchObject({ work: "canary", dueAt: pause, note: "port in use" });
    }
    flow = advance(flow, { kind: "fault", reason: "port in use" }, 0);
    expect(flow).toMatchObject({ work: UNDO, outcome: "failed", reason: "canary: port in use" });
    for (let turn = 0; turn < 100; turn++) flow = advance(flow, { kind: "fault", reason: "down" }, 0);
    expect(flow).toMatchObject({ work: UNDO, dueAt: 60_000 });
    expect(isOverdue(flow, Number.MAX_SAFE_INTEGER)).toBe(false);
  });

  it("is given up past its time, and says what it waited for; an archive that is late takes nothing back", () => {
    const flow = through(until("judge"), { kind: "waiting", reason: "3 of 100 requests", seconds: 5 });
    expect(() => advance(flow, { kind: "timeout" }, 1000)).toThrow("The step judge has time left.");
    expect(advance(flow, { kind: "timeout" }, 86_400_001)).toMatchObject({
      work: UNDO,
      outcome: "failed",
      reason: "judge: it was not done in its time (3 of 100 requests)",
    });
    expect(advance(until("archive"), { kind: "timeout" }, 86_400_001)).toMatchObject({
      work: undefined,
      outcome: "promoted",
    });
  });

  it("does what people say where that means something, and says where it does not", () => {
    expect(through(until("approval"), { kind: "approve", by: "ana" })).toMatchObject({
      work: "approval",
      approvedBy: "ana",
    });
    expect(through(until("approval"), { kind: "decline", ...by })).toMatchObject({
      work: UNDO,
      outcome: "declined",
      reason: "by ana: so",
    });
    expect(() => through(until("smoke"), { kind: "approve", by: "ana" })).toThrow(/approved at the step approval/);
    expect(() => through(until("smoke"), { kind: "decline", ...by })).toThrow(/cancel it/);
    expect(() => through(until("archive"), { kind: "cancel", ...by })).toThrow(/roll the flow back/);
    const promoted = through(until("archive"), { kind: "done" });
    expect(through(promoted, { kind: "rollback", ...by })).toMatchObject({ work: UNDO, outcome: "rolled-back" });
    const refused = through(until("gate"), { kind: "refused", reason: "worse" });
    expect(() => through(refused, { kind: "rollback", ...by })).toThrow(/only a promoted version/);
    expect(() => through(refused, { kind: "cancel", ...by })).toThrow("The flow has ended (refused).");
    expect(() => through(promoted, { kind: "rollback", ...by }, { kind: "cancel", ...by })).toThrow(/undone already/);
  });
});

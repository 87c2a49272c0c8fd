import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Alert } from "../alerts/alert.ts";
import type { RetrainPlan } from "../file/retrain.ts";
import { dueRetraining, failed, withRetraining } from "./due-retraining.ts";
import type { Retrainings } from "./retraining.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const plan: RetrainPlan = {
  ...{ project: "p", entryPoint: "main", parameters: {}, model: "model", experiment: "e", unattended: false },
  ...{ on: ["late"], cooldown: 2 * DAY },
};
const none: Retrainings = { format: 1, model: "pix", since: 0, all: [] };
const alert = (firedAt: number, change: Partial<Alert> = {}): Alert => ({
  ...{ fingerprint: "f", rule: "late", labels: {}, severity: "act", phase: "firing", cause: "breach", value: 1 },
  ...{ since: firedAt, firedAt, resolvedAt: null, clearSince: null, missingSince: null, ...change },
});
const trained = (known: Retrainings, now: number): Retrainings => {
  const due = dueRetraining(plan, known, [alert(now)], now);
  return withRetraining(known, { ...due!, endedAt: now + HOUR, run: "r", version: "2" });
};

describe("a retraining is due", () => {
  it("once for an episode of an alert that the plan names, and not for one that only lacks data", () => {
    expect(dueRetraining(plan, none, [alert(5, { rule: "desk" }), alert(5, { cause: "no_data" })], 5)).toBeUndefined();
    expect(dueRetraining(plan, none, [alert(5, { phase: "pending" })], 5)).toBeUndefined();
    const known = trained(none, 5);
    expect(known.all[0]?.causes).toMatchObject([{ kind: "alert", rule: "late", id: "f-5" }]);
    expect(dueRetraining(plan, known, [alert(5)], 30 * DAY)).toBeUndefined();
    expect(dueRetraining(plan, known, [alert(6)], DAY)).toBeUndefined();
    expect(dueRetraining(plan, known, [alert(6)], 3 * DAY)).toMatchObject({ causes: [{ id: "f-6" }], attempts: 1 });
  });

  it("after so long by the calendar, counted from the last one whatever began it", () => {
    const monthly = { ...plan, every: 30 * DAY };
    expect(dueRetraining(monthly, none, [], 30 * DAY - 1)).toBeUndefined();
    expect(dueRetraining(monthly, none, [], 30 * DAY)).toMatchObject({ causes: [{ kind: "calendar" }] });
    expect(dueRetraining(monthly, trained(none, 10 * DAY), [], 35 * DAY)).toBeUndefined();
    expect(dueRetraining(monthly, trained(none, 10 * DAY), [], 40 * DAY)).toBeDefined();
  });

  it("again where its process was killed, and is given up after the third time; one that failed is not repeated", () => {
    let known = withRetraining(none, dueRetraining(plan, none, [alert(5)], 5)!);
    for (const attempts of [2, 3]) {
      const again = dueRetraining(plan, known, [], 6)!;
      expect(again).toMatchObject({ attempts, begunAt: 5, endedAt: null });
      known = withRetraining(known, again);
    }
    const over = dueRetraining(plan, known, [], 7)!;
    expect(over).toMatchObject({ endedAt: 7, failure: expect.stringContaining("begun 3 times") });
    expect(dueRetraining(plan, withRetraining(known, over), [alert(5)], 9 * DAY)).toBeUndefined();
  });

  it("never twice for one cause, and one at a time, whatever happens", () => {
    const event = fc.record({
      later: fc.integer({ min: 1, max: 5 * DAY }),
      episodes: fc.array(fc.integer({ min: 0, max: 5 }), { maxLength: 3 }),
      ends: fc.constantFrom("trained", "failed", "killed"),
    });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 30 }), (events) => {
        let known = none;
        let now = 0;
        for (const { later, episodes, ends } of events) {
          now += later;
          const due = dueRetraining(
            { ...plan, every: 20 * DAY },
            known,
            episodes.map((at) => alert(at)),
            now,
          );
          if (due === undefined) continue;
          const ended = { ...due, endedAt: due.endedAt ?? now };
          const kept = ends === "killed" ? due : ends === "failed" ? failed(due, "no data", now) : ended;
          known = withRetraining(known, kept);
        }
        const causes = known.all.flatMap((one) => [...new Set(one.causes.map(({ id }) => id))]);
        expect(new Set(causes).size).toBe(causes.length);
        expect(known.all.filter(({ endedAt }) => endedAt === null).length).toBeLessThanOrEqual(1);
        for (const { attempts } of known.all) expect(attempts).toBeLessThanOrEqual(3);
      }),
    );
  });
});

import { flowSpecWire } from "@esteira/core/flow/flow-spec";
import { expect, test } from "vitest";
import { judgeCanary, judgeShadow, nextShare, type Seen } from "./judge.ts";

const { canary, shadow } = flowSpecWire.parse({
  shadow: { requests: 50, max_difference: 0.1 },
  canary: { requests: 100, max_failed_share: 0.02, max_slower: 2, max_difference: 0.1 },
});
const seen = (parts: Partial<Seen> = {}): Seen => ({
  primary: { requests: 1000, failed: 10, seconds: { p99: 0.002 } },
  canary: { requests: 100, failed: 3, seconds: { p99: 0.003 } },
  shadow: { compared: 900, failed: 0, difference: { p99: 0.05 } },
  restarts: 0,
  ...parts,
});
const judged = (parts: Partial<Seen>) => judgeCanary(canary!, seen(parts));

test("a canary passes that fails hardly more than the present version, is not much slower and not very different", () => {
  expect(judged({})).toMatchObject({ kind: "passed" });
});

test("a canary is refused by each of its limits", () => {
  const own = seen().canary;
  expect(judged({ canary: { ...own, failed: 4 } })).toEqual({
    kind: "refused",
    reason: "the canary has failed on 4 of 100 requests, where 3 of 100 may",
  });
  expect(judged({ canary: { ...own, seconds: { p99: 0.0041 } } }).reason).toMatch(/2\.0 times|2\.1 times/);
  expect(judged({ shadow: { compared: 9, failed: 0, difference: { p99: 0.11 } } }).reason).toMatch(/differ by 0\.11/);
  expect(judged({ shadow: { compared: 9, failed: 0, difference: { p99: null } } }).reason).toMatch(/without end/);
  expect(judged({ restarts: 1 })).toMatchObject({ kind: "refused", reason: expect.stringContaining("once") });
});

test("what was hardly seen passes nothing, and what cannot pass any more is refused at once", () => {
  const few = { requests: 20, failed: 0, seconds: { p99: 0.001 } };
  expect(judged({ canary: few })).toEqual({ kind: "open", reason: "the canary has answered 20 of 100 requests" });
  expect(judged({ canary: { ...few, failed: 4 } })).toMatchObject({ kind: "refused" });
  expect(judged({ primary: { requests: 0, failed: 0 }, canary: { ...few, requests: 100 } })).toMatchObject({
    kind: "open",
  });
  expect(judged({ shadow: { compared: 0, failed: 0 } })).toMatchObject({ kind: "open" });
});

test("a canary that goes well is watched as long as was asked, and what is wrong is said at once", () => {
  const { canary: patient } = flowSpecWire.parse({ canary: { dwell_seconds: 60, max_failed_share: 0.1 } });
  expect(judgeCanary(patient!, seen({ seconds: 20.7 }))).toEqual({
    kind: "open",
    reason: "all is well after 20 of 60 seconds",
  });
  expect(judgeCanary(patient!, seen({ seconds: 61 }))).toMatchObject({ kind: "passed" });
  expect(judgeCanary(patient!, seen({ seconds: 1, canary: { requests: 20, failed: 15 } }))).toMatchObject({
    kind: "refused",
  });
});

test("with a confidence a canary is taken back as soon as its failures are beyond doubt, and not for bad luck", () => {
  const { canary: sure } = flowSpecWire.parse({
    canary: { requests: 1000, max_failed_share: 0.02, confidence: 0.95, dwell_seconds: 60 },
  });
  const of = (failed: number, requests: number, seconds = 61) =>
    judgeCanary(sure!, seen({ seconds, canary: { requests, failed } }));
  // 9 of the first 10 cannot be chance, though 30 of 1,000 might.
  expect(of(9, 10, 1)).toMatchObject({ kind: "refused", reason: expect.stringContaining("which is sure to 95 %") });
  // One of the first 10 can, and so can 32 of 1,000, where a plain count of 3 % would refuse.
  expect(of(1, 10)).toMatchObject({ kind: "open" });
  expect(of(32, 1000)).toMatchObject({ kind: "passed", reason: expect.stringContaining("nothing speaks against it") });
  expect(of(0, 1000, 59)).toMatchObject({ kind: "open" });
  expect(of(0, 1000)).toMatchObject({
    kind: "passed",
    reason: expect.stringContaining("more fail is shown (to 95 %)"),
  });
});

test("with a confidence a shadow is compared with one that never fails", () => {
  const { shadow: sure } = flowSpecWire.parse({ shadow: { requests: 50, max_failed_share: 0.01, confidence: 0.99 } });
  const of = (failed: number) => judgeShadow(sure!, seen({ shadow: { compared: 500, failed } }));
  expect(of(8)).toMatchObject({ kind: "passed", reason: expect.stringContaining("up to") });
  expect(of(60)).toMatchObject({ kind: "refused" });
});

test("shares grow by the steps that were said", () => {
  const ladder = { share: 0.05, steps: [0.25, 0.5] };
  expect([0.05, 0.25, 0.5].map((now) => nextShare(ladder, now))).toEqual([0.25, 0.5, undefined]);
  expect(() => flowSpecWire.parse({ canary: { share: 0.2, steps: [0.1] } })).toThrow(
    "each of the steps must be larger",
  );
});

test("the same rows must be alerts to both versions, as far as was asked", () => {
  const limits = { threshold: 0.5, max_disagreement: 0.1, max_alert_change: 0.05, max_drift: 0.3 };
  const of = (asked: object, scores: readonly (readonly [number, number])[]) => {
    const { shadow: said } = flowSpecWire.parse({ shadow: { requests: 10, ...asked } });
    return judgeShadow(said!, seen({ shadow: { compared: 50, failed: 0, scores } }));
  };
  const rows = (count: number, one: number, other: number) =>
    Array.from({ length: count }, () => [one, other] as const);
  expect(of(limits, [...rows(10, 0.9, 0.8), ...rows(90, 0.1, 0.1)])).toMatchObject({ kind: "passed" });
  expect(of(limits, rows(9, 0.9, 0.9))).toEqual({ kind: "open", reason: "9 of 10 scores were compared" });
  expect(of(limits, [...rows(6, 0.9, 0.1), ...rows(5, 0.1, 0.9), ...rows(89, 0.1, 0.1)]).reason).toBe(
    "the versions disagree on 11 % of 100 rows; at most 10 % is asked",
  );
  expect(of(limits, [...rows(8, 0.1, 0.9), ...rows(92, 0.1, 0.1)]).reason).toMatch(/alerts go from 0 % to 8 %/);
  expect(of({ max_drift: 0.3 }, rows(20, 0.1, 0.2)).reason).toMatch(/distributed otherwise by 100 %/);
  expect(() => flowSpecWire.parse({ shadow: { max_disagreement: 0.1 } })).toThrow("need the threshold");
});

test("a shadow is judged by what it was compared on", () => {
  const of = (parts: Partial<Seen["shadow"]>, restarts = 0) =>
    judgeShadow(shadow!, seen({ shadow: { compared: 50, failed: 0, difference: { p99: 0.05 }, ...parts }, restarts }));
  expect(of({})).toMatchObject({ kind: "passed" });
  expect(of({ compared: 49 })).toEqual({ kind: "open", reason: "49 of 50 requests were compared" });
  expect(of({ failed: 1 })).toMatchObject({ kind: "refused" });
  expect(of({ difference: { p99: 0.2 } })).toMatchObject({ kind: "refused" });
  expect(of({}, 2)).toMatchObject({ kind: "refused", reason: expect.stringContaining("2 times") });
});

import fc from "fast-check";
import { expect, it } from "vitest";
import { splitPods, splitText } from "./pod-split.ts";
import { mergeSettings } from "./settings.ts";

const fixed = mergeSettings(undefined, {});
const scaled = mergeSettings(undefined, { replicas: 2, maxReplicas: 9 });

it.each([
  [0.05, 9, fixed, { primary: 9, canary: 1, share: 0.1 }],
  [0.05, 19, fixed, { primary: 19, canary: 1, share: 0.05 }],
  [0.5, 3, fixed, { primary: 3, canary: 3, share: 0.5 }],
  [0.75, 4, fixed, { primary: 1, canary: 4, share: 0.8 }],
  [0.75, 4, scaled, { primary: 4, canary: 12, share: 0.75 }],
])("a share of %d beside %d pods", (share, pods, settings, split) => {
  expect(splitPods(share, pods, settings)).toEqual(split);
});

it("says what was asked and what whole pods give", () => {
  expect(splitText(0.05, splitPods(0.05, 9, fixed))).toBe(
    "the canary is asked 5 % of the requests, and gets the connections of 1 of 10 pods = 10 %",
  );
});

it("no other number of canaries beside these pods comes nearer", () => {
  fc.assert(
    fc.property(fc.double({ min: 0.01, max: 0.5, noNaN: true }), fc.integer({ min: 1, max: 40 }), (share, pods) => {
      const { canary, primary } = splitPods(share, pods, fixed);
      expect(primary).toBe(pods);
      // Counted in pods: rounding the number of pods is nearest in their ratio.
      const asked = (pods * share) / (1 - share);
      expect(canary === 1 || Math.abs(canary - asked) <= 0.5).toBe(true);
    }),
  );
});

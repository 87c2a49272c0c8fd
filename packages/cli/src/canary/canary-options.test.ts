import { expect, test } from "vitest";
import { canaryLimits } from "./canary-options.ts";

test("a canary is watched when its steps or its dwell are said, by what a flow would ask", async () => {
  expect(await canaryLimits({}, 0.05)).toBeUndefined();
  expect(
    await canaryLimits({ steps: "25,50", dwell: "60", maxFailed: "0.5", threshold: "0.7", maxDisagreement: "1" }, 0.05),
  ).toEqual({
    ...{ share: 0.05, steps: [0.25, 0.5], dwell_seconds: 60, requests: 100 },
    ...{ max_failed_share: 0.005, threshold: 0.7, max_disagreement: 0.01 },
  });
  expect(await canaryLimits({ dwell: "5", confidence: "95" }, 0.05)).toMatchObject({ confidence: 0.95 });
  expect(await canaryLimits({ dwell: "600" }, 1)).toMatchObject({ share: 1, steps: [], dwell_seconds: 600 });
});

test.each([
  [{ requests: "10" }, "has a sense where it is watched only"],
  [{ steps: "25,half" }, "--steps has 'half'"],
  [{ steps: "2" }, "The canary's steps|each of the steps must be larger"],
  [{ dwell: "-1" }, "--dwell is '-1'"],
  [{ dwell: "1", confidence: "100" }, "The canary's confidence"],
  [{ dwell: "1", maxDisagreement: "1" }, "need the threshold"],
])("%j is refused", async (values, message) => {
  await expect(canaryLimits(values, 0.05)).rejects.toThrow(new RegExp(message));
});

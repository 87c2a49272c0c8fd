import { expect, test } from "vitest";
import { parseFlow } from "./parse-flow.ts";

test("reads a flow, and fills in what it does not say", () => {
  expect(parseFlow("gate: { file: gate.yaml, data: holdout.csv }\ncanary: { share: 0.2 }")).toMatchObject({
    alias: "champion",
    target: "local",
    gate: { file: "gate.yaml", data: "holdout.csv", label: "label" },
    canary: { share: 0.2, requests: 100, max_failed_share: 0 },
  });
  expect(parseFlow("")).toMatchObject({ alias: "champion", stages: true });
});

test("says of each fault where it is", () => {
  const text = [
    "alias: two words",
    "canary:",
    "  share: 2",
    "  speed: 3",
    "timeouts:",
    "  lunch: 4",
    "shadows: {}",
  ].join("\n");
  expect(() => parseFlow(text)).toThrow(
    expect.objectContaining({
      code: "INVALID_PARAMETER_VALUE",
      message: expect.stringMatching(/^flow\.yaml:1:8: alias: must be/),
    }),
  );
  for (const place of [
    "flow.yaml:3:10: canary.share",
    "flow.yaml:4:3: canary has no setting speed",
    "flow.yaml:7:1: the flow has no setting shadows",
  ])
    expect(() => parseFlow(text)).toThrow(place);
  expect(() => parseFlow("timeouts: { lunch: 4 }")).toThrow(/flow\.yaml:1:\d+: timeouts/);
  expect(() => parseFlow("a: [")).toThrow(/^flow\.yaml:1:\d+: /);
  expect(() => parseFlow("[".repeat(100_000))).toThrow("nests too deep");
});

test("says what SageMaker cannot do", () => {
  const text = [
    "target: sagemaker",
    "shadow: {}",
    "canary:",
    "  share: 0.1",
    "  max_difference: 0.1",
    "production: { port: 80 }",
  ].join("\n");
  for (const fault of [
    "flow.yaml:2:9: shadow: cannot be judged on SageMaker, which drops what a shadow answers: use a canary",
    "flow.yaml:5:19: canary.max_difference: cannot be judged on SageMaker",
    "flow.yaml:6:21: production.port: is nothing that an endpoint of SageMaker has",
  ])
    expect(() => parseFlow(text)).toThrow(fault);
  expect(parseFlow("target: sagemaker\ncanary: { max_slower: 2 }")).toMatchObject({ target: "sagemaker" });
});

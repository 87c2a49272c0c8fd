import { expect, it } from "vitest";
import { signInSearch } from "./search.ts";

it.each([
  ["/experiments/1?tab=charts", "/experiments/1?tab=charts"],
  ["//evil.example", undefined],
  ["/\\evil.example", undefined],
  ["https://evil.example", undefined],
  ["javascript:alert(1)", undefined],
  // It would lead in a circle.
  ["/sign-in?return_to=/models", undefined],
])("comes back from signing in to pages of this server alone: %s", (address, expected) => {
  expect(signInSearch().parse({ return_to: address }).return_to).toBe(expected);
});

it("reads no problem that it has no sentence for", () => {
  expect(signInSearch().parse({ problem: "name-taken" }).problem).toBe("name-taken");
  expect(signInSearch().parse({ problem: "<b>owned</b>" }).problem).toBeUndefined();
});

import { expect, it } from "vitest";
import { compareSearch } from "../compare/search.ts";
import { runSearch } from "../run/search.ts";
import { runsSearch } from "./search.ts";

it("takes what it knows from an address and forgets what makes no sense", () => {
  expect(
    runsSearch().parse({ filter: "metrics.a > 1", columns: ["metrics.a"], nested: false, state: "deleted" }),
  ).toEqual({
    filter: "metrics.a > 1",
    columns: ["metrics.a"],
    nested: false,
    state: "deleted",
  });
  const odd = runsSearch().parse({ filter: 3, columns: "x", nested: "no", state: "gone", selected: [1], other: true });
  expect(Object.values(odd).every((value) => value === undefined)).toBe(true);
  expect(runSearch().parse({ tab: "secrets", smoothing: 7, log: "yes" })).toEqual({});
  expect(compareSearch().parse({ runs: ["a", "b"], experiments: ["1"] })).toEqual({ runs: ["a", "b"] });
});

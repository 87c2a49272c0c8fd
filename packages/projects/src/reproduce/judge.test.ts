import { runId } from "@esteira/core/ids";
import { expect, it } from "vitest";
import { compareRuns } from "../diff/compare.ts";
import type { RunFacts } from "../diff/facts.ts";
import { judge } from "./judge.ts";

const facts = (change: Partial<RunFacts> = {}): RunFacts => ({
  runId: runId("a".repeat(32)),
  runName: "run",
  status: "FINISHED",
  code: {
    ...{ source: "/p", entryPoint: "main", commit: "c1", remote: undefined },
    ...{ changes: "", changesDigest: undefined },
  },
  params: new Map([["rate", "0.5"]]),
  data: new Map([["rows", "d1"]]),
  environment: new Map([
    ["python", "3.11.7"],
    ["package numpy", "2.0"],
    ["lockfile.sha256", "l1"],
  ]),
  metrics: new Map([["auc", [{ step: "0", value: 0.5 }]]]),
  models: new Map(),
  artifacts: new Map([["model.json", { bytes: 1, sha256: "m1" }]]),
  ...change,
});
const OTHER_RESULT = { artifacts: new Map([["model.json", { bytes: 1, sha256: "m2" }]]) };

function verdictOf(reproduction: RunFacts, repeats?: boolean) {
  const original = facts();
  const { outcome, causes } = judge({
    ...{ original, reproduction, comparison: compareRuns(original, reproduction) },
    ...{ tolerances: [], notVerified: [], changedDefaults: [], repeats, at: "2026-01-01T00:00:00.000Z" },
  });
  return [outcome, ...causes.map(({ kind, text }) => `${kind}: ${text}`)];
}

const environment = (change: Readonly<Record<string, string>>) => ({
  environment: new Map([...facts().environment, ...Object.entries(change)]),
});

it("names the input that differs where the result does: code, data, parameters or environment", () => {
  const code = { code: { ...facts().code, commit: "c2" } };
  expect(verdictOf(facts({ ...OTHER_RESULT, ...code }))).toEqual(["differs", "code: commit: c1 → c2"]);
  const data = { data: new Map([["rows", "d2"]]) };
  expect(verdictOf(facts({ ...OTHER_RESULT, ...data }))).toEqual(["differs", "data: rows: d1 → d2"]);
  const params = { params: new Map([["rate", "0.6"]]) };
  expect(verdictOf(facts({ ...OTHER_RESULT, ...params }))).toEqual(["differs", "params: rate: 0.5 → 0.6"]);
  // What a training logs of its own follows from its code.
  expect(verdictOf(facts({ ...OTHER_RESULT, ...code, ...params }))).toEqual(["differs", "code: commit: c1 → c2"]);
  expect(verdictOf(facts({ ...OTHER_RESULT, ...environment({ "package numpy": "2.1", python: "3.12.1" }) }))).toEqual([
    "differs",
    "environment: package numpy: 2.0 → 2.1",
    "environment: python: 3.11.7 → 3.12.1",
  ]);
});

it("takes another machine for the same where the result is, and another pinned environment never", () => {
  expect(verdictOf(facts(environment({ python: "3.12.1" })))).toEqual(["reproduced"]);
  for (const name of ["lockfile.sha256", "requirements.sha256", "image.base"])
    expect(verdictOf(facts(environment({ [name]: "l2" })))[0]).toBe("differs");
});

it("tells chance from what was not recorded", () => {
  const kindOf = (repeats?: boolean) => verdictOf(facts(OTHER_RESULT), repeats)[1]?.split(":")[0];
  expect([kindOf(), kindOf(false), kindOf(true)]).toEqual(["unexplained", "nondeterminism", "unexplained"]);
});

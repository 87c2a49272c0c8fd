import { runId } from "@esteira/core/ids";
import { describe, expect, it } from "vitest";
import { compareRuns, isEqual } from "./compare.ts";
import { describeComparison } from "./describe.ts";
import type { RunFacts } from "./facts.ts";
import { matchesGlob } from "./glob.ts";
import { keptContent } from "./kept-content.ts";

const facts = (change: Partial<RunFacts> = {}): RunFacts => ({
  runId: runId("a".repeat(32)),
  runName: "first",
  status: "FINISHED",
  code: {
    source: "file:///p",
    entryPoint: "main",
    commit: "1".repeat(40),
    remote: undefined,
    changes: "",
    changesDigest: undefined,
  },
  params: new Map([["lr", "0.1"]]),
  data: new Map([["rows", "d".repeat(64)]]),
  environment: new Map([["node", "v20.20.0"]]),
  metrics: new Map([
    ["auc", [point(0, 0.5), point(1, Number.NaN)]],
    ["fit_seconds", [point(0, 3)]],
  ]),
  models: new Map([["model/MLmodel", { bytes: 9, sha256: "e".repeat(64), leftOut: ["run_id"] }]]),
  artifacts: new Map([["report.json", { bytes: 2, sha256: "f".repeat(64) }]]),
  ...change,
});
const point = (step: number, value: number) => ({ step: String(step), value });

describe("two runs", () => {
  it("are equal where only timings, places and ids differ, and those are named", () => {
    const other = facts({
      runName: "second",
      code: { ...facts().code, source: "file:///elsewhere" },
      metrics: new Map([...facts().metrics, ["fit_seconds", [point(0, 4)]], ["system/cpu", [point(0, 1)]]]),
    });
    const found = compareRuns(facts(), other);
    expect(isEqual(found)).toBe(true);
    expect(found.equal).toMatchObject({ code: 3, params: 1, metrics: 1, models: 1, artifacts: 1 });
    expect(found.notCompared.map(({ group, name }) => `${group} ${name}`)).toEqual([
      "models model/MLmodel",
      "metrics fit_seconds",
      "metrics system/cpu",
    ]);
    expect(isEqual(compareRuns(facts(), other, { ignored: [] }))).toBe(false);
  });

  it.each<[string, Partial<RunFacts>, string, RegExp]>([
    ["another commit", { code: { ...facts().code, commit: "2".repeat(40) } }, "code", /commit +1{12} → 2{12}/],
    [
      "changes",
      { code: { ...facts().code, changes: "x", changesDigest: "b".repeat(64) } },
      "code",
      /none → sha256 b{12}/,
    ],
    ["a param", { params: new Map([["lr", "0.2"]]) }, "params", /lr +0\.1 → 0\.2/],
    ["no param", { params: new Map() }, "params", /lr +0\.1 → –/],
    ["data", { data: new Map([["rows", "c".repeat(64)]]) }, "data", /rows +d{12} → c{12}/],
    ["Node", { environment: new Map([["node", "v22.1.0"]]) }, "environment", /node +v20\.20\.0 → v22\.1\.0/],
    [
      "a value before the last",
      { metrics: new Map([...facts().metrics, ["auc", [point(0, 0.6), point(1, Number.NaN)]]]) },
      "metrics",
      /auc +NaN → NaN {2}\(1 of 2 points differ, the first at step 0\)/,
    ],
    ["a model", { models: new Map([["model/MLmodel", { bytes: 9, sha256: "0".repeat(64) }]]) }, "models", /MLmodel/],
    ["a file", { artifacts: new Map() }, "artifacts", /report\.json +sha256 f{12} \(2 bytes\) → –/],
  ])("with %s differ in that alone", (_, change, group, line) => {
    const [a, b] = [facts(), facts(change)];
    const found = compareRuns(a, b);
    const groups = Object.entries(found.differences).filter(([, list]) => list.length > 0);
    expect(groups.map(([name]) => name)).toEqual([group]);
    expect(describeComparison(a, b, found).join("\n")).toMatch(line);
  });

  it("may lie apart by a stated tolerance, relative to values above one", () => {
    const near = facts({ metrics: new Map([["auc", [point(0, 0.5 + 1e-9), point(1, Number.NaN)]]]) });
    const alike = facts({ metrics: new Map([["auc", facts().metrics.get("auc") ?? []]]) });
    const within = compareRuns(alike, near, { tolerances: [{ metric: "a*", tolerance: 1e-8 }] });
    expect([isEqual(within), within.withinTolerance.map(({ name }) => name)]).toEqual([true, ["auc"]]);
    for (const tolerances of [[{ metric: "auc", tolerance: 1e-10 }], [{ metric: "other", tolerance: 1 }]])
      expect(isEqual(compareRuns(alike, near, { tolerances }))).toBe(false);
    const of = (value: number) => facts({ metrics: new Map([["loss", [point(0, value)]]]) });
    expect(isEqual(compareRuns(of(1e6), of(1e6 + 1), { tolerances: [{ metric: "*", tolerance: 1e-5 }] }))).toBe(true);
    expect(isEqual(compareRuns(of(Number.NaN), of(1), { tolerances: [{ metric: "*", tolerance: 1e9 }] }))).toBe(false);
  });
});

it("an MLmodel file's content knows no order of keys, no run and no time", () => {
  const one = keptContent(
    "model/MLmodel",
    "run_id: a\nflavors: {x: 1, y: [2, {b: 1, a: 2}]}\nutc_time_created: 'now'\nmodel_id: m\n",
  );
  const other = keptContent(
    "model/MLmodel",
    "model_id: n\nflavors:\n  y: [2, {a: 2, b: 1}]\n  x: 1\nrun_id: b\nutc_time_created: 'x'\n",
  );
  expect(one.content).toBe(other.content);
  expect(one.leftOut).toEqual(["run_id", "utc_time_created", "model_id"]);
  expect(keptContent("model/MLmodel", "flavors: {x: 2}").content).not.toBe(
    keptContent("model/MLmodel", "flavors: {x: 1}").content,
  );
  expect(keptContent("model/MLmodel", ": [").content).toBe(": [");
});

it("a parity report says when it was made, and that is left out", () => {
  const report = (at: string) => keptContent("model/esteira_parity.json", JSON.stringify({ rows: 7, comparedAt: at }));
  expect(report("now")).toEqual({ content: report("then").content, leftOut: ["comparedAt"] });
});

it.each([
  ["a/b", "a/*", true],
  ["fit_seconds", "*_seconds", true],
  ["seconds", "*_seconds", false],
  ["ab", "ab*b", false],
  ["abcb", "a*c*b", true],
  ["aXb", "a*b*b", false],
  ["exact", "exact", true],
  ["exactly", "exact", false],
])("%s is matched by %s: %s", (name, pattern, expected) => {
  expect(matchesGlob(name, pattern)).toBe(expected);
});

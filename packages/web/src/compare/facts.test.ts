import { describe, expect, it } from "vitest";
import { runOf } from "../testing/run.testing.ts";
import { codeOf, comparisonUrl, dataOf, environmentOf } from "./facts.ts";

const run = (tags: Record<string, string>) => {
  const plain = runOf("a", undefined, {});
  return { ...plain, data: { ...plain.data, tags: Object.entries(tags).map(([key, value]) => ({ key, value })) } };
};

describe("what a run says", () => {
  it("of its code: the digest of its changes, that there were some, or that there were none", () => {
    const commit = { "mlflow.source.git.commit": "abc" };
    expect(
      codeOf(run({ ...commit, "esteira.git.dirty": "true", "esteira.git.diff.sha256": "d1" })).get("changes"),
    ).toBe("d1");
    expect(codeOf(run({ ...commit, "esteira.git.dirty": "true" })).get("changes")).toBe("?");
    expect(codeOf(run({ ...commit, "esteira.git.dirty": "false" })).get("changes")).toBe("–");
    expect([...codeOf(run(commit)).keys()]).toEqual(["commit"]);
  });

  it("of its data, those of one name beside each other", () => {
    const dataset = (name: string, digest: string, use?: string) => ({
      dataset: { name, digest, sourceType: "local", source: "{}" },
      tags: use === undefined ? [] : [{ key: "mlflow.data.context", value: use }],
    });
    const datasets = [
      dataset("rows", "1", "training"),
      dataset("rows", "2", "test"),
      dataset("x", "3"),
      dataset("x", "4"),
    ];
    const plain = run({});
    expect([...dataOf({ ...plain, inputs: { ...plain.inputs, datasets } })]).toEqual([
      ["rows (training)", "1"],
      ["rows (test)", "2"],
      ["x", "3, 4"],
    ]);
  });

  it("of its environment, from files and tags, and nothing from files that are none", () => {
    const files = new Map([
      ["environment.json", '{"node":"v20","git":{"commit":"x"},"lockfile":{"sha256":"aa"},"list":[1]}'],
      ["requirements.txt", "numpy==1.26\n# c\nxgboost[gpu] == 3.2.0 ; python_version > '3'\nloose>=1\n"],
    ]);
    expect([...environmentOf(run({ "esteira.python": "3.12", constructor: "x" }), files)]).toEqual([
      ["node", "v20"],
      ["lockfile.sha256", "aa"],
      ["list", "[1]"],
      ["python", "3.12"],
      ["package numpy", "1.26"],
      ["package xgboost", "3.2.0"],
    ]);
    expect([...environmentOf(run({}), new Map([["environment.json", "{"]]))]).toEqual([]);
  });
});

it("links the commits of known hosts, and nothing else", () => {
  const [a, b] = ["a".repeat(40), "b".repeat(40)];
  expect(comparisonUrl("git@github.com:org/repo.git", a, b)).toBe(`https://github.com/org/repo/compare/${a}...${b}`);
  expect(comparisonUrl("https://gitlab.com/g/sub/repo", a, b)).toBe(
    `https://gitlab.com/g/sub/repo/-/compare/${a}...${b}`,
  );
  for (const odd of [
    "javascript:alert(1)",
    "https://github.com.evil.org/a/b",
    "https://github.com/a/../b?x",
    undefined,
    "/home/x",
  ])
    expect(comparisonUrl(odd, a, b), odd).toBeUndefined();
  expect(comparisonUrl("https://github.com/a/b", a, a)).toBeUndefined();
  expect(comparisonUrl("https://github.com/a/b", a, "main..x")).toBeUndefined();
});

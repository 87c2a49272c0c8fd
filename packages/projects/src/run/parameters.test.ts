import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { EntryPoint, ParameterType } from "../mlproject/project.ts";
import { resolveParameters } from "./parameters.ts";

let folder: string;
beforeAll(async () => {
  folder = await realpath(await mkdtemp(join(tmpdir(), "esteira-parameters-")));
  await writeFile(join(folder, "rows.csv"), "a\n");
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const entry = (...parameters: [name: string, type: ParameterType, value?: string][]): EntryPoint => ({
  name: "main",
  command: "",
  outputs: [],
  cached: true,
  steps: [],
  parameters: parameters.map(([name, type, value]) => ({ name, type, default: value })),
});
const resolve = (point: EntryPoint, given: Record<string, string>, cwd = folder) =>
  resolveParameters(point, new Map(Object.entries(given)), { cwd, folder });

it("takes what is given before defaults, and what is not declared behind", () => {
  const { logged, extra } = resolve(entry(["alpha", "float", "0.5"], ["note", "string"]), {
    x: "1",
    note: "",
    alpha: "1e-3",
  });
  expect([...logged]).toEqual([
    ["alpha", "1e-3"],
    ["note", ""],
  ]);
  expect([...extra]).toEqual([["x", "1"]]);
});

it("makes paths absolute, and keeps the run's parameter as it was given", () => {
  const point = entry(["data", "path", "rows.csv"]);
  const expected = [["data", join(folder, "rows.csv")]];
  expect([...resolve(point, { data: "rows.csv" }).localPaths]).toEqual(expected);
  expect([...resolve(point, { data: `file://${folder}/rows.csv` }).localPaths]).toEqual(expected);
  expect([...resolve(point, {}, tmpdir()).localPaths], "a default lies in the project").toEqual(expected);
  const { logged, remotePaths } = resolve(point, { data: "runs:/1/rows.csv" });
  expect([logged.get("data"), remotePaths.get("data")]).toEqual(["runs:/1/rows.csv", "runs:/1/rows.csv"]);
});

it.each(["1", "-.5", "1.", "1_000.5", "1e10", " 2 ", "inf", "-NaN"])("reads the number %j as Python does", (alpha) => {
  expect(resolve(entry(["alpha", "float"]), { alpha }).logged.get("alpha")).toBe(alpha);
});

it.each([
  [{}, "Entry point 'main' needs 'data', 'alpha': give them as -P data=VALUE -P alpha=VALUE."],
  [{ data: "x", alhpa: "1" }, "Entry point 'main' has no parameter 'alhpa'; did you mean 'alpha'?"],
  [{ data: "none.csv", alpha: "1" }, "there is no such file or folder"],
  [{ data: "", alpha: "1" }, "there is no such file or folder"],
  [{ data: "s3://b/k", alpha: "1" }, "cannot be downloaded from here"],
  [{ data: "rows.csv", alpha: "high" }, "Parameter 'alpha' is 'high': expected a number"],
  [{ data: "rows.csv", alpha: "1__0" }, "expected a number"],
  [{ data: "rows.csv", alpha: "." }, "expected a number"],
  [{ data: "rows.csv", alpha: "1", link: "here" }, "Parameter 'link' is 'here': expected a URI"],
])("refuses %j", (given, expected) => {
  const point = entry(["data", "path"], ["alpha", "float"], ["link", "uri", "s3://b/k"]);
  expect(() => resolve(point, given)).toThrow(expected);
});

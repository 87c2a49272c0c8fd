import { cp, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelBytes } from "../engines/trees/fixtures/fixture.ts";
import { xgboostForTests } from "../engines/xgboost/xgboost.testing.ts";
import { modelDigest } from "../format/digest.ts";
import { writeModelFolder } from "../format/model-folder.ts";
import { columnsOf } from "../format/signature.ts";
import { goldenRows } from "./golden-rows.ts";
import { compareAnswers, ulpsApart } from "./parity.ts";
import { PARITY_FILE, readParityReport, reportParity } from "./parity-report.ts";
import { type Verification, verifyModel } from "./verify-model.ts";

const NAMES = ["amount", "hour", "age", "velocity", "balance", "distance"];
const native = await xgboostForTests();
const PYTHON = process.env.ESTEIRA_ORACLE_PYTHON;

let root: string;
let sound: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-verify-"));
  sound = join(root, "sound");
  await writeModelFolder(sound, {
    ubj: modelBytes("binary.ubj"),
    createdAt: 0,
    modelUuid: "0",
    signature: { inputs: columnsOf(NAMES, "double") },
    inputExample: { columns: NAMES, data: [[1.5, -0.25, 0.5, 2, -1, 0.1]] },
  });
});
afterAll(() => rm(root, { recursive: true, force: true }));

const verdicts = ({ checks }: Verification) => Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));

/** A copy of the sound model with one file changed. */
async function spoiled(name: string, file: string, change: (bytes: Buffer) => Buffer | string): Promise<string> {
  const folder = join(root, name);
  await cp(sound, folder, { recursive: true });
  await writeFile(join(folder, file), change(await readFile(join(folder, file))));
  return folder;
}

describe("verifyModel", () => {
  it("passes a sound model, with its digest", async () => {
    const digest = await modelDigest(sound);
    const result = await verifyModel(sound, { tolerance: 0, digest });
    expect(verdicts(result)).toEqual({
      files: "passed",
      digest: "passed",
      model: "passed",
      signature: "passed",
      example: "passed",
    });
    expect(result).toMatchObject({ passed: true, digest });
  });

  it.skipIf(native === undefined)("asks libxgboost without Python, and only what it answers itself", async () => {
    const against = { engine: "xgboost", python: "no-such-python" } as const;
    const { parity, passed } = await verifyModel(sound, { tolerance: 2.4e-7, against });
    expect(passed).toBe(true);
    expect(parity).toMatchObject({ against: "xgboost", passed: true, incomparable: 0, rows: 1 + 7 * NAMES.length });
    const classifier = await spoiled("classifier", "MLmodel", (bytes) =>
      `${bytes}`.replaceAll("xgboost.core.Booster", "xgboost.sklearn.XGBClassifier"),
    );
    const { checks } = await verifyModel(classifier, { tolerance: 2.4e-7, against });
    expect(checks.at(-1)).toMatchObject({ name: "parity", verdict: "failed" });
    expect(checks.at(-1)?.detail).toContain("compare with python");
  });

  it("fails a model of another digest, and counts no report beside the model", async () => {
    const digest = await modelDigest(sound);
    const tampered = await spoiled("tampered", "input_example.json", () => "{}");
    expect(await verifyModel(tampered, { tolerance: 0, digest })).toMatchObject({ passed: false });
    await writeFile(join(sound, PARITY_FILE), "{}");
    expect(await modelDigest(sound)).toBe(digest);
    await rm(join(sound, PARITY_FILE));
  });

  it.each<[string, string, (bytes: Buffer) => Buffer | string, string, string]>([
    ["a truncated model", "model.ubj", (bytes) => bytes.subarray(0, 500), "model", "truncated"],
    ["no MLmodel to read", "MLmodel", () => "[", "files", "not valid YAML"],
    ["a file that is not there", "MLmodel", (b) => `${b}`.replaceAll("model.ubj", "m.ubj"), "files", "no file 'm.ubj'"],
    ["an example of other columns", "serving_input_example.json", () => '{"inputs": {"x": [1]}}', "example", "missing"],
    ["an example that is no JSON", "serving_input_example.json", () => "{", "example", "JSON"],
    [
      "a signature without a column",
      "MLmodel",
      (b) => `${b}`.replace('"name": "hour"', '"name": "h"'),
      "signature",
      "hour",
    ],
    ["a flavor that needs Python", "MLmodel", (b) => `${b}`.replace(/^ {2}xgboost:/m, "  keras:"), "model", "flavors"],
  ])("fails %s, and says why", async (name, file, change, check, message) => {
    const result = await verifyModel(await spoiled(name.replaceAll(" ", "-"), file, change), { tolerance: 0 });
    expect(result.passed).toBe(false);
    expect(result.checks.find((one) => one.name === check)).toMatchObject({
      verdict: "failed",
      detail: expect.stringContaining(message),
    });
  });

  it("says that a Python cannot be started", async () => {
    const result = await verifyModel(sound, {
      tolerance: 0,
      against: { engine: "python", python: join(root, "no-python") },
    });
    expect(result.checks.at(-1)).toMatchObject({ name: "parity", verdict: "failed" });
    expect(result.checks.at(-1)?.detail).toContain("cannot be started");
  });

  it("asks no Spark about a model that Spark did not make", async () => {
    const result = await verifyModel(sound, { tolerance: 0, against: { engine: "spark", python: "python3" } });
    expect(result.checks.at(-1)).toMatchObject({ name: "parity", verdict: "failed" });
    expect(result.checks.at(-1)?.detail).toContain("no flavor spark");
  });

  it.skipIf(PYTHON === undefined)("finds the answers of the original engine, to the last bit", async () => {
    const against = { engine: "python", python: PYTHON ?? "" } as const;
    const result = await verifyModel(sound, { tolerance: 1e-7, against, now: () => Date.UTC(2026, 10, 26) });
    expect(result.checks.at(-1)).toMatchObject({ name: "parity", verdict: "passed" });
    expect(result.parity).toMatchObject({
      kinds: { given: 1, missing: 6, extreme: 36 },
      incomparable: 0,
      versions: { mlflow: "3.17.2", xgboost: "3.2.0" },
    });
    expect(result.parity?.maxUlp).toBeLessThanOrEqual(1);
    expect(readParityReport(JSON.stringify(result.parity))).toMatchObject({
      ...{ against: "python", digest: result.digest, comparedAt: "2026-11-26T00:00:00.000Z", refused: 0, passed: true },
    });
  });
});

describe("ulpsApart", () => {
  it("counts the floats between two values", () => {
    expect(ulpsApart(1, 1 + Number.EPSILON)).toBe(1);
    expect(ulpsApart(1, Math.fround(1 + 2 ** -23))).toBe(1);
    expect(ulpsApart(0, -0)).toBe(0);
    expect(ulpsApart(Number.NaN, Number.NaN)).toBe(0);
    expect(ulpsApart(Number.NaN, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(ulpsApart(Number.MIN_VALUE, -Number.MIN_VALUE)).toBe(2);
  });

  it("is a distance", () => {
    const float = fc.double({ noNaN: true });
    fc.assert(
      fc.property(float, float, (a, b) => {
        expect(ulpsApart(a, b)).toBe(ulpsApart(b, a));
        expect(ulpsApart(a, b) === 0).toBe(a === b);
      }),
    );
  });
});

describe("compareAnswers", () => {
  it("tells rows that differ from rows that cannot be compared", () => {
    const kinds = ["given", "missing", "extreme", "unseen"] as const;
    const ours = [[1], [2], { refused: "x" }, { refused: "y" }];
    expect(compareAnswers([[0], [1], [2], [3]], kinds, ours, [[1], [2.5], [3], { refused: "z" }])).toMatchObject({
      rows: 4,
      differing: 2,
      incomparable: 1,
      refused: 1,
      maxDifference: 0.5,
      maxRelative: 0.2,
      example: { row: [1], ours: [2], theirs: [2.5] },
    });
  });
});

describe("parity reports", () => {
  const parity = {
    ...{ rows: 3, kinds: {}, differing: 0, incomparable: 0 },
    maxUlp: 0,
    maxDifference: 0,
    maxRelative: 0,
  };
  const question = { digest: "d", at: 0, tolerance: 0 };

  it("do not pass on refusals alone", () => {
    expect(reportParity("python", question, {}, { ...parity, refused: 2 }).passed).toBe(true);
    expect(reportParity("python", question, {}, { ...parity, refused: 3 }).passed).toBe(false);
  });

  it("are read back, with distances that JSON has no number for, and what is none is refused", () => {
    const report = reportParity("spark", question, {}, { ...parity, refused: 0, maxUlp: Number.POSITIVE_INFINITY });
    expect(readParityReport(JSON.stringify(report))).toMatchObject({ against: "spark", maxUlp: Infinity });
    expect(() => readParityReport("{}")).toThrow("is no parity report: format");
    expect(() => readParityReport("[")).toThrow("not valid JSON");
    expect(() => readParityReport(JSON.stringify({ ...report, rows: -1 }))).toThrow("rows");
  });
});

describe("goldenRows", () => {
  it("varies each column by its type, and leaves required whole numbers and texts present", () => {
    const golden = goldenRows(
      [[1, "a"]],
      [
        { kind: "column", name: "n", type: "long", required: true },
        { kind: "column", name: "t", type: "string", required: false },
      ],
    );
    expect(golden.kinds.filter((kind) => kind === "missing")).toHaveLength(1);
    expect(golden.kinds.filter((kind) => kind === "unseen")).toHaveLength(1);
    expect(golden.rows).toContainEqual([1, null]);
    expect(golden.rows).toContainEqual([2 ** 53 - 1, "a"]);
  });
});

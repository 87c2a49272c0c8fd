import { readFileSync } from "node:fs";
import { EsteiraError } from "@esteira/core/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseLightgbm } from "./parse-lightgbm.ts";
import { createLightgbmExplainer, createLightgbmScorer } from "./scorer.ts";

const FIXTURES = ["binary", "categories", "forest", "linear", "multiclass-dart", "zero-as-missing"] as const;

interface Expected {
  readonly rows: readonly (readonly (number | null)[])[];
  readonly raw: readonly unknown[];
  readonly answer: readonly unknown[];
  readonly leaves: readonly unknown[];
  readonly contributions: readonly unknown[] | null;
}

const fixture = (file: string): string => readFileSync(new URL(`fixtures/${file}`, import.meta.url), "utf8");
const expectedOf = (name: string): Expected => JSON.parse(fixture(`${name}.expected.json`)) as Expected;
const flat = (values: readonly unknown[]): number[] =>
  (values.flat(Number.POSITIVE_INFINITY) as (number | null)[]).map((value) => value ?? Number.NaN);
const parse = (text: string) => parseLightgbm(new TextEncoder().encode(text));

describe.each(FIXTURES)("%s", (name) => {
  const expected = expectedOf(name);
  const scorer = createLightgbmScorer(parse(fixture(`${name}.txt`)));
  const matrix = Float64Array.from(flat(expected.rows));
  const rows = expected.rows.length;

  it("gives the raw scores and leaves of LightGBM to the bit", () => {
    expect([...scorer.raw(matrix, rows)]).toEqual(flat(expected.raw));
    expect([...scorer.leaves(matrix, rows)]).toEqual(flat(expected.leaves));
  });

  it("gives its answers", () => {
    const answers = scorer.predict(matrix, rows);
    flat(expected.answer).forEach((theirs, i) => {
      expect(Math.abs(answers[i]! - theirs)).toBeLessThan(1e-15 * Math.max(1, Math.abs(theirs)));
    });
  });

  it("gives a block of rows the scores that it gives each row", () => {
    const many = new Float64Array(5 * matrix.length);
    for (let copy = 0; copy < 5; copy++) many.set(matrix, copy * matrix.length);
    const scores = flat(expected.raw);
    expect([...scorer.raw(many, 5 * rows)]).toEqual([...scores, ...scores, ...scores, ...scores, ...scores]);
  });

  it("gives its contributions, or says why there are none", () => {
    if (expected.contributions === null) {
      expect(() => createLightgbmExplainer(scorer.model)).toThrow("linear trees");
      return;
    }
    const explainer = createLightgbmExplainer(scorer.model);
    const ours = expected.rows.flatMap((row) => [...explainer.contributions(Float64Array.from(flat(row)))]);
    flat(expected.contributions).forEach((theirs, i) => {
      expect(ours[i]).toBeCloseTo(theirs, 10);
    });
  });
});

describe("parseLightgbm", () => {
  const binary = fixture("binary.txt");

  it("reads what a model says of itself", () => {
    const model = parse(binary);
    expect(model).toMatchObject({ writtenBy: "v4", numFeatures: 4, groups: 1, treeCount: 4, isAverage: false });
    expect(model.objective).toMatchObject({ name: "binary", isProbability: true });
    expect(model.featureNames).toEqual(["Column_0", "Column_1", "Column_2", "Column_3"]);
    expect(parse(fixture("forest.txt")).isAverage).toBe(true);
  });

  it("answers raw scores for an objective of the user's own", () => {
    const model = parse(binary.replace("objective=binary sigmoid:2\n", ""));
    const scorer = createLightgbmScorer(model);
    expect(scorer.predict(new Float64Array(4), 1)).toEqual(scorer.raw(new Float64Array(4), 1));
  });

  it("reads lines that end as Windows ends them", () => {
    const scores = (text: string) => createLightgbmScorer(parse(text)).raw(new Float64Array(4), 1);
    expect(scores(binary.replaceAll("\n", "\r\n"))).toEqual(scores(binary));
  });

  const change = (key: string, value: string): string =>
    binary.replace(new RegExp(`^${key}=.*$`, "m"), `${key}=${value}`);
  it.each<[string, string, string | RegExp]>([
    ["an empty file", "", "empty"],
    ["another file", "{}", "must begin with the line 'tree'"],
    ["a cycle", change("left_child", "0 -2 -1 -3 -4"), /linked twice|does not reach/],
    ["a node linked twice", change("left_child", "2 1 -1 -3 -4"), /linked twice|does not reach/],
    ["a link out of the tree", change("left_child", "99 1 2 3 4"), "left_child holds 99"],
    ["a feature that is not there", change("split_feature", "0 1 2 3 4"), "split_feature holds 4"],
    ["a short list", change("threshold", "1 2"), "threshold must have 5 items, not 2"],
    ["a threshold that is no number", change("threshold", "nan 1 1 1 1"), "threshold holds 'nan'"],
    ["a leaf that is infinite", change("leaf_value", "inf 1 1 1 1 1"), "leaf_value holds 'inf'"],
    ["a leaf that is text", change("leaf_value", "0x10 1 1 1 1 1"), "leaf_value holds '0x10'"],
    ["an unknown kind of missing value", change("decision_type", "14 14 14 14 14"), "unknown kind of missing"],
    ["a set that is not there", change("decision_type", "1 1 1 1 1"), "for the categorical split 0"],
    ["too many leaves", change("num_leaves", "999999999"), "num_leaves must be a whole number"],
    ["an unknown version", binary.replace("version=v4", "version=v9"), "its version is 'v9'"],
    ["an unknown objective", binary.replace("objective=binary", "objective=mine"), "objective 'mine' is not known"],
    [
      "classes that do not fit",
      binary.replace("binary sigmoid:2", "multiclass num_class:3"),
      "does not fit the 1 trees",
    ],
    ["a tree left out", binary.replace(/Tree=2[\s\S]*?(?=Tree=3)/, ""), "'Tree=3' stands where Tree=2 must"],
    ["the last tree left out", binary.replace(/Tree=3[\s\S]*?(?=end of trees)/, ""), "counts 4 trees, but it holds 3"],
    ["a key given twice", binary.replace("num_class=1", "num_class=1\nnum_class=1"), "gives num_class twice"],
    ["names that do not fit", change("feature_names", "a b"), "2 feature names for 4"],
  ])("refuses %s", (_what, text, message) => {
    expect(() => parse(text)).toThrow(message);
    expect(() => parse(text)).toThrow(EsteiraError);
  });

  it("refuses every beginning of a file", () => {
    const end = binary.indexOf("end of trees") + "end of trees".length;
    for (let size = 0; size < end; size += 29) expect(() => parse(binary.slice(0, size))).toThrow(EsteiraError);
  });

  it("answers mutated bytes with a model or an EsteiraError, never anything else", () => {
    const files = FIXTURES.map((name) => new TextEncoder().encode(fixture(`${name}.txt`)));
    const mutation = fc.record({ place: fc.nat(), byte: fc.constantFrom(...Buffer.from("0123456789-. =\neinfa\xff")) });
    fc.assert(
      fc.property(fc.nat(files.length - 1), fc.array(mutation, { minLength: 1, maxLength: 5 }), (file, mutations) => {
        const bytes = Uint8Array.from(files[file]!);
        for (const { place, byte } of mutations) bytes[place % bytes.length] = byte;
        try {
          const scorer = createLightgbmScorer(parseLightgbm(bytes));
          const { numFeatures } = scorer.model;
          if (numFeatures > 1e5) return;
          scorer.predict(new Float64Array(numFeatures), 1);
          if (scorer.model.linear.size === 0) createLightgbmExplainer(scorer.model);
        } catch (error) {
          if (!(error instanceof EsteiraError)) throw error;
        }
      }),
      { numRuns: 800 },
    );
  });
});

import { EsteiraError } from "@esteira/core/errors";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FIXTURES, modelBytes } from "./fixtures/fixture.ts";
import { parseXgboost } from "./parse-xgboost.ts";
import { createScorer } from "./scorer.ts";

type Json = Record<string, unknown>;

/** The reference model as a document that a test may spoil. */
const document = (): Json => JSON.parse(new TextDecoder().decode(modelBytes("binary.json"))) as Json;
const at = (root: unknown, ...path: (string | number)[]): Json =>
  path.reduce<unknown>((value, key) => (value as Json)[key], root) as Json;
const parse = (root: unknown) => parseXgboost(new TextEncoder().encode(JSON.stringify(root)));

const MODEL = ["learner", "gradient_booster", "model"] as const;
const tree = (root: Json, index = 0): Json => at(root, ...MODEL, "trees", index);

describe("parseXgboost", () => {
  it("reads what a model says of itself", () => {
    const model = parseXgboost(modelBytes("binary.ubj"));
    expect(model).toMatchObject({
      objective: "binary:logistic",
      writtenBy: "3.2.0",
      numFeatures: 6,
      featureNames: ["amount", "hour", "age", "velocity", "balance", "distance"],
      groups: 1,
      treeCount: 8,
      attributes: { best_iteration: "5" },
    });
    expect(parseXgboost(modelBytes("multiclass.ubj"))).toMatchObject({ groups: 3, treeCount: 12 });
    expect(parseXgboost(modelBytes("dart.ubj")).treeWeight).toHaveLength(8);
  });

  it("takes a base score as a vector, a scalar, and as JSON number", () => {
    const root = document();
    const margins = ["[2.5E-1]", "2.5E-1", 0.25].map((score) => {
      at(root, "learner", "learner_model_param").base_score = score;
      return parse(root).baseMargin[0];
    });
    expect(new Set(margins).size).toBe(1);
    expect(margins[0]).toBeCloseTo(Math.log(1 / 3), 6);
  });

  it("takes the base score of binary:logitraw for a margin, as libxgboost does", () => {
    const root = document();
    at(root, "learner", "learner_model_param").base_score = "[2.5E-1]";
    at(root, "learner", "objective").name = "binary:logitraw";
    expect(parse(root).baseMargin[0]).toBe(0.25);
  });

  it.each(["[1.5E0]", "[]", "[abc]", "", "[0E0]", "[2E-1,3E-1]"])("refuses the base score %j", (score) => {
    const root = document();
    at(root, "learner", "learner_model_param").base_score = score;
    expect(() => parse(root)).toThrow(/base.score/);
  });

  it("reads models from before rounds and split types were written", () => {
    const root = document();
    delete at(root, ...MODEL).iteration_indptr;
    for (let t = 0; t < 8; t++) {
      const one = tree(root, t);
      for (const key of ["split_type", "categories", "categories_nodes", "categories_segments", "categories_sizes"])
        delete one[key];
      one.default_left = (one.default_left as number[]).map((left) => left === 1);
    }
    const old = parse(root);
    expect(createScorer(old).margin(new Float32Array(6))).toBe(
      createScorer(parseXgboost(modelBytes("binary.ubj"))).margin(new Float32Array(6)),
    );
    expect(old.roundStart).toHaveLength(9);
  });

  it("reads the bare NaN of a categorical threshold", () => {
    const text = new TextDecoder().decode(modelBytes("binary.json")).replace('"boost_from_average":"1"', '"x":NaN');
    expect(parseXgboost(new TextEncoder().encode(text)).treeCount).toBe(8);
  });

  const spoiled: [string, RegExp, (root: Json) => void][] = [
    [
      "a cycle",
      /linked twice/,
      (root) => {
        (tree(root).left_children as number[])[1] = 0;
      },
    ],
    [
      "a link out of the tree",
      /links to node 999/,
      (root) => {
        (tree(root).right_children as number[])[0] = 999;
      },
    ],
    [
      "a node with one child",
      /one child/,
      (root) => {
        (tree(root).right_children as number[])[0] = -1;
      },
    ],
    [
      "a feature that is not there",
      /feature 6, but the model has 6/,
      (root) => {
        (tree(root).split_indices as number[])[0] = 6;
      },
    ],
    [
      "no direction for missing values",
      /default_left must be a list of numbers, not nothing/,
      (root) => {
        delete tree(root).default_left;
      },
    ],
    [
      "a list that is short",
      /sum_hessian must have \d+ items/,
      (root) => {
        (tree(root).sum_hessian as number[]).pop();
      },
    ],
    [
      "vector leaves",
      /vector leaves/,
      (root) => {
        at(tree(root), "tree_param").size_leaf_vector = "3";
      },
    ],
    [
      "a linear booster",
      /'gblinear' of the model is not supported/,
      (root) => {
        at(root, "learner", "gradient_booster").name = "gblinear";
      },
    ],
    [
      "an unknown objective",
      /'custom:mine' of the model is not known/,
      (root) => {
        at(root, "learner", "objective").name = "custom:mine";
      },
    ],
    [
      "an unknown split type",
      /unknown type 7/,
      (root) => {
        (tree(root).split_type as number[])[0] = 7;
      },
    ],
    [
      "a leaf that is no number",
      /whose value is not a finite number/,
      (root) => {
        const leaf = (tree(root).left_children as number[]).indexOf(-1);
        (tree(root).split_conditions as number[])[leaf] = 1e300;
      },
    ],
    [
      "a tree of no group",
      /output 1 of 1/,
      (root) => {
        (at(root, ...MODEL) as { tree_info: number[] }).tree_info[0] = 1;
      },
    ],
    [
      "rounds that do not add up",
      /does not divide its 8 trees/,
      (root) => {
        at(root, ...MODEL).iteration_indptr = [0, 1, 2];
      },
    ],
    [
      "no trees at all",
      /trees must be a list, not nothing/,
      (root) => {
        delete at(root, ...MODEL).trees;
      },
    ],
  ];
  it.each(spoiled)("refuses %s", (_what, message, spoil) => {
    const root = document();
    spoil(root);
    expect(() => parse(root)).toThrow(message);
    expect(() => parse(root)).toThrow(EsteiraError);
  });

  it("refuses what is no model file", () => {
    expect(() => parseXgboost(new Uint8Array())).toThrow("empty");
    expect(() => parseXgboost(Uint8Array.of(0, 0, 0, 0x3f, 30, 0, 0, 0))).toThrow("old binary format");
    expect(() => parseXgboost(new TextEncoder().encode("bs64 AAAA"))).toThrow("old binary format");
    expect(() => parseXgboost(new TextEncoder().encode('{"learner": '))).toThrow("not valid JSON");
    expect(() => parseXgboost(new TextEncoder().encode("{}"))).toThrow("learner must be an object, not nothing");
  });

  it("refuses every beginning of a file", () => {
    const bytes = modelBytes("poisson.ubj");
    for (let size = 0; size < bytes.length; size += 37)
      expect(() => parseXgboost(bytes.subarray(0, size))).toThrow(EsteiraError);
  });

  it("refuses lengths that the file cannot hold without reserving them", () => {
    const huge = Uint8Array.of(
      0x7b,
      0x4c,
      0,
      0,
      0,
      0,
      0,
      0,
      0,
      1,
      0x61,
      0x5b,
      0x24,
      0x64,
      0x23,
      0x4c,
      0,
      0,
      0,
      0x7f,
      0,
      0,
      0,
      0,
    );
    expect(() => parseXgboost(huge)).toThrow("does not fit in the file");
    const nested = new Uint8Array(5000).fill(0x5b);
    nested.set([0x7b, 0x69, 1, 0x61]);
    expect(() => parseXgboost(nested)).toThrow("nesting goes deeper");
  });

  it("answers mutated bytes with a model or an EsteiraError, never anything else", () => {
    const files = FIXTURES.map((name) => modelBytes(`${name}.ubj`)).concat([modelBytes("binary.json")]);
    const mutation = fc.record({ place: fc.nat(), byte: fc.integer({ min: 0, max: 255 }) });
    fc.assert(
      fc.property(
        fc.nat(files.length - 1),
        fc.array(mutation, { minLength: 1, maxLength: 6 }),
        fc.option(fc.double({ min: 0, max: 1, noNaN: true })),
        (file, mutations, cut) => {
          const bytes = Uint8Array.from(files[file]!);
          for (const { place, byte } of mutations) bytes[place % bytes.length] = byte;
          const given = cut === null ? bytes : bytes.subarray(0, Math.floor(cut * bytes.length));
          try {
            const scorer = createScorer(parseXgboost(given));
            scorer.margins(new Float32Array(scorer.ensemble.numFeatures), 1);
          } catch (error) {
            if (!(error instanceof EsteiraError)) throw error;
          }
        },
      ),
      { numRuns: 1500 },
    );
  });
});

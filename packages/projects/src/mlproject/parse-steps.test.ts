import { expect, it } from "vitest";
import { orderSteps } from "../workflow/order-steps.ts";
import { parseProject } from "./parse-project.ts";

const STEPS = `entry_points:
  prepare:
    parameters: {rows: float}
    outputs: [data, report/summary.json]
    command: node prepare.mjs {rows}
  train:
    parameters: {data: path, seed: {type: float, default: 7}}
    outputs: model
    command: node train.mjs {data} {seed}
  judge:
    parameters: {model: path, data: path, note: {default: ""}}
    cached: false
    command: node judge.mjs {model} {data}
`;
const main = (steps: string) => `${STEPS}  main:
    parameters: {rows: float}
    steps:
${steps.replace(/^/gm, "      ")}`;

it("reads what an entry point calls, leaves and takes", () => {
  const { entryPoints, notes } = parseProject(
    main(`judge:
  parameters: {model: "{fit.model}", data: "{prepare.data}", note: "of {rows} rows"}
fit:
  entry_point: train
  parameters: {data: "{prepare.data}"}
prepare:
  parameters: {rows: "{rows}"}
last:
  entry_point: prepare
  after: [judge]
  parameters: {rows: 1}`),
    "MLproject",
  );
  expect(notes).toEqual([]);
  expect(entryPoints.get("prepare")?.outputs).toEqual(["data", "report/summary.json"]);
  expect(entryPoints.get("train")).toMatchObject({ outputs: ["model"], cached: true, steps: [] });
  expect(entryPoints.get("judge")?.cached).toBe(false);
  const steps = entryPoints.get("main")?.steps ?? [];
  expect(steps[0]?.parameters).toEqual(
    new Map([
      ["model", { kind: "output", step: "fit", path: "model" }],
      ["data", { kind: "output", step: "prepare", path: "data" }],
      [
        "note",
        {
          kind: "template",
          segments: [
            { kind: "text", text: "of " },
            { kind: "placeholder", name: "rows" },
            { kind: "text", text: " rows" },
          ],
        },
      ],
    ]),
  );
  const ordered = orderSteps(steps);
  expect("order" in ordered && ordered.order.map(({ name }) => name)).toEqual(["prepare", "fit", "judge", "last"]);
});

it.each([
  [
    "trian: {parameters: {data: '{prepare.data}'}}\nprepare: {parameters: {rows: 1}}",
    "17:7: step 'trian' of entry point 'main' calls the entry point 'trian', which there is not; did you mean 'train'?",
  ],
  [
    "prepare: {parameters: {rows: 1}}\ntrain: {parameters: {data: '{prepar.data}'}}",
    "takes an output of 'prepar', which is no step here; did you mean 'prepare'?",
  ],
  [
    "prepare: {parameters: {rows: 1}}\ntrain: {parameters: {data: '{prepare.date}'}}",
    "whose entry point 'prepare' declares the outputs data, report/summary.json; did you mean 'data'?",
  ],
  ["prepare: {parameters: {row: 1, rows: 1}}", "entry point 'prepare' has no parameter 'row'; did you mean 'rows'?"],
  ["prepare: {parameters: {rows: '{row}'}}", "uses {row}, which is no parameter of 'main'; did you mean 'rows'?"],
  ["prepare: {parameters: {rows: {rows}}}", 'is a mapping to YAML: write it in quotes, as in "{name}"'],
  ["prepare:", "step 'prepare' of entry point 'main' gives no value for 'rows', which 'prepare' needs"],
  [
    "prepare: {parameters: {rows: 1}}\ntrain: {parameters: {data: '{prepare.data}', seed: '{prepare.data}'}}",
    "'train' takes 'seed' as a float, and an output is a file or folder: declare it as path",
  ],
  [
    "prepare: {parameters: {rows: 'n{prepare.data}'}}",
    "has {prepare.data} among other text: an output of a step stands alone",
  ],
  [
    "train: {parameters: {data: '{again.data}'}}\nagain: {entry_point: prepare, parameters: {rows: 1}, after: [train]}",
    "the steps of entry point 'main' wait for each other: train -> again -> train",
  ],
  ["prepare: {parameters: {rows: 1}, after: prepare}", "wait for each other: prepare -> prepare"],
  [
    "prepare: {parameters: {rows: 1}, after: [tarin]}\ntrain: {parameters: {data: '{prepare.data}'}}",
    "comes after 'tarin', which is no step of it; did you mean 'train'?",
  ],
  ["more: {entry_point: main, parameters: {rows: 1}}", "entry point 'main' calls itself: main -> main"],
  ["prepare: {parmeters: {rows: 1}}", "has no key 'parmeters'; did you mean 'parameters'?"],
  ["a b: {entry_point: prepare, parameters: {rows: 1}}", "has a name that cannot be one"],
] as const)("refuses the steps %s", (steps, expected) => {
  expect(() => parseProject(main(steps), "MLproject")).toThrow(expected);
});

it.each([
  ["outputs: [../x]", "the output '../x' of entry point 'a' is no path among its run's artifacts"],
  ["outputs: {x: 1}", "outputs of entry point 'a' is a mapping: expected a list"],
  ["cached: maybe", "cached of entry point 'a' is 'maybe': expected true or false"],
  ["steps: [x]", "steps of entry point 'a' is a list: expected a mapping"],
])("refuses %s", (line, expected) => {
  expect(() => parseProject(`entry_points:\n  a:\n    command: x\n    ${line}\n`, "MLproject")).toThrow(expected);
});

it("finds entry points that call each other", () => {
  const two = "entry_points:\n  a: {steps: {b: {}}}\n  b: {steps: {a: {}}}\n";
  expect(() => parseProject(two, "MLproject")).toThrow("entry point 'a' calls itself: a -> b -> a");
});

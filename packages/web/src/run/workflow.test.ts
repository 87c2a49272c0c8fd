import { expect, it } from "vitest";
import { runOf } from "../testing/run.testing.ts";
import { workflowOf } from "./workflow.ts";
import { layoutWorkflow, NODE, pathOf } from "./workflow-layout.ts";

const step = (name: string, ...needs: string[]) => ({ name, needs, run: undefined, cached: false });

it("reads the steps in their order, and passes over what is told otherwise", () => {
  const run = runOf("main");
  const tag = (name: string, value: unknown) => ({
    key: `esteira.workflow.step.${name}`,
    value: typeof value === "string" ? value : JSON.stringify(value),
  });
  const tags = [
    tag("train", {
      at: 1,
      entryPoint: "train",
      needs: ["prepare", "prepare", "judge", "gone"],
      run: "a",
      cached: true,
    }),
    tag("prepare", { at: 0, entryPoint: "prepare", needs: ["train"] }),
    tag("judge", { at: 2, entryPoint: "judge", needs: ["train"] }),
    tag("odd", "{"),
    tag("other", { at: "first" }),
  ];
  expect(workflowOf({ ...run, data: { ...run.data, tags } })).toEqual([
    step("prepare"),
    { name: "train", needs: ["prepare"], run: "a", cached: true },
    step("judge", "train"),
  ]);
  expect(workflowOf(run)).toEqual([]);
});

it("puts a step below what it waits for, beside its like, and leads edges around the steps between", () => {
  const layout = layoutWorkflow([
    step("prepare"),
    step("train", "prepare"),
    step("other", "prepare"),
    step("judge", "prepare", "train", "other"),
  ]);
  const at = (name: string) => layout.nodes.find((node) => node.name === name) ?? { x: -1, y: -1 };
  expect(at("prepare").y).toBeLessThan(at("train").y);
  expect(at("train").y).toBe(at("other").y);
  expect(at("judge").y).toBeGreaterThan(at("train").y);
  expect(Math.abs(at("train").x - at("other").x)).toBeGreaterThan(NODE.width);
  const around = layout.edges.find(({ from, to }) => from === "prepare" && to === "judge")?.points ?? [];
  expect(around).toHaveLength(4);
  for (const { x } of around.slice(1, 3))
    for (const name of ["train", "other"]) expect(x < at(name).x || x > at(name).x + NODE.width).toBe(true);
  for (const { x, y } of layout.nodes) {
    expect(x).toBeGreaterThanOrEqual(0);
    expect(x + NODE.width).toBeLessThanOrEqual(layout.width);
    expect(y + NODE.height).toBeLessThanOrEqual(layout.height);
  }
  expect(
    pathOf([
      { x: 1, y: 2 },
      { x: 1, y: 4 },
      { x: 3, y: 6 },
    ]),
  ).toBe("M1 2V4C1 5 3 5 3 6");
});

it("draws nothing of nothing", () => {
  expect(layoutWorkflow([])).toEqual({ width: 0, height: 0, nodes: [], edges: [] });
});

import { expect, it } from "vitest";
import { parseGuide } from "./guide.ts";

it("reads commands, servers, files and expectations", () => {
  const { steps, needs } = parseGuide(
    [
      "# Title",
      "<!-- needs: python, postgresql -->",
      "```sh background",
      "serve",
      "```",
      "```python file=train.py",
      "print(1)",
      "```",
      "```sh",
      "python train.py",
      "```",
      "<!-- expect: ^1$ -->",
      "```json",
      "{}",
      "```",
    ].join("\n"),
  );
  expect(needs).toEqual(["python", "postgresql"]);
  expect(steps.map(({ kind, text, line }) => [kind, text, line])).toEqual([
    ["background", "serve\n", 3],
    ["file", "print(1)\n", 6],
    ["run", "python train.py\n", 9],
  ]);
  expect(steps[2]?.expects).toEqual([/^1$/]);
});

it("knows steps that need more than the guide", () => {
  const { steps } = parseGuide("```sh needs=spark\nx\n```\n```python file=a.py needs=spark\n```\n```sh\ny\n```");
  expect(steps.map(({ needs }) => needs)).toEqual(["spark", "spark", undefined]);
  expect(() => parseGuide("```sh needs=luck\nx\n```")).toThrow("line 1: steps can need spark");
});

it("refuses a block without an end, and an expectation of nothing", () => {
  expect(() => parseGuide("```sh\nx")).toThrow("line 1: the block does not end");
  expect(() => parseGuide("<!-- expect: x -->")).toThrow("line 1");
});

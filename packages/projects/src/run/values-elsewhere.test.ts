import { expect, it } from "vitest";
import { valuesElsewhere } from "./values-elsewhere.ts";

const entry = {
  parameters: [
    { name: "rows", type: "path", default: undefined },
    { name: "title", type: "string", default: undefined },
  ],
} as const;
const there = (rows: string) =>
  valuesElsewhere(entry, new Map([...[["rows", rows] as const], ["title", "/home/x"]]), "/home/ana/fraud", "/code");

it("names files of the project where an image has them, and leaves other values as they are", () => {
  expect([...there("/home/ana/fraud/data/rows.csv")]).toEqual([
    ["rows", "/code/data/rows.csv"],
    ["title", "/home/x"],
  ]);
  expect(there("/home/ana/fraud").get("rows")).toBe("/code");
  expect(there("/home/ana/fraud/..data").get("rows")).toBe("/code/..data");
});

it.each(["/home/ana/rows.csv", "/home/ana/fraud-2/rows.csv", "/home/ana"])("refuses %s, which is outside", (rows) => {
  expect(() => there(rows)).toThrow(
    /Parameter 'rows' is '.*' of this machine, which the project's image does not have/,
  );
});

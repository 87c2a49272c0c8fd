import { expect, test } from "vitest";
import { fuzzyFilter, fuzzyMatch } from "./fuzzy.ts";

test("letters are found in their order, accents and case do not matter", () => {
  expect(fuzzyMatch("pxf", "pix-fraud")?.at).toEqual([0, 2, 4]);
  expect(fuzzyMatch("avaliacao", "Avaliação")?.at).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8]);
  expect(fuzzyMatch("zz", "pix-fraud")).toBeUndefined();
  expect(fuzzyMatch(" ", "pix")).toEqual({ score: 0, at: [] });
  expect(fuzzyMatch("🧪", "odd 🧪 name")).toBeDefined();
});

test("beginnings of words and whole pieces come first, then short texts", () => {
  const names = ["deep-pix-search", "pix-fraud", "epixus", "pix"];
  expect(fuzzyFilter(names, "pix", (name) => name, 10).map(({ item }) => item)).toEqual([
    ...["pix", "pix-fraud", "deep-pix-search", "epixus"],
  ]);
  expect(fuzzyFilter(names, "", (name) => name, 2).map(({ item }) => item)).toEqual(["deep-pix-search", "pix-fraud"]);
});

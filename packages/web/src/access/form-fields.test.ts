import { expect, it } from "vitest";
import { listed, passwordFault } from "./form-fields.ts";

it("tells what is wrong with a new password", () => {
  expect(passwordFault("eleven char", "eleven char")).toBe("short");
  // Eleven signs, though the machine counts more.
  expect(passwordFault("🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑🔑", "")).toBe("short");
  expect(passwordFault("a long enough one", "a long enough onf")).toBe("differs");
  expect(passwordFault("a long enough one", "a long enough one")).toBeUndefined();
});

it("reads ids with commas or blanks between them", () => {
  expect(listed(" 1, 2 ,3\n4 ")).toEqual(["1", "2", "3", "4"]);
  expect(listed(" ")).toEqual([]);
});

import fc from "fast-check";
import { expect, test } from "vitest";
import { generateRunName } from "./run-names.ts";

test("a generated name is predicate-noun-number, at most 20 characters, for any random numbers", () => {
  const random = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
  fc.assert(
    fc.property(random, random, random, (a, b, c) => {
      const numbers = [a, b, c];
      const name = generateRunName(() => numbers.shift() ?? 0);
      expect(name).toMatch(/^[a-z]+-[a-z]+-\d{1,3}$/);
      expect(name.length).toBeLessThanOrEqual(20);
    }),
  );
});

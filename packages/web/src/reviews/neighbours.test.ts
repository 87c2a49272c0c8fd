import fc from "fast-check";
import { expect, test } from "vitest";
import { neighbour } from "./neighbours.ts";

const list = (held: readonly boolean[]) =>
  held.map((is, i) => ({ decisionId: String(i), ...(is ? { held: { by: "bia", holder: "other" } } : {}) }));
const isFree = ({ held }: { held?: unknown }) => held === undefined;

test("walks over what others look at, and begins at the first that is free", () => {
  const reviews = list([true, false, true, true, false]);
  expect(neighbour(reviews, undefined, "next", isFree)).toBe("1");
  expect(neighbour(reviews, "gone", "previous", isFree)).toBe("1");
  expect(neighbour(reviews, "1", "next", isFree)).toBe("4");
  expect(neighbour(reviews, "4", "previous", isFree)).toBe("1");
  expect(neighbour(reviews, "4", "next", isFree)).toBeUndefined();
  expect(neighbour([], undefined, "next", isFree)).toBeUndefined();
});

test("from the first on, next leads once to every alert that is free", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 20 }), (held) => {
      const reviews = list(held);
      const walked: string[] = [];
      for (let at = neighbour(reviews, undefined, "next", isFree); at; at = neighbour(reviews, at, "next", isFree))
        walked.push(at);
      expect(walked).toEqual(reviews.filter(isFree).map(({ decisionId }) => decisionId));
    }),
  );
});

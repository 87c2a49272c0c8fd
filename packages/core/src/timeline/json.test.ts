import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { canonicalJson, type Json, type JsonObject, patched, patchesBetween, patchOwn } from "./json.ts";

const key = fc.constantFrom("a", "b", "__proto__", "constructor");
const leaf = fc.constantFrom<Json[]>(null, 0, 1, "x", true);
const { object } = fc.letrec<{ value: Json; object: JsonObject }>((tie) => ({
  value: fc.oneof({ maxDepth: 3 }, leaf, tie("object")),
  // Entries, and not a dictionary: a key of its own may be called __proto__.
  object: fc.array(fc.tuple(key, tie("value")), { maxLength: 3 }).map((entries) => JSON.parse(text(entries))),
}));
const text = (entries: readonly (readonly [string, Json])[]): string =>
  `{${entries.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;

describe("patchOwn", () => {
  it("makes what patched makes, and leaves the patch alone, now and when the target goes on to change", () => {
    fc.assert(
      fc.property(object, object, object, (target, first, second) => {
        const [before, after] = [canonicalJson(first), patched(patched(target, first), second)];
        const own = JSON.parse(canonicalJson(target));
        patchOwn(patchOwn(own, first), second);
        expect(canonicalJson(own)).toBe(canonicalJson(after));
        expect(canonicalJson(first)).toBe(before);
      }),
    );
  });
});

describe("patchesBetween", () => {
  it("leads from one value to the other and back, but for nulls and empty objects, which count as absent", () => {
    const solid = (value: Json): Json =>
      typeof value !== "object" || value === null || Array.isArray(value)
        ? value
        : JSON.parse(
            text(
              Object.entries(value)
                .map(([name, inner]) => [name, solid(inner)] as const)
                .filter(([, inner]) => inner !== null && canonicalJson(inner) !== "{}"),
            ),
          );
    fc.assert(
      fc.property(object, object, (from, to) => {
        const patches = patchesBetween(from, to) ?? { before: {}, after: {} };
        expect(canonicalJson(solid(patched(from, patches.after)))).toBe(canonicalJson(solid(to)));
        expect(canonicalJson(solid(patched(to, patches.before)))).toBe(canonicalJson(solid(from)));
      }),
    );
  });
});

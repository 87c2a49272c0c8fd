import { expect, test } from "vitest";
import { entryOf } from "../testing/entry.testing.ts";
import { byDay, changesOf, filtered, kindOf, toneOf } from "./timeline-story.ts";

test("what set the rules aside is loud, refusals are bad, yeses are good", () => {
  expect(toneOf(entryOf({ action: "policy.broken" }))).toBe("alarm");
  expect(toneOf(entryOf({ action: "alias.set", reason: "all payments are declined" }))).toBe("alarm");
  expect(toneOf(entryOf({ action: "model.changed-outside" }))).toBe("alarm");
  expect(toneOf(entryOf({ action: "alias.set" }))).toBe("accent");
  expect(toneOf(entryOf({ action: "promotion.refused" }))).toBe("bad");
  expect(toneOf(entryOf({ action: "approval.given" }))).toBe("good");
});

test("filters leave no action out", () => {
  expect(
    ["version.staged", "approval.given", "promotion.refused", "policy.broken", "flow.moved", "policy.set"].map(
      (action) => kindOf(entryOf({ action: action as never }).action),
    ),
  ).toEqual(["promotions", "approvals", "refusals", "refusals", "flows", "other"]);
  expect(filtered([entryOf(), entryOf({ action: "flow.set" })], "flows")).toHaveLength(1);
});

test("changes are told by what they led from and to", () => {
  const alias = entryOf({ before: { aliases: { champion: 1 } }, after: { aliases: { champion: 2 } } });
  expect(changesOf(alias)).toEqual([{ what: "@champion", from: "1", to: "2" }]);
  const staged = entryOf({
    before: { versions: { 3: { stage: "None" } } },
    after: { versions: { 3: { stage: "Production" } } },
  });
  expect(changesOf(staged)).toEqual([{ what: "stage", from: "None", to: "Production" }]);
  expect(changesOf(entryOf({ before: null, after: { description: "x" } }))).toEqual([]);
});

test("entries fall into days in the order in which they are given", () => {
  const days = byDay([entryOf({ at: 3 }), entryOf({ at: 2 }), entryOf({ at: 1 })], (ms) =>
    ms > 1 ? "later" : "first",
  );
  expect(days.map(([day, entries]) => [day, entries.length])).toEqual([
    ["later", 2],
    ["first", 1],
  ]);
});

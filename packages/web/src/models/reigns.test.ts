import type { TimelineEntry } from "@esteira/core/timeline/entry";
import { expect, test } from "vitest";
import { entryOf } from "../testing/entry.testing.ts";
import { formerOf, lanesOf, placesOf, reignsOf } from "./reigns.ts";

const alias = (sequence: number, version: number | null, before: number | null, name = "champion"): TimelineEntry =>
  entryOf({
    sequence,
    at: sequence * 1000,
    action: version === null ? "alias.deleted" : "alias.set",
    actor: { name: `person ${sequence}`, origin: "password" },
    before: { aliases: { [name]: before } },
    after: { aliases: { [name]: version } },
  });

const born = entryOf({ sequence: 1, at: 0, action: "model.created", before: null, after: { description: "" } });

test("an alias's holders follow one another, and a stage may have several", () => {
  const rows = reignsOf([
    born,
    entryOf({ sequence: 2, at: 500, action: "version.staged", after: { versions: { 1: { stage: "Production" } } } }),
    alias(3, 1, null),
    alias(4, 2, 1),
    alias(5, 1, 2, "challenger"),
    entryOf({ sequence: 6, at: 6000, action: "version.staged", after: { versions: { 2: { stage: "Production" } } } }),
    alias(7, 1, 2),
    alias(8, null, 1),
  ]);
  expect(rows.map(({ target }) => target)).toEqual(["champion", "challenger", "Production"]);
  expect(rows[0]?.reigns).toEqual([
    { version: "1", from: 3000, until: 4000, by: "person 3" },
    { version: "2", from: 4000, until: 7000, by: "person 4" },
    { version: "1", from: 7000, until: 8000, by: "person 7" },
  ]);
  expect(rows[2]?.reigns.map(({ version, from }) => [version, from])).toEqual([
    ["1", 500],
    ["2", 6000],
  ]);
  expect(formerOf(rows, "champion")).toBeUndefined();
});

test("a rollback leads to the last other version that stood there", () => {
  const rows = reignsOf([born, alias(2, 1, null), alias(3, 2, 1), alias(4, 3, 2)]);
  expect([formerOf(rows, "champion"), formerOf(rows, "none")]).toEqual(["2", undefined]);
  expect(formerOf(reignsOf([born, alias(2, 1, null)]), "champion")).toBeUndefined();
});

test("reigns that overlap lie in lanes, and short ones stay wide enough to hit", () => {
  const reign = (from: number, until?: number) => ({
    version: "1",
    from,
    by: "",
    ...(until === undefined ? {} : { until }),
  });
  const [a, b, c] = [reign(0, 50), reign(20, 30), reign(50)];
  expect(lanesOf([a, b, c])).toEqual([[a, c], [b]]);
  expect(placesOf([a, c], 0, 100, 0.1)).toEqual([
    { left: 0, width: 0.5 },
    { left: 0.5, width: 0.5 },
  ]);
  // Three in the first hundredth, and one that has just begun.
  const places = placesOf([reign(0, 1), reign(1, 2), reign(2, 3), reign(3, 100), reign(100)], 0, 100, 0.1);
  expect(places.map(({ left }) => Number(left.toFixed(2)))).toEqual([0, 0.1, 0.2, 0.3, 0.9]);
  expect(places.every(({ width }) => width > 0.0999)).toBe(true);
});

import { describe, expect, it } from "vitest";
import { type Change, DailyWatch, gridOfDays, summarise } from "./daily-watch.ts";
import { BROKEN, DRIFTING, SCAM, type Scenario, STREAM_FEATURES, streamOf } from "./stream-world.ts";

const REFERENCE = 21;
const CHANGE = 24;

/** What is told of the days of one world; the bench `detection` asks hundreds of larger ones. */
function changesOf(scenario: Scenario, days = 36): Change[] {
  const stream = [...streamOf({ scenario, seed: 4, days, rowsPerDay: 4000, changeDay: CHANGE, lateShare: 0.015 })];
  const reference = stream.slice(0, REFERENCE);
  const grid = gridOfDays(STREAM_FEATURES, reference);
  const watch = new DailyWatch(
    grid,
    reference.map((day) => summarise(day, grid)),
  );
  return stream.slice(REFERENCE).flatMap((day) => watch.add(summarise(day, grid)));
}

const dayOf = ({ from }: Change) => from / 86_400_000;

describe("days that are watched", () => {
  it("say nothing while nothing changes", () => {
    expect(changesOf("no-change", 60)).toEqual([]);
  });

  it("show a scam that nobody has reported, by what its transfers have in common", () => {
    const first = changesOf("late-typology").find(({ kind }) => kind === "pattern")!;
    expect(dayOf(first)).toBe(CHANGE);
    if (first.kind !== "pattern") throw new Error("no pattern");
    const common = first.pattern.parts.filter(({ feature }) => SCAM.has(feature));
    expect(common.length).toBeGreaterThanOrEqual(2);
    for (const { feature, from, to } of common) {
      const at = SCAM.get(feature)!;
      expect(from).toBeLessThan(at + 1.5);
      expect(to).toBeGreaterThan(at - 1.5);
    }
    expect(first.now).toBeGreaterThan(2 * first.before);
  });

  it("show what it is called, once enough is reported", () => {
    const named = changesOf("late-typology", 44).filter(({ kind }) => kind === "typology");
    expect(named).toMatchObject([{ kind: "typology", typology: "new scam", before: 0 }]);
  });

  it.each([
    ["slow-drift", { kind: "feature-moved", feature: DRIFTING }],
    ["broken-feature", { kind: "feature-missing", feature: BROKEN }],
    ["prevalence-shift", { kind: "expected-frauds" }],
    ["label-outage", { kind: "reports-silent", now: 0 }],
  ] as const)("name %s", (scenario, change) => {
    const changes = changesOf(scenario);
    expect(changes).toContainEqual(expect.objectContaining(change));
    expect(changes.every((each) => dayOf(each) >= CHANGE)).toBe(true);
  });

  it("need a reference in which days can be seen to vary", () => {
    const few = [...streamOf({ scenario: "no-change", seed: 1, days: 6, rowsPerDay: 100, changeDay: 6 })];
    const grid = gridOfDays(STREAM_FEATURES, few);
    expect(
      () =>
        new DailyWatch(
          grid,
          few.map((day) => summarise(day, grid)),
        ),
    ).toThrow("The reference has 6 days; at least 7 are needed");
  });
});

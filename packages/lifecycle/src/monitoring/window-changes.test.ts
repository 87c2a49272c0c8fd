import { describe, expect, it } from "vitest";
import { monitor } from "./monitor.ts";
import { STREAM_FEATURES, type StreamDay, type StreamOptions, streamOf } from "./stream-world.ts";
import { world } from "./test-world.ts";

const DAY = 86_400_000;
const HOUR = 3_600_000;

/** Rows of days one after the other, as a report is given them. */
function rowsOf(days: readonly StreamDay[]) {
  const joined = (of: (day: StreamDay) => ArrayLike<number>) =>
    Float64Array.from(days.flatMap((day) => Array.from(of(day))));
  return {
    times: joined(({ from, score }) =>
      Float64Array.from(score, (_, row) => from + 3 * HOUR + (row / score.length) * DAY),
    ),
    scores: joined(({ score }) => score),
    features: STREAM_FEATURES.map((_, at) => joined(({ features }) => features[at]!)),
  };
}

function reportOf(options: Pick<StreamOptions, "scenario">, referenceDays = 14) {
  const days = [...streamOf({ ...options, seed: 9, days: 28, rowsPerDay: 3000, changeDay: 20, lateShare: 0.02 })];
  const [before, now] = [rowsOf(days.slice(0, referenceDays)), rowsOf(days.slice(14))];
  return monitor({
    ...world({ days: 1 }),
    features: STREAM_FEATURES.map((name, at) => ({
      name,
      kind: "number",
      reference: before.features[at]!,
      current: now.features[at]!,
      importance: 1 / STREAM_FEATURES.length,
    })),
    referenceScores: before.scores,
    referenceTimes: before.times,
    windowScores: now.scores,
    windowTimes: now.times,
  });
}

describe("a report's days", () => {
  it("show a scam that nobody has reported, since when, and what its transfers have in common", () => {
    const { changes, reasons } = reportOf({ scenario: "late-typology" });
    // The day begins at midnight in Brasília.
    expect(changes?.find(({ kind }) => kind === "pattern")?.from).toBe(20 * DAY + 3 * HOUR);
    const said = reasons.find(({ code }) => code === "patternRisen")!;
    expect(said.level).toBe("watch");
    expect(said.text.en).toMatch(
      /^On Jan \d+, 1970 \d+ transfers had .*(from|below) -?[\d.]+.*, where [\d.]+ were expected\. A new scam/,
    );
    expect(said.text["pt-BR"]).toMatch(/^Em \d+ de jan\. de 1970, \d+ transferências tinham .*; esperavam-se/);
  });

  it("say nothing while nothing changes, and are not watched without a week of reference", () => {
    const { changes, reasons } = reportOf({ scenario: "no-change" });
    expect(changes).toEqual([]);
    expect(reasons.map(({ code }) => code)).not.toContain("patternRisen");
    expect(reportOf({ scenario: "no-change" }, 6).changes).toBeNull();
  });

  it("are those of rows whose instants are told one by one", () => {
    expect(() =>
      monitor({ ...world(), referenceTimes: undefined, windowScores: [0.1], windowTimes: [1, 2] }),
    ).not.toThrow();
    const input = world({ days: 1 });
    const referenceTimes = new Float64Array(input.referenceScores.length);
    expect(() => monitor({ ...input, features: [], referenceTimes, windowScores: [0.1], windowTimes: [1, 2] })).toThrow(
      "The window has 2 instants but 1 rows",
    );
  });
});

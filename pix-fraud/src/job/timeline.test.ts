import { expect, test } from "vitest";
import { DAY, splitTimeline, timelineUpTo } from "./timeline.ts";

const start = Date.UTC(2026, 0, 1);

test("spans follow each other, and the test span is mature when it is judged", () => {
  for (const days of [60, 90, 150, 183, 365]) {
    const line = splitTimeline(start + 31_000, start + days * DAY - 5000);
    expect(line.train.from).toBeGreaterThan(start);
    expect(line.train.to).toBe(line.validation.from);
    expect(line.validation.to).toBe(line.test.from);
    expect(line.asOf - line.test.to).toBe(line.maturityDays * DAY);
    expect(line.live).toEqual({ from: line.asOf, to: start + days * DAY - 4999 });
    for (const span of [line.train, line.validation, line.test, line.live]) {
      expect(span.to - span.from).toBeGreaterThanOrEqual(3 * DAY);
    }
  }
});

test("a ledger that is too short is refused with the days it has", () => {
  expect(() => splitTimeline(start, start + 12 * DAY)).toThrow(/covers 13 days: at least 60/);
});

test("a training up to an instant uses all of it but a warm-up, and what judges it is never trained on", () => {
  for (const days of [60, 100, 300]) {
    const asOf = start + days * DAY;
    const line = timelineUpTo(start + 31_000, asOf);
    expect(line.train.from).toBeGreaterThan(start);
    expect(line.train.to).toBe(line.validation.from);
    expect(line.validation.to).toBe(line.test.from);
    expect([line.test.to, line.asOf, line.live]).toEqual([asOf, asOf, { from: asOf, to: asOf }]);
    expect(line.train.to - line.train.from).toBeGreaterThan(days * 0.5 * DAY);
  }
  expect(() => timelineUpTo(start, start + 59 * DAY)).toThrow("covers 59 days until then");
});

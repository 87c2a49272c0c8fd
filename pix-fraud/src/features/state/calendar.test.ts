import { describe, expect, it } from "vitest";
import { Calendar } from "./calendar.ts";
import { DAY } from "./windows.ts";

const dayOf = (date: string): number => Date.parse(`${date}T00:00:00Z`) / DAY;

describe("the Brazilian calendar", () => {
  const calendar = new Calendar("BR");

  it.each([
    ["2024-02-12", "carnival Monday"],
    ["2024-02-13", "carnival Tuesday"],
    ["2024-03-29", "Good Friday"],
    ["2024-05-30", "Corpus Christi"],
    ["2025-04-18", "Good Friday"],
    ["2025-04-21", "Tiradentes"],
    ["2024-11-20", "Consciência Negra, a national holiday from 2024 on"],
    ["2026-06-06", "a Saturday"],
    ["2026-06-07", "a Sunday"],
  ])("has a day off on %s, %s", (date) => {
    expect(calendar.day(dayOf(date)).isDayOff).toBe(true);
  });

  it.each([["2024-02-14"], ["2023-11-20"], ["2026-06-08"], ["2024-03-28"]])("works on %s", (date) => {
    expect(calendar.day(dayOf(date)).isDayOff).toBe(false);
  });

  it("counts business days from the 5th business day of the month", () => {
    // March 2024 begins on a Friday: business days 1, 4, 5, 6, 7.
    expect(calendar.day(dayOf("2024-03-07")).daysSincePayday).toBe(0);
    expect(calendar.day(dayOf("2024-03-08")).daysSincePayday).toBe(1);
    expect(calendar.day(dayOf("2024-03-10")).daysSincePayday).toBe(1);
    expect(calendar.day(dayOf("2024-03-11")).daysSincePayday).toBe(2);
    // Before this month's, the last month's counts: 7 February 2024, with carnival between.
    expect(calendar.day(dayOf("2024-03-06")).daysSincePayday).toBe(18);
    expect(calendar.day(dayOf("2024-01-02")).daysSincePayday).toBe(16);
  });

  it("knows weekends only, where nobody's holidays are asked for", () => {
    const plain = new Calendar("none");
    expect(plain.day(dayOf("2024-12-25")).isDayOff).toBe(false);
    expect(plain.day(dayOf("2024-12-28")).isDayOff).toBe(true);
  });
});

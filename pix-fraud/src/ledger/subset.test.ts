import { expect, test } from "vitest";
import { computeFeatures } from "../features/offline.ts";
import { DAY } from "../job/timeline.ts";
import { simulateWorld } from "../world/simulate.ts";
import { ledgerAsOf } from "./subset.ts";

test("a ledger as of an instant holds what was known then, and its features are those that the whole has", () => {
  const whole = simulateWorld({ transfers: 8000, days: 80, seed: 5 });
  const asOf = whole.transfers.time[0]! + 50 * DAY;
  const then = ledgerAsOf(whole, asOf);
  const { fraud, knownAt, reportedAt, typology } = then.labels;
  expect(then.rows).toBeGreaterThan(4000);
  expect(then.transfers.time.every((time) => time < asOf)).toBe(true);
  const later = Array.from(fraud.keys()).filter((row) => !(whole.labels.knownAt[row]! <= asOf));
  expect(later.some((row) => whole.labels.fraud[row] === 1)).toBe(true);
  for (const row of later) expect([fraud[row], typology[row], knownAt[row]]).toEqual([0, 0, Number.NaN]);
  expect(reportedAt.every((at) => Number.isNaN(at) || at <= asOf)).toBe(true);
  expect(fraud.reduce((sum, label) => sum + label, 0)).toBeGreaterThan(0);
  expect(then.origin.digest).not.toBe(whole.origin.digest);
  expect(computeFeatures(then).values).toEqual(computeFeatures(whole, { to: then.rows }).values);
});

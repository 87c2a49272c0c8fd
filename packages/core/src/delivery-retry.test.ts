import { expect, it } from "vitest";
import { outcomeOf } from "./delivery-retry.ts";

const PLAN = { attempts: 4, firstDelayMs: 1000, longestDelayMs: 10_000 };
const NOW = 1_000_000;

it("counts every 2xx as delivered and nothing else", () => {
  expect(outcomeOf({ status: 204, body: "" }, 1, NOW, 0, PLAN)).toEqual({ responseStatus: 204 });
  for (const status of [301, 302, 400, 404, 410, 429, 500, 503]) {
    expect(outcomeOf({ status, body: "no" }, 1, NOW, 0, PLAN)).toEqual({
      responseStatus: status,
      error: `HTTP ${status}: no`,
      retryAt: NOW + 1000,
    });
  }
});

it("waits longer each time, up to a limit, and gives up after the last attempt", () => {
  const failure = new Error("connect ECONNREFUSED");
  const waits = [1, 2, 3].map((attempt) => (outcomeOf(failure, attempt, NOW, 0, PLAN).retryAt ?? 0) - NOW);
  expect(waits).toEqual([1000, 4000, 10_000]);
  expect(outcomeOf(failure, 2, NOW, 0.999, PLAN).retryAt).toBe(NOW + Math.round(4000 * (1 + 0.999 / 4)));
  expect(outcomeOf(failure, 4, NOW, 0, PLAN)).toEqual({ error: "connect ECONNREFUSED" });
});

it("waits at least as long as the receiver asks", () => {
  expect(outcomeOf({ status: 429, body: "", retryAfter: 60 }, 1, NOW, 0, PLAN).retryAt).toBe(NOW + 60_000);
  expect(outcomeOf({ status: 503, body: "", retryAfter: 0 }, 2, NOW, 0, PLAN).retryAt).toBe(NOW + 4000);
});

import { expect, it } from "vitest";
import { delayBefore, mayRetry, retryAfterSeconds } from "./retry.ts";

const POLICY = { retries: 5, firstDelayMs: 100, longestDelayMs: 1000 };

it("waits twice as long each time, up to a limit, with half of it left to chance", () => {
  expect([1, 2, 3, 4, 5, 6].map((attempt) => delayBefore(attempt, POLICY, 0, undefined))).toEqual([
    100, 200, 400, 800, 1000, 1000,
  ]);
  expect(delayBefore(2, POLICY, 1, undefined)).toBe(100);
});

it("waits as long as the server asks", () => {
  expect(delayBefore(1, POLICY, 0, 7)).toBe(7000);
  expect(retryAfterSeconds("7", 0)).toBe(7);
  expect(retryAfterSeconds(new Date(30_000).toUTCString(), 0)).toBe(30);
  expect(retryAfterSeconds("soon", 0)).toBeUndefined();
  expect(retryAfterSeconds(null, 0)).toBeUndefined();
});

it("repeats what makes something new only when the server has not looked at it", () => {
  expect([429, 503, 500, 504, 400, 404].map((status) => mayRetry(status, false))).toEqual([
    true,
    true,
    false,
    false,
    false,
    false,
  ]);
  expect([429, 503, 500, 504, 400, 404].map((status) => mayRetry(status, true))).toEqual([
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
});

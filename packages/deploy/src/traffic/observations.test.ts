import { expect, it } from "vitest";
import type { Observation } from "../observation.ts";
import { together } from "./observations.ts";

const seen = (more: Partial<Observation> = {}): Observation => ({
  generation: 4,
  seconds: 8,
  primary: { requests: 10, failed: 1, seconds: { p50: 0.1, p99: 0.2, max: 0.3 } },
  canary: { requests: 1, failed: 0 },
  shadow: { compared: 2, failed: 0, missed: 1 },
  ...more,
});

it("adds up what routers count, and keeps the worst of what is no count", () => {
  const other = seen({
    canary: { requests: 2, failed: 1, seconds: { p50: 0.5, p99: 0.6, max: null } },
    shadow: { compared: 1, failed: 1, missed: 0, difference: { p50: 0, p99: 0.1, max: 0.1 }, scores: [[0.1, 0.2]] },
    seconds: 7,
  });
  expect(together([seen(), other])).toEqual({
    generation: 4,
    seconds: 7,
    primary: { requests: 20, failed: 2, seconds: { p50: 0.1, p99: 0.2, max: 0.3 } },
    canary: { requests: 3, failed: 1, seconds: { p50: 0.5, p99: 0.6, max: null } },
    shadow: { compared: 3, failed: 1, missed: 1, difference: { p50: 0, p99: 0.1, max: 0.1 }, scores: [[0.1, 0.2]] },
  });
});

it("says nothing while one of them follows the change before, or where there is none", () => {
  expect(together([seen(), seen({ generation: 3 })])).toBeUndefined();
  expect(together([])).toBeUndefined();
  expect(together([seen()])).toEqual(seen());
});

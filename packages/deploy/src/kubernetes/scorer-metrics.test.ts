import { createMetrics } from "@esteira/core/metrics";
import { expect, it } from "vitest";
import { countsIn, quantiles, since, total } from "./scorer-metrics.ts";

/** As a scorer counts, with the library that it counts with. */
async function text(seconds: readonly number[], failed = 0): Promise<string> {
  const metrics = createMetrics();
  const requests = metrics.counter("esteira_scoring_requests_total", "Answered.", ["status"]);
  const errors = metrics.counter("esteira_scoring_errors_total", "Failed.", ["side"]);
  const durations = metrics.histogram("esteira_scoring_duration_seconds", "Took.", [0.001, 0.01, 0.1]);
  for (const took of seconds) {
    requests.add(1, "200");
    durations.observe(took);
  }
  if (failed > 0) {
    requests.add(failed, "500");
    errors.add(failed, "server");
  }
  return metrics.render();
}

it("adds up what pods count", async () => {
  const sum = total([countsIn(await text([0.0005, 0.005], 1)), countsIn(await text([0.05]))]);
  expect(sum).toEqual({ requests: 4, failed: 1, within: { "0.001": 1, "0.01": 2, "0.1": 3, "+Inf": 3 } });
  expect(quantiles(sum)).toEqual({ p50: 0.01, p99: 0.1, max: 0.1 });
});

it("leaves out what was before, unless the process began anew", async () => {
  const before = countsIn(await text([0.05, 0.05]));
  const now = countsIn(await text([0.05, 0.05, 0.0005, 7]));
  expect(since(before, now)).toMatchObject({ requests: 2, within: { "0.001": 1, "0.1": 1, "+Inf": 2 } });
  expect(quantiles(since(before, now))).toEqual({ p50: 0.001, p99: null, max: null });
  expect(since(now, before)).toEqual(before);
});

it("knows no time where nothing was answered", () => {
  expect(quantiles(countsIn(""))).toBeUndefined();
});

import { createServingMetrics } from "@esteira/models/serving/metrics";
import { expect, it } from "vitest";
import {
  countedIn,
  readServiceSample,
  type ServiceHistory,
  type ServiceSample,
  withSamples,
} from "./service-counters.ts";

const MINUTE = 60_000;
const sample = (minute: number, requests: number, errors = 0, unrecorded = 0): ServiceSample => ({
  ...{ at: minute * MINUTE, requests, errors, unrecorded },
});

it("reads what a scoring server shows, and nothing of another", async () => {
  const metrics = createServingMetrics({ inFlight: () => 0, refused: () => 0, generation: () => 1 });
  expect(readServiceSample(await metrics.text(), 7)).toMatchObject({ at: 7, requests: 0, errors: 0 });
  const text = `# TYPE esteira_scoring_requests_total counter
esteira_scoring_requests_total{status="200"} 90
esteira_scoring_requests_total{status="500"} 10
esteira_scoring_errors_total{side="client"} 3
esteira_scoring_errors_total{side="server"} 10
esteira_scoring_decisions_unrecorded_total 4
`;
  expect(readServiceSample(text, 7)).toEqual({ at: 7, requests: 100, errors: 10, unrecorded: 4 });
  expect(readServiceSample("up 1\n", 7)).toBeUndefined();
});

it("counts what grew in a window, over restarts and several services", () => {
  const history: ServiceHistory = {
    a: [sample(0, 100, 5), sample(5, 160, 6), sample(10, 20, 2, 1), sample(15, 50, 2, 1)],
    b: [sample(10, 1000), sample(15, 1100)],
    gone: [sample(1, 5), sample(2, 9)],
  };
  expect(countedIn(history, 15 * MINUTE, 10 * MINUTE)).toEqual({ requests: 20 + 30 + 100, errors: 2, unrecorded: 1 });
  expect(countedIn(history, 15 * MINUTE, 15 * MINUTE)).toMatchObject({ requests: 60 + 20 + 30 + 100 + 4, errors: 3 });
  expect(countedIn({ a: [sample(15, 50)] }, 15 * MINUTE, 10 * MINUTE)).toBeUndefined();
  expect(countedIn({ a: [sample(0, 50), sample(5, 60)] }, 90 * MINUTE, 10 * MINUTE)).toBeUndefined();
});

it("keeps of its history what a window asks for, and where its growth begins", () => {
  let history: ServiceHistory = {};
  for (let minute = 0; minute <= 100; minute += 5)
    history = withSamples(history, { a: sample(minute, minute) }, minute * MINUTE, 12 * MINUTE);
  expect(history.a?.map(({ requests }) => requests)).toEqual([85, 90, 95, 100]);
  expect(countedIn(history, 100 * MINUTE, 12 * MINUTE)?.requests).toBe(15);
  expect(withSamples(history, {}, 300 * MINUTE, 12 * MINUTE).a).toHaveLength(1);
});

import { expect, it } from "vitest";
import type { SampledHistory } from "../entities/sampled-history.ts";
import { runId } from "../ids.ts";
import { parseJson, stringifyJson } from "./json.ts";
import { sampledHistoryToWire, sampledHistoryWire } from "./metric.ts";

const history: SampledHistory = {
  runId: runId("a".repeat(32)),
  totalCount: 5,
  nanCount: 1,
  infiniteCount: 1,
  points: [
    { key: "m", value: 0.5, timestamp: 1_700_000_000_000, step: -3 },
    { key: "m", value: Number.NaN, timestamp: 1_700_000_000_001, step: 0 },
    { key: "m", value: Number.MAX_VALUE, timestamp: 9_007_199_254_740_993n, step: 7 },
    { key: "m", value: -1e-300, timestamp: 0, step: 9_223_372_036_854_775_807n },
  ],
};
const read = (wire: unknown) => sampledHistoryWire.parse(parseJson(stringifyJson(wire)));

it("says the same as points and as columns", () => {
  expect(read(sampledHistoryToWire(history))).toEqual(history);
  const asColumns = sampledHistoryToWire(history, true);
  expect(asColumns).not.toHaveProperty("points");
  expect(read(asColumns)).toEqual(history);
  expect(read(sampledHistoryToWire({ ...history, points: [] }, true)).points).toEqual([]);
});

it("refuses columns that are not of one length, or no lists", () => {
  const columns = { key: "m", steps: [1, 2], timestamps: [1, 2], values: [0.5] };
  const wire = { ...sampledHistoryToWire(history), points: undefined };
  expect(sampledHistoryWire.safeParse({ ...wire, columns }).success).toBe(false);
  expect(sampledHistoryWire.safeParse({ ...wire, columns: { ...columns, values: "0.5" } }).success).toBe(false);
});

import { expect, test } from "vitest";
import { runOf } from "../testing/run.testing.ts";
import { withEvent } from "./live-runs.ts";

const point = (key: string, value: number, step: number) => ({ key, value, step, timestamp: 0 });

test("a run's latest values move forward only, and its state is the one told", () => {
  const run = runOf("a", undefined, { metrics: { loss: 0.5 }, params: { depth: "3" } });
  const points = [point("loss", 0.4, 1), point("auc", 0.9, 3), point("auc", 0.8, 2)];
  const moved = withEvent(run, { kind: "metrics", runId: run.info.runId, points });
  expect(moved.data.metrics).toEqual([point("loss", 0.4, 1), point("auc", 0.9, 3)]);
  const tags = [{ key: "phase", value: "late" }];
  const ended = withEvent(moved, { kind: "run", run: { info: { ...run.info, status: "FAILED" }, tags } });
  expect(ended.info.status).toBe("FAILED");
  expect(ended.data).toEqual({ ...moved.data, tags });
  expect(withEvent(run, { kind: "live", runIds: [] })).toBe(run);
});

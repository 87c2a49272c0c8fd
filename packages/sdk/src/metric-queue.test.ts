import type { Metric } from "@esteira/core/entities/metric";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { describe, expect, it } from "vitest";
import { MetricQueue } from "./metric-queue.ts";

const point = (step: number, key = "loss"): Metric => ({ key, value: step, step, timestamp: 1 });
const points = (count: number): Metric[] => Array.from({ length: count }, (_, step) => point(step));
const PATIENCE = 20_000;
const away = () => new EsteiraError("TEMPORARILY_UNAVAILABLE", "away");

describe("a queue of metrics", () => {
  it("sends everything in its order, in batches that the server takes", async () => {
    const batches: Metric[][] = [];
    const queue = new MetricQueue({ send: async (batch) => void batches.push([...batch]) });
    for (const metric of points(2500)) queue.add([metric]);
    await queue.flush(PATIENCE);
    expect(batches.every((batch) => batch.length <= 1000)).toBe(true);
    expect(batches.flat()).toEqual(points(2500));
    await queue.flush(PATIENCE);
  });

  it("never makes the caller wait, and keeps what comes while the server is away", async () => {
    let failures = 3;
    const seen: Metric[] = [];
    const queue = new MetricQueue({
      send: async (batch) => {
        if (failures-- > 0) throw away();
        seen.push(...batch);
      },
    });
    for (const metric of points(1500)) expect(queue.add([metric])).toBeUndefined();
    await queue.flush(PATIENCE);
    expect(seen).toEqual(points(1500));
  });

  it("says how much a server that stays away has not taken, keeps it, and sends it when it is back", async () => {
    let up = false;
    const seen: Metric[] = [];
    const queue = new MetricQueue({
      send: async (batch) => {
        if (!up) throw away();
        seen.push(...batch);
      },
    });
    queue.add(points(7));
    await expect(queue.flush(200)).rejects.toThrow("7 metric values were not acknowledged: the server stayed away");
    up = true;
    await queue.flush(PATIENCE);
    expect(seen).toEqual(points(7));
  });

  it("leaves out only the values that the server refuses, and tells", async () => {
    const seen: Metric[] = [];
    const send = async (batch: readonly Metric[]) => {
      if (batch.some(({ key }) => key === "a$b")) throw invalid("Invalid value 'a$b'");
      seen.push(...batch);
    };
    const queue = new MetricQueue({ send });
    queue.add([...points(400), point(0, "a$b"), ...points(300), point(1, "a$b")]);
    await expect(queue.flush(PATIENCE)).rejects.toThrow("2 metric values were refused; the first: Invalid value 'a$b'");
    expect(seen).toHaveLength(700);
    queue.add([point(9)]);
    await queue.flush(PATIENCE);
    expect(seen).toHaveLength(701);
  });

  it("keeps in the spool exactly what is not acknowledged", async () => {
    let kept: Metric[] = [];
    let up = false;
    const queue = new MetricQueue({
      send: async () => {
        if (!up) throw away();
      },
      spool: {
        keep: (metrics) => void kept.push(...metrics),
        forget: (count) => {
          kept = kept.slice(count);
        },
      },
    });
    queue.add(points(3));
    await queue.flush(100).catch(() => undefined);
    expect(kept).toEqual(points(3));
    up = true;
    await queue.flush(PATIENCE);
    expect(kept).toEqual([]);
  });
});

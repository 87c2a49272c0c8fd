import { describe, expect, it } from "vitest";
import { axisText, parseAxis, places, stepsWithin } from "./axis.ts";

const metric = (step: number, value: number, timestamp = 0) => ({ key: "m", step, value, timestamp });
const along = [metric(0, 0), metric(10, 100), metric(10, 110), metric(20, 200)];

describe("an axis", () => {
  it("is named in the URL, and is of steps where that says nonsense", () => {
    for (const text of [undefined, "relative", "time", "metrics.a.b"]) expect(axisText(parseAxis(text))).toBe(text);
    for (const text of ["", "metrics.", "hours"]) expect(parseAxis(text)).toEqual({ kind: "step" });
  });

  it("places points by steps, and in seconds by time", () => {
    const history = { points: [metric(3, 1, 5000), metric(4, 1, 6500)], startTime: 4000 };
    expect(places(history, { kind: "step" })).toEqual([3, 4]);
    expect(places(history, { kind: "relative" })).toEqual([1, 2.5]);
    expect(places(history, { kind: "time" })).toEqual([5, 6.5]);
  });

  it("places points along another metric: at its last value of the step, in proportion between two, nowhere outside", () => {
    const points = [metric(-1, 1), metric(0, 1), metric(5, 1), metric(10, 1), metric(15, 1), metric(21, 1)];
    const axis = { kind: "metric", key: "samples" } as const;
    expect(places({ points, along, startTime: 0 }, axis)).toEqual([Number.NaN, 0, 50, 110, 155, Number.NaN]);
    expect(places({ points: [metric(1, 1)], startTime: 0 }, axis)).toEqual([Number.NaN]);
  });
});

describe("the steps of a range", () => {
  const points = [0, 10, 20, 30, 40].map((step) => metric(step, 1, step * 1000));
  it("reach to the neighbours, so that lines leave the picture at its edges", () => {
    expect(stepsWithin([{ points, startTime: 0 }], { kind: "time" }, [19, 21])).toEqual([10, 30]);
    expect(stepsWithin([{ points, startTime: 0 }], { kind: "time" }, [500, 600])).toBeUndefined();
    expect(stepsWithin([{ points, startTime: 0 }], { kind: "step" }, [21.5, 28.5])).toEqual([21, 29]);
  });
});

import { availableParallelism } from "node:os";
import { expect, it } from "vitest";
import { allowedCpus, leastHeld, readCpuList } from "./resources.ts";

it("reads lists of processors as the kernel writes them", () => {
  expect(readCpuList("0-2,5")).toEqual([0, 1, 2, 5]);
  expect(readCpuList("7")).toEqual([7]);
  expect(readCpuList("")).toEqual([]);
});

it.skipIf(process.platform !== "linux")("knows the processors that this process may use", async () => {
  expect((await allowedCpus()).length).toBeGreaterThanOrEqual(availableParallelism());
});

it("gives each task the processors that the fewest have", () => {
  const held: (readonly number[])[] = [];
  for (const expected of [[0], [1], [2], [0]]) {
    const own = leastHeld([0, 1, 2], held, 1);
    expect(own).toEqual(expected);
    held.push(own);
  }
  expect(leastHeld([0, 1, 2], [[0], [2]], 2)).toEqual([0, 1]);
});

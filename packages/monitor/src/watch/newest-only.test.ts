import { expect, test } from "vitest";
import { NewestOnly } from "./newest-only.ts";

test("does one at a time, and of what came meanwhile the newest", async () => {
  const done: number[] = [];
  const gates: (() => void)[] = [];
  const queue = new NewestOnly<number>(async (given) => {
    await new Promise<void>((open) => gates.push(open));
    done.push(given);
  });
  for (const given of [1, 2, 3]) queue.give(given);
  expect(gates).toHaveLength(1);
  gates[0]!();
  await expect.poll(() => gates.length).toBe(2);
  gates[1]!();
  await queue.settled();
  expect(done).toEqual([1, 3]);
  queue.give(4);
  gates[2]!();
  await queue.settled();
  expect(done).toEqual([1, 3, 4]);
});

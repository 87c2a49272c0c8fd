import { expect, test } from "vitest";
import { connectionStore } from "./connection-store.ts";

test("a server that went away is asked until it answers, less and less often, and its return is told once", async () => {
  const answers = [false, false, true];
  const pauses: number[] = [];
  let backs = 0;
  let run: () => void = () => {};
  const store = connectionStore({
    ask: async () => answers.shift() ?? false,
    later: (next, ms) => {
      pauses.push(ms);
      run = next;
    },
    onBack: () => backs++,
  });
  expect(store.current()).toBe("here");
  store.lost();
  store.lost();
  for (let time = 0; time < 3; time++) {
    expect(store.current()).toBe("away");
    run();
    await Promise.resolve();
    await Promise.resolve();
  }
  expect([store.current(), backs, pauses]).toEqual(["here", 1, [1000, 2000, 4000]]);
});

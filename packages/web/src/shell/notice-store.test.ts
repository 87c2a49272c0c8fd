import { expect, test } from "vitest";
import { noticeStore } from "./notice-store.ts";

test("notices go by themselves, what can be undone later, and never more than three stand", () => {
  const timers: { run: () => void; ms: number }[] = [];
  const store = noticeStore((run, ms) => timers.push({ run, ms }));
  let heard = 0;
  store.subscribe(() => heard++);
  store.tell({ text: "done" });
  store.tell({ text: "deleted", undo: async () => {} });
  expect(store.current().map(({ text, tone }) => [text, tone])).toEqual([
    ["done", "good"],
    ["deleted", "good"],
  ]);
  expect(timers[1]?.ms).toBeGreaterThan(timers[0]?.ms ?? 0);
  timers[0]?.run();
  expect(store.current().map(({ text }) => text)).toEqual(["deleted"]);
  for (const text of ["a", "b", "c"]) store.tell({ text, tone: "bad" });
  expect(store.current().map(({ text }) => text)).toEqual(["a", "b", "c"]);
  expect(heard).toBe(6);
});

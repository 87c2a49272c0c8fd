import { flowSpecWire } from "@esteira/core/flow/flow-spec";
import type { Wanted } from "@esteira/deploy/wanted";
import { expect, test } from "vitest";
import { nextMove } from "./move.ts";

const { canary: limits } = flowSpecWire.parse({ canary: { share: 0.1, steps: [0.5], requests: 10, dwell_seconds: 5 } });
const plain: Wanted = { name: "pix", model: "models:/pix/1", image: "pix:1", port: 8000 };
const at = (share: number): Wanted => ({
  ...plain,
  canary: { model: "models:/pix/2", image: "pix:2", share },
  ...{ shadow: "models:/pix/2", shadowImage: "pix:2" },
});
const move = (share: number, requests: number, failed = 0, seconds = 9) =>
  nextMove(limits!, at(share), {
    ...{ seconds, restarts: 0, primary: { requests: 100, failed: 0 }, canary: { requests, failed } },
    shadow: { compared: 5, failed: 0 },
  });

test("a canary that does well grows, and after its last share answers all", () => {
  expect(move(0.1, 4)).toEqual({ kind: "wait", reason: "the canary has answered 4 of 10 requests" });
  expect(move(0.1, 10, 0, 4)).toEqual({ kind: "wait", reason: "all is well after 4 of 5 seconds" });
  expect(move(0.1, 10)).toMatchObject({ kind: "grow", wanted: at(0.5) });
  expect(move(0.5, 10)).toMatchObject({
    kind: "promote",
    wanted: { name: "pix", model: "models:/pix/2", image: "pix:2", port: 8000 },
  });
});

test("one that does not is taken back at once, and what was before stays alone", () => {
  expect(move(0.5, 3, 1, 1)).toMatchObject({ kind: "take-back", wanted: plain });
});

import type { Deployment } from "@esteira/core/entities/deployment";
import { expect, test } from "vitest";
import { commandFor, formerPrimary, matching, serves, shortImage } from "./served.ts";

const deployment = (more: Partial<Deployment> = {}): Deployment => ({
  ...{ id: 1, target: "docker", place: "risk", name: "scoring", model: "pix", version: "2", state: "serving" },
  arms: [
    { role: "primary", uri: "models:/pix/2", share: 0.95 },
    { role: "canary", uri: "models:/pix/3", share: 0.05 },
  ],
  ...{ changedAt: 0, changedBy: "ana", runners: [] },
  ...more,
});

test("a deployment serves the versions of all its arms, until it has ended", () => {
  expect(["1", "2", "3"].filter((version) => serves(deployment(), "pix", version))).toEqual(["2", "3"]);
  expect(serves(deployment(), "mule", "2")).toBe(false);
  expect(serves(deployment({ state: "removed" }), "pix", "2")).toBe(false);
});

test("deployments are found by name, model and place, and those that have ended where they are asked for", () => {
  const all = [deployment(), deployment({ name: "old", state: "removed" }), deployment({ name: "x", place: "Recife" })];
  const names = (search: Parameters<typeof matching>[1]) => matching(all, search).map(({ name }) => name);
  expect(names({})).toEqual(["scoring", "x"]);
  expect(names({ ended: true })).toEqual(["scoring", "old", "x"]);
  expect(names({ q: "recife" })).toEqual(["x"]);
  expect(names({ q: "PIX" })).toEqual(["scoring", "x"]);
});

test("a rollback leads to the primary of before, which is nothing for what has ended", () => {
  const former = [{ role: "primary", uri: "models:/pix/1", share: 1 }] as const;
  expect(formerPrimary(deployment())).toBeUndefined();
  expect(formerPrimary(deployment({ former }))?.uri).toBe("models:/pix/1");
  expect(formerPrimary(deployment({ former, state: "removed" }))).toBeUndefined();
});

test("images are short by their digest, and commands name what they mean", () => {
  expect(shortImage(`r:5000/pix@sha256:${"0a".repeat(32)}`)).toBe("sha256:0a0a0a0a0a0a");
  expect(shortImage("r:5000/pix:latest")).toBe("r:5000/pix:latest");
  expect(commandFor(deployment())).toBe("npx esteira deploy rollback --name scoring --target docker");
  expect(commandFor(deployment({ target: "local" }))).toBe("npx esteira deploy rollback --name scoring");
});

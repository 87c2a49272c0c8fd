import { describe, expect, it } from "vitest";
import { changesBetween, checkWanted } from "../wanted.ts";
import { isSplit, routesOf } from "./routes.ts";

const plain = { name: "pix", model: "models:/pix/1" };
const split = { ...plain, canary: { model: "models:/pix/2", share: 0.25 }, shadow: "models:/pix/3" };

describe("what a deployment's router is told", () => {
  it("gives the canary its share, and shows the shadow what is asked", () => {
    expect([isSplit(plain), isSplit(split)]).toEqual([false, true]);
    const urls = { primary: "http://blue:8080", canary: "http://green:8080", shadow: "http://amber:8080" };
    expect(routesOf(split, 7, urls)).toEqual({
      generation: 7,
      primary: { url: urls.primary, model: "models:/pix/1" },
      canary: { url: urls.canary, model: "models:/pix/2", share: 0.25 },
      shadow: { url: urls.shadow, model: "models:/pix/3" },
    });
  });

  it("leaves out what has no address, and refuses one that is none", () => {
    expect(routesOf(split, 1, { primary: "http://blue:8080" })).toEqual({
      generation: 1,
      primary: { url: "http://blue:8080", model: "models:/pix/1" },
    });
    expect(() => routesOf(plain, 1, { primary: "https://blue" })).toThrow();
  });
});

it("says when another image runs under the same name", () => {
  const images = { shadowImage: "r/pix@sha256:1", canary: { ...split.canary, image: "r/pix@sha256:2" } };
  expect(changesBetween(checkWanted(split), checkWanted({ ...split, ...images }))).toEqual([
    "run the image r/pix@sha256:2 for the canary",
    "run the image r/pix@sha256:1 for the shadow",
  ]);
});

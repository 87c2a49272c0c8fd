import { describe, expect, it } from "vitest";
import type { Wanted } from "../wanted.ts";
import { routesOf } from "./routes.ts";
import { serversOf, urlsOf } from "./servers.ts";

const plain: Wanted = { name: "pix", model: "models:/pix/1", image: "pix:1" };
const canary = { model: "models:/pix/2", image: "pix:2", share: 0.05 };
const urls = (wanted: Wanted) => urlsOf(wanted, (track) => `http://${track}:8080`);

describe("the servers of a deployment", () => {
  it("are one where nothing stands beside the model", () => {
    expect(serversOf(plain)).toEqual([{ track: "primary", model: "models:/pix/1", image: "pix:1" }]);
  });

  it("are one for each model, and a shadow that answers as the canary too is asked there", () => {
    const both: Wanted = { ...plain, canary, shadow: canary.model, shadowImage: canary.image };
    expect(serversOf(both).map(({ track }) => track)).toEqual(["primary", "canary"]);
    expect(routesOf(both, 3, urls(both))).toEqual({
      generation: 3,
      primary: { url: "http://primary:8080", model: "models:/pix/1" },
      canary: { url: "http://canary:8080", model: "models:/pix/2", share: 0.05 },
      shadow: { url: "http://canary:8080", model: "models:/pix/2" },
    });
  });

  it("are a third where the shadow is another model, or the same one in another image", () => {
    const other: Wanted = { ...plain, canary, shadow: "models:/pix/3", shadowImage: "pix:3" };
    expect(serversOf(other)[2]).toEqual({ track: "shadow", model: "models:/pix/3", image: "pix:3" });
    expect(urls(other).shadow).toBe("http://shadow:8080");
    const rebuilt: Wanted = { ...plain, shadow: plain.model, shadowImage: "pix:1-again" };
    expect(serversOf(rebuilt).map(({ track }) => track)).toEqual(["primary", "shadow"]);
  });
});

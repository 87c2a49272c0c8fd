import { describe, expect, it } from "vitest";
import { stringify } from "yaml";
import { z } from "zod";
import { exported } from "./exports.ts";
import { manifests } from "./manifests.ts";
import { revisionWire } from "./revision.ts";
import { mergeSettings } from "./settings.ts";

const digest = (digit: string) => `registry.example:5000/pix@sha256:${digit.repeat(64)}`;
const settings = (said: Parameters<typeof mergeSettings>[1] = {}) => mergeSettings(undefined, said);
const revision = (wanted: object, said: Parameters<typeof mergeSettings>[1] = {}) =>
  revisionWire.parse({
    wanted: { name: "pix", model: "models:/pix/3", image: digest("a"), ...wanted },
    settings: settings(said),
  });
const drawn = (wanted: object, said: Parameters<typeof mergeSettings>[1] = {}) =>
  manifests(revision(wanted, said), "fraud", { generation: 1 });

const FULL = {
  replicas: 3,
  maxReplicas: 9,
  requestsTarget: 250,
  env: { ESTEIRA_THRESHOLD: "0.71", NOTE: "{{ braces }}" },
  secrets: { SEAL_KEY: { secret: "pix-seal", key: "key" } },
  pullSecrets: ["registry"],
  host: "pix.example.com",
  tlsSecret: "pix-tls",
  ingressClass: "nginx",
};

describe("the objects of a deployment", () => {
  it("are the least that serves, safely", async () => {
    const text = drawn({})
      .objects.map((object) => stringify(object))
      .join("---\n");
    await expect(text).toMatchFileSnapshot("./fixtures/plain.yaml");
  });

  it("carry the canary, the scaling, the host and what was before", async () => {
    const now = revision({ canary: { model: "models:/pix/4", share: 0.05, image: digest("b") }, port: 8000 }, FULL);
    const { objects, scales } = manifests(
      now,
      "fraud",
      { generation: 2, former: revision({ model: "models:/pix/2", image: digest("c") }) },
      { pods: 5, addresses: new Map([["primary", "10.96.0.7"]]) },
    );
    await expect(objects.map((object) => stringify(object)).join("---\n")).toMatchFileSnapshot("./fixtures/full.yaml");
    expect(scales).toEqual([
      { deployment: "pix", part: "primary", pods: 3, isFewest: true },
      { deployment: "pix-canary", part: "canary", pods: 1, isFewest: false },
      { deployment: "pix-router", part: "router", pods: 2, isFewest: false },
    ]);
  });

  it("route to one server more where the shadow is a model of its own, and to the canary where it is that", () => {
    const routes = (wanted: object) => {
      const { objects, scales } = drawn(wanted, { replicas: 4 });
      const data = objects.find(({ metadata }) => metadata.name === "pix-routes")?.data;
      return { ...z.object({ "routes.json": z.string() }).parse(data), pods: scales.map(({ pods }) => pods) };
    };
    const other = routes({ shadow: "models:/pix/5", shadowImage: digest("d") });
    expect(JSON.parse(other["routes.json"])).toEqual({
      generation: 1,
      primary: { url: "http://pix-primary:80", model: "models:/pix/3" },
      shadow: { url: "http://pix-shadow:80", model: "models:/pix/5" },
    });
    expect(other.pods).toEqual([4, 4, 2]);
    const canary = { model: "models:/pix/4", share: 0.5, image: digest("b") };
    expect(routes({ canary }).pods).toEqual([4, 2, 2]);
    const both = routes({ canary, shadow: "models:/pix/4", shadowImage: digest("b") });
    expect(JSON.parse(both["routes.json"])).toMatchObject({ shadow: { url: "http://pix-canary:80" } });
    expect(both.pods).toEqual([4, 4, 2]);
  });

  it("keep the router when told to", () => {
    const { objects } = drawn({}, { keepRouter: true });
    expect(objects.map(({ kind, metadata }) => `${kind} ${metadata.name}`)).toContain("Deployment pix-router");
  });

  it("are written as a chart whose values are what one sets", async () => {
    const now = revision({ canary: { model: "models:/pix/4", share: 0.3, image: digest("b") } }, FULL);
    const files = exported("helm", now, manifests(now, "fraud", { generation: 1 }));
    const text = files.map(({ path, text }) => `# ${path}\n${text}`).join("\n");
    await expect(text).toMatchFileSnapshot("./fixtures/chart.txt");
  });

  it("say the number of pods in files, unless load scales them", () => {
    const plain = revision({}, { replicas: 4 });
    expect(exported("yaml", plain, manifests(plain, "fraud", { generation: 1 }))[0]?.text).toContain("replicas: 4");
    const scaled = revision({}, { replicas: 4, maxReplicas: 8 });
    expect(exported("yaml", scaled, manifests(scaled, "fraud", { generation: 1 }))[0]?.text).not.toMatch(
      /^ {2}replicas:/m,
    );
  });

  it.each([
    [{ name: "Pix" }, "'Pix' cannot be the name of a deployment on Kubernetes"],
    [{ name: "1pix" }, "cannot be the name"],
    [{ name: "pix-" }, "cannot be the name"],
    [{ name: "p".repeat(51) }, "cannot be the name"],
    [{ image: undefined }, "No image is known of models:/pix/3: build one first"],
    [{ image: "pix; rm -rf /" }, "is not a reference of an image"],
    [{ image: "pix@sha256:abc" }, "is not a reference of an image"],
    [{ shadow: "models:/pix/4" }, "No image is known of models:/pix/4"],
    [{ canary: { model: "models:/pix/4", share: 0.05 } }, "No image is known of models:/pix/4"],
  ])("%j: %s", (wanted, message) => {
    expect(() => drawn(wanted)).toThrow(message);
  });

  it.each([
    [{ cpu: "a lot" }, "The setting cpu is no amount of Kubernetes"],
    [{ replicas: 0 }, "The setting replicas"],
    [{ replicas: 5, maxReplicas: 3 }, "At most 3 pods are less than the fewest, 5"],
    [{ host: "not a host" }, "The setting host is no name of a host"],
    [{ tlsSecret: "x" }, "The setting tlsSecret has a sense with a host only"],
    [{ host: "a.example", gateway: "g", tlsSecret: "x" }, "A Gateway has its own certificates"],
    [{ env: { "A B": "x" } }, "is no name of a variable"],
  ])("%j is refused: %s", (said, message) => {
    expect(() => settings(said)).toThrow(message);
  });

  it("keep what was said before", () => {
    expect(mergeSettings(settings({ replicas: 7, cpu: "2" }), { cpu: "3" })).toMatchObject({ replicas: 7, cpu: "3" });
    expect(mergeSettings(settings({ host: "a.example" }), { host: "" })).not.toHaveProperty("host");
  });
});

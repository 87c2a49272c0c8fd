import { describe, expect, it } from "vitest";
import { readContainers } from "./containers.ts";
import { DEFAULTS, distinct, imagesWanted, membersOf, type Revision } from "./revision.ts";
import { serversOf } from "./servers.ts";
import { modelSpec, routerKey } from "./specs.ts";

const IMAGE = "r.example/pix@sha256:".padEnd(85, "1");
const wanted = { name: "pix", model: "models:/pix/1", image: IMAGE };
const canary = { model: "models:/pix/2", image: IMAGE, share: 0.2 };
const revision = (more: object = {}, images: object = {}): Revision => ({
  wanted: { ...wanted, ...more },
  settings: DEFAULTS,
  images: { primary: "sha256:a", ...images },
});
const split = revision(
  { canary, shadow: canary.model, shadowImage: IMAGE },
  { canary: "sha256:b", shadow: "sha256:b" },
);

describe("the servers of a deployment in containers", () => {
  it("are the same one for a shadow that is the canary, and for a model that changes its part", () => {
    const members = membersOf(split);
    expect(members.canary?.key).toBe(members.shadow?.key);
    expect(distinct(members).map(({ model }) => model)).toEqual(["models:/pix/1", "models:/pix/2"]);
    const promoted = { ...revision({ model: canary.model }), images: { primary: "sha256:b" } };
    expect(membersOf(promoted).primary.key).toBe(members.canary?.key);
    const larger = { ...split, settings: { ...DEFAULTS, memory: DEFAULTS.memory * 2 } };
    expect(membersOf(larger).primary.key).not.toBe(members.primary.key);
  });

  it("are found again by what the engine lists, and only together with the router of this generation", () => {
    const [primary, young] = distinct(membersOf(split));
    const listed = (id: string, labels: Record<string, string>, State = "running") => ({
      ...{ Id: id, Names: [`/${id}`], State, Created: 0 },
      Labels: { "dev.esteira.deployment": "pix", ...labels },
    });
    const model = (slot: string, key = "") =>
      listed(slot, { "dev.esteira.role": "model", "dev.esteira.slot": slot, "dev.esteira.key": key });
    const routes = {
      generation: 3,
      primary: { url: "http://blue:8080", model: "models:/pix/1" },
      canary: { url: "http://green:8080", model: "models:/pix/2", share: 0.2 },
      shadow: { url: "http://green:8080", model: "models:/pix/2" },
    };
    const labels = { "dev.esteira.role": "router", "dev.esteira.slot": "router2" };
    const router = listed("router2", { ...labels, "dev.esteira.key": routerKey("sha256:a", routes) });
    const other = listed("of others", { "dev.esteira.role": "model", "dev.esteira.slot": "pink" });
    const found = readContainers([model("green", young?.key), model("blue", primary?.key), router, other]);
    expect(serversOf(split, 3, found)).toMatchObject({ primary: { slot: "blue" }, head: "router2" });
    expect(serversOf(split, 4, found)).toBeUndefined();
    expect(serversOf(revision(), 1, found)).toMatchObject({ head: "blue" });
    expect(serversOf(split, 3, readContainers([model("blue", primary?.key), router]))).toBeUndefined();
  });

  it("may do as little as there is", () => {
    const spec = modelSpec("pix", membersOf(split).primary, { ...DEFAULTS, env: { A: "b c" } }, "blue");
    expect(spec).toMatchObject({
      ...{ Image: "sha256:a", Cmd: ["serve"], User: "65532:65532", Env: ["A=b c"] },
      HostConfig: { ReadonlyRootfs: true, CapDrop: ["ALL"], NetworkMode: "esteira-pix" },
    });
  });
});

it.each([
  [
    { canary: { model: "models:/pix/2", share: 0.1 } },
    "esteira build -m models:/pix/2 -t REF), or name it with --canary-image",
  ],
  [{ shadow: "models:/pix/3" }, "or name it with --shadow-image"],
  [{ name: "Pix" }, "'Pix' cannot be the name of a deployment in containers"],
  [{ image: "a; rm -rf /" }, "is no image name"],
])("refuses %j", (more, sentence) => {
  expect(() => imagesWanted({ ...wanted, ...more })).toThrow(sentence);
});

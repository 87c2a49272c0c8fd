import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { type Confinement, confine } from "./confinement.ts";
import { type ControlPlane, startControlPlane } from "./control-plane.ts";
import { namespace } from "./namespace.ts";
import { missingForNode, startNode } from "./node.ts";
import { run } from "./run.ts";

const programs = process.env.ESTEIRA_TEST_KUBERNETES ?? "";
const missing = await missingForNode();
if (programs !== "" && missing !== undefined) console.info(`skipped: ${missing}`);

const FEATURES = ["a", "b", "c", "d", "e", "f"];
const small = { cpu: "50m", memory: "200Mi" };

describe.skipIf(programs === "" || missing !== undefined)("deployments as pods that a kubelet runs", () => {
  let place: Confinement;
  let plane: ControlPlane;
  let folder: string;
  const images: string[] = [];
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "esteira-pods-"));
    place = await confine();
    plane = await startControlPlane(place, programs);
    const node = await startNode(place, programs, plane);
    for (const name of ["dart", "forest"]) {
      await writeModelFolder(join(folder, name), {
        ubj: modelBytes(`${name}.ubj`),
        createdAt: 0,
        modelUuid: "0".repeat(32),
        signature: { inputs: columnsOf(FEATURES, "double") },
        inputExample: { columns: FEATURES, data: [[1, 2, 3, 4, 5, 6]] },
      });
      const args = ["build", "-m", join(folder, name), "-t", `pix:${name}`, "-o", join(folder, "images")];
      await run(process.execPath, ["packages/cli/bin/esteira.mjs", ...args]);
      images.push(await node.push(join(folder, "images"), name, "pix"));
    }
  });
  afterAll(async () => {
    await place?.end();
    await rm(folder, { recursive: true, force: true });
  });

  const wanted = (version: number, more: object = {}) => ({
    ...{ name: "pix", model: `models:/pix/${version}`, image: images[version - 1] ?? "", ...more },
  });
  /** Asks the Service from inside, as another pod would; answers how many answers of each status there were. */
  const ask = async (url: string, seconds: number): Promise<Record<string, number>> => {
    const source = `
      const [url, seconds] = process.argv.slice(1);
      const body = JSON.stringify({ dataframe_split: { columns: ${JSON.stringify(FEATURES)}, data: [[1, 2, 3, 4, 5, 6]] } });
      const seen = {};
      for (const end = Date.now() + seconds * 1000; Date.now() < end; ) {
        const answer = await fetch(url + "/invocations", { method: "POST", body, headers: { "content-type": "application/json", connection: "close" } })
          .then(async (one) => (await one.text(), one.status), (error) => String(error.cause?.code ?? error));
        seen[answer] = (seen[answer] ?? 0) + 1;
        await new Promise((done) => setTimeout(done, 20));
      }
      console.log(JSON.stringify(seen));`;
    return JSON.parse(
      await place.run(process.execPath, ["--input-type=module", "-e", source, "--", url, String(seconds)]),
    );
  };

  /** A node's proxy learns of the first pods a moment after they are ready. */
  const known = (url: string) =>
    expect.poll(async () => Object.keys(await ask(url, 0.3)), { timeout: 60_000 }).toEqual(["200"]);

  it("serve, change without a lost request, are watched, and go back", async () => {
    const { target, kubectl, name } = await namespace(plane.kubeconfig);
    const deployments = target({ ...small, replicas: 2, deadlineSeconds: 120 });
    const began = Date.now();
    expect(await deployments.apply(wanted(1))).toMatchObject({ state: "serving", restarts: 0 });
    console.info(`two pods answered after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    const address = await kubectl("get", "service", "pix", "-o", "jsonpath={.spec.clusterIP}");
    const url = `http://${address}`;
    await known(url);
    const asked = ask(url, 45);
    await deployments.apply(wanted(2));
    const young = await deployments.apply(
      wanted(2, { canary: { model: "models:/pix/1", image: images[0] ?? "", share: 0.3 } }),
    );
    expect(young.wanted.canary?.model).toBe("models:/pix/1");
    const seen = await asked;
    console.info(`during a change and a canary's beginning: ${JSON.stringify(seen)}`);
    expect(Object.keys(seen)).toEqual(["200"]);
    await ask(url, 3);
    const observed = await deployments.observe("pix");
    expect(observed?.generation).toBe(young.generation);
    expect(observed?.canary.requests).toBeGreaterThan(0);
    expect(observed?.primary.requests).toBeGreaterThan(0);
    expect(observed?.primary.failed).toBe(0);
    expect(observed?.primary.seconds?.p50).toBeGreaterThan(0);
    expect((await deployments.rollback("pix")).wanted.canary).toBeUndefined();
    expect(await deployments.rollback("pix")).toMatchObject({ wanted: { canary: { model: "models:/pix/1" } } });
    expect((await deployments.logs("pix", 5)).join("\n")).toMatch(/\[pix-/);
    expect(await deployments.remove("pix")).toBe(true);
    expect((await kubectl("get", "all", "-o", "name")).trim()).toBe("");
    expect(name).toMatch(/^test-/);
  });

  it("whose image is not there say so, and what was before serves on", async () => {
    const { target, kubectl } = await namespace(plane.kubeconfig);
    const deployments = target({ ...small, replicas: 1, deadlineSeconds: 30 });
    await deployments.apply(wanted(1));
    const url = `http://${await kubectl("get", "service", "pix", "-o", "jsonpath={.spec.clusterIP}")}`;
    await known(url);
    const asked = ask(url, 25);
    const absent = `${(images[0] ?? "").split("@")[0]}@sha256:${"0".repeat(64)}`;
    await expect(deployments.apply(wanted(2, { image: absent }))).rejects.toThrow(
      /^The deployment pix cannot be changed, and is as it was: pod pix-\S+: (ImagePullBackOff|ErrImagePull): .*not found/,
    );
    expect(Object.keys(await asked)).toEqual(["200"]);
    expect(await deployments.status("pix")).toMatchObject({ state: "serving", wanted: { model: "models:/pix/1" } });
  });

  it("whose process ends show its last lines", async () => {
    const { target } = await namespace(plane.kubeconfig);
    const broken = target({ ...small, replicas: 1, deadlineSeconds: 20, env: { ESTEIRA_MODEL: "/nowhere" } });
    await expect(broken.apply(wanted(1))).rejects.toThrow(/CrashLoopBackOff[\s\S]*its last lines:\n[\s\S]*\/nowhere/);
  });
});

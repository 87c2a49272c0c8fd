import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { command } from "../default/flow-world.testing.ts";
import { namespace } from "./namespace.ts";
import { missingForNode } from "./node.ts";
import { type PodCluster, SMALL, startPodCluster } from "./pod-cluster.ts";

const programs = process.env.ESTEIRA_TEST_KUBERNETES ?? "";
const missing = await missingForNode();
if (programs !== "" && missing !== undefined) console.info(`skipped: ${missing}`);

/** How many changes are made under load: one of each kind in the suite, more with ESTEIRA_TEST_CHANGES. */
const CHANGES = Number(process.env.ESTEIRA_TEST_CHANGES ?? "5");
const CHANGES_MS = 300_000 + CHANGES * 60_000;

describe.skipIf(programs === "" || missing !== undefined)("deployments as pods that a kubelet runs", () => {
  let pods: PodCluster;
  beforeAll(async () => {
    pods = await startPodCluster(programs);
  });
  afterAll(() => pods?.end());

  it("serve each caller by the share and the key that were said, and are watched", async () => {
    const { target, kubectl, name } = await namespace(pods.plane.kubeconfig);
    const env = { ESTEIRA_CONNECTION_SECONDS: "2" };
    const deployments = target({ ...SMALL, replicas: 1, deadlineSeconds: 120, env });
    const began = Date.now();
    expect(await deployments.apply(pods.wanted(1))).toMatchObject({ state: "serving", restarts: 0 });
    console.info(`a pod answered after ${((Date.now() - began) / 1000).toFixed(1)} s`);
    const url = `http://${await kubectl("get", "service", "pix", "-o", "jsonpath={.spec.clusterIP}")}`;
    await pods.known(url);
    const other = { model: "models:/pix/2", image: pods.image(2) };
    const split = { canary: { ...other, share: 0.3 }, shadow: other.model, shadowImage: other.image };
    const kept = pods.call(url, { keepsConnection: true });
    const asked = Date.now();
    const young = await deployments.apply(pods.wanted(1, split));
    console.info(`a canary answered after ${((Date.now() - asked) / 1000).toFixed(1)} s`);
    await expect
      .poll(async () => (await pods.ask(url, { seconds: 1 })).variants.canary ?? 0, { timeout: 60_000 })
      .toBeGreaterThan(0);
    const seen = await pods.ask(url, { seconds: 6, pauseMs: 2, keys: 200 });
    console.info(`a canary of 30 % by key: ${JSON.stringify(seen)}`);
    expect(Object.keys(seen.statuses)).toEqual(["200"]);
    expect(seen.moved).toBe(0);
    // Who had a connection to the pod before was told to make another.
    const stayed = await kept.end();
    expect(Object.keys(stayed.statuses)).toEqual(["200"]);
    expect(stayed.variants.canary).toBeGreaterThan(0);
    const { primary = 0, canary = 0 } = seen.variants;
    // 200 keys fall on places of their own: the share of them is within four deviations of what was said.
    expect(Math.abs(canary / (primary + canary) - 0.3)).toBeLessThan(0.13);
    const observed = await deployments.observe("pix");
    expect(observed?.generation).toBe(young.generation);
    expect(observed?.canary.requests).toBeGreaterThanOrEqual(canary);
    expect(observed?.canary.failed).toBe(0);
    expect(observed?.primary.seconds?.p50).toBeGreaterThan(0);
    expect(observed?.shadow.compared).toBeGreaterThan(0);
    expect(observed?.shadow.difference?.p99).toBeGreaterThan(0);
    expect((await deployments.logs("pix", 5)).join("\n")).toMatch(
      /\[pix-router-\S+\] Generation 2: models:\/pix\/1 at http/,
    );
    expect(await deployments.remove("pix")).toBe(true);
    expect((await kubectl("get", "all", "-o", "name")).trim()).toBe("");
    expect(name).toMatch(/^test-/);
  });

  it(
    "lose no request while canaries begin, are promoted and go back",
    async () => {
      const { target, kubectl } = await namespace(pods.plane.kubeconfig);
      const deployments = target({ ...SMALL, replicas: 1, deadlineSeconds: 180 });
      await deployments.apply(pods.wanted(1));
      const url = `http://${await kubectl("get", "service", "pix", "-o", "jsonpath={.spec.clusterIP}")}`;
      await pods.known(url);
      const callers = [{ keepsConnection: true }, { keepsConnection: true, pauseMs: 300 }, {}].map((one) =>
        pods.call(url, one),
      );
      let version = 1;
      for (let change = 0; change < CHANGES; change++) {
        const other = 3 - version;
        const canary = { model: `models:/pix/${other}`, image: pods.image(other), share: 0.3 };
        const step = change % 5;
        // One after the other: a canary, which is promoted; a plain exchange; a canary, which goes back.
        if (step === 0 || step === 3) await deployments.apply(pods.wanted(version, { canary }));
        else if (step === 4) await deployments.rollback("pix");
        else {
          version = other;
          await deployments.apply(pods.wanted(version));
        }
        if (change % 10 === 9) console.info(`${change + 1} changes`);
      }
      const seen = await Promise.all(callers.map((caller) => caller.end()));
      console.info(`${CHANGES} changes under load: ${seen.map((one) => JSON.stringify(one)).join(" ")}`);
      for (const { statuses } of seen) expect(Object.keys(statuses)).toEqual(["200"]);
      expect(seen[2]?.variants.canary).toBeGreaterThan(0);
    },
    CHANGES_MS,
  );

  it("are watched by the command that deploys a canary, which takes it back, or promotes it", async () => {
    const { target, kubectl, name } = await namespace(pods.plane.kubeconfig);
    const deployments = target({ ...SMALL, replicas: 1, deadlineSeconds: 180 });
    await deployments.apply(pods.wanted(1));
    const url = `http://${await kubectl("get", "service", "pix", "-o", "jsonpath={.spec.clusterIP}")}`;
    await pods.known(url);
    const caller = pods.call(url, {});
    const deploy = (...more: readonly string[]) => {
      const args = [
        "deploy",
        "kubernetes",
        "models:/pix/1",
        "-n",
        "pix",
        "--image",
        pods.image(1),
        "--namespace",
        name,
      ];
      const canary = [
        "--canary",
        "models:/pix/2",
        "--canary-image",
        pods.image(2),
        "--share",
        "50",
        "--requests",
        "20",
      ];
      return command([...args, ...canary, ...more], { KUBECONFIG: pods.plane.kubeconfig });
    };
    const back = await deploy("--dwell", "1", "--max-difference", "0.001");
    expect(back, back.said).toMatchObject({ code: 3 });
    expect(back.said).toMatch(/its answers differ by .*: models:\/pix\/1 answers all/);
    expect((await deployments.status("pix"))?.wanted).toEqual(pods.wanted(1));
    const promoted = await deploy("--steps", "100", "--dwell", "1");
    expect(promoted, promoted.said).toMatchObject({ code: 0 });
    expect(promoted.said).toMatch(/: 100 % from now on\n[\s\S]*: models:\/pix\/2 answers all/);
    expect((await deployments.status("pix"))?.wanted).toEqual(pods.wanted(2));
    const { statuses } = await caller.end();
    console.info(`during two watched canaries: ${JSON.stringify(statuses)}`);
    expect(Object.keys(statuses)).toEqual(["200"]);
  });

  it("whose image is not there say so, and what was before serves on", async () => {
    const { target, kubectl } = await namespace(pods.plane.kubeconfig);
    const deployments = target({ ...SMALL, replicas: 1, deadlineSeconds: 30 });
    await deployments.apply(pods.wanted(1));
    const url = `http://${await kubectl("get", "service", "pix", "-o", "jsonpath={.spec.clusterIP}")}`;
    await pods.known(url);
    const caller = pods.call(url, { keepsConnection: true });
    const absent = `${pods.image(1).split("@")[0]}@sha256:${"0".repeat(64)}`;
    await expect(deployments.apply(pods.wanted(2, { image: absent }))).rejects.toThrow(
      /^The deployment pix cannot be changed, and is as it was: pod pix-\S+: (ImagePullBackOff|ErrImagePull): .*not found/,
    );
    expect(Object.keys((await caller.end()).statuses)).toEqual(["200"]);
    expect(await deployments.status("pix")).toMatchObject({ state: "serving", wanted: { model: "models:/pix/1" } });
  });

  it("whose process ends show its last lines", async () => {
    const { target } = await namespace(pods.plane.kubeconfig);
    const broken = target({ ...SMALL, replicas: 1, deadlineSeconds: 20, env: { ESTEIRA_MODEL: "/nowhere" } });
    await expect(broken.apply(pods.wanted(1))).rejects.toThrow(
      /CrashLoopBackOff[\s\S]*its last lines:\n[\s\S]*\/nowhere/,
    );
  });
});

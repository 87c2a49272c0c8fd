import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { namespace } from "./namespace.ts";
import { missingForNode } from "./node.ts";
import { type PodCluster, SMALL, startPodCluster } from "./pod-cluster.ts";

const programs = process.env.ESTEIRA_TEST_KUBERNETES ?? "";
const missing = await missingForNode();
if (programs !== "" && missing !== undefined) console.info(`skipped: ${missing}`);

const PATIENT = { timeout: 300_000, interval: 500 };

describe.skipIf(programs === "" || missing !== undefined)("deployments on two nodes", () => {
  let pods: PodCluster;
  beforeAll(async () => {
    pods = await startPodCluster(programs, 2);
  });
  afterAll(() => pods?.end());

  it("are spread over them, and when one goes away all come to the other, by themselves", async () => {
    const { target, kubectl } = await namespace(pods.plane.kubeconfig);
    const deployments = target({ ...SMALL, replicas: 2, deadlineSeconds: 180 });
    await deployments.apply(pods.wanted(1));
    /** Nodes of the pods that nobody has given up. */
    const where = async () => {
      const { items }: { items: readonly { metadata: { deletionTimestamp?: string }; spec: { nodeName: string } }[] } =
        JSON.parse(await kubectl("get", "pods", "-o", "json"));
      return items.filter(({ metadata }) => metadata.deletionTimestamp === undefined).map(({ spec }) => spec.nodeName);
    };
    expect((await where()).toSorted()).toEqual(["real", "real-1"]);
    const url = `http://${await kubectl("get", "service", "pix", "-o", "jsonpath={.spec.clusterIP}")}`;
    await pods.known(url);
    await pods.nodes[1]?.vanish();
    const gone = Date.now();
    await expect.poll(async () => (await deployments.status("pix"))?.state, PATIENT).not.toBe("serving");
    const noticed = (Date.now() - gone) / 1000;
    expect((await deployments.status("pix"))?.problem).toMatch(
      /^pod pix-\S+: NodeNotReady: nothing is heard of its node$/,
    );
    await expect.poll(async () => (await deployments.status("pix"))?.state, PATIENT).toBe("serving");
    console.info(
      `noticed after ${noticed.toFixed(0)} s, all there again after ${((Date.now() - gone) / 1000).toFixed(0)} s`,
    );
    expect(await where()).toEqual(["real", "real"]);
    const { statuses } = await pods.ask(url, { seconds: 5 });
    expect(Object.keys(statuses)).toEqual(["200"]);
    const second = await deployments.apply(pods.wanted(2));
    expect(second).toMatchObject({ state: "serving", wanted: { model: "models:/pix/2" } });
    expect(Object.keys((await pods.ask(url, { seconds: 2 })).statuses)).toEqual(["200"]);
  });
});

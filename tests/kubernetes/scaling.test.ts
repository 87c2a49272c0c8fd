import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { serveMetrics } from "./metrics.ts";
import { type Namespace, namespace } from "./namespace.ts";
import { missingForNode } from "./node.ts";
import { type PodCluster, SMALL, startPodCluster } from "./pod-cluster.ts";

const programs = process.env.ESTEIRA_TEST_KUBERNETES ?? "";
const missing = await missingForNode();
if (programs !== "" && missing !== undefined) console.info(`skipped: ${missing}`);

const PATIENT = { timeout: 300_000, interval: 1000 };
/** As deployed, one pod fewer a minute after five minutes of quiet: a test has other things to do. */
const SOON = {
  spec: {
    behavior: {
      scaleDown: { stabilizationWindowSeconds: 0, policies: [{ type: "Pods", value: 1, periodSeconds: 1 }] },
    },
  },
};

describe.skipIf(programs === "" || missing !== undefined)("deployments whose pods an autoscaler counts", () => {
  let pods: PodCluster;
  beforeAll(async () => {
    pods = await startPodCluster(programs);
    await serveMetrics(pods);
  });
  afterAll(() => pods?.end());

  /** Under load until there are `most` pods, and then left alone until there is one. */
  async function outAndIn({ kubectl }: Namespace, most: number): Promise<Readonly<Record<string, number>>> {
    const url = `http://${await kubectl("get", "service", "pix", "-o", "jsonpath={.spec.clusterIP}")}`;
    await pods.known(url);
    await kubectl("patch", "hpa", "pix", "--type=merge", "-p", JSON.stringify(SOON));
    const ready = async () =>
      Number(await kubectl("get", "deployment", "pix", "-o", "jsonpath={.status.readyReplicas}"));
    const began = Date.now();
    const callers = [1, 2].map(() => pods.call(url, { pauseMs: 4 }));
    await expect.poll(ready, PATIENT).toBe(most);
    const out = (Date.now() - began) / 1000;
    const quiet = pods.call(url, { pauseMs: 500 });
    const seen = await Promise.all(callers.map((caller) => caller.end()));
    const ended = Date.now();
    await expect.poll(ready, PATIENT).toBe(1);
    const all = [...seen, await quiet.end()];
    console.info(
      `${most} pods after ${out.toFixed(0)} s, one again ${((Date.now() - ended) / 1000).toFixed(0)} s after the load: ${JSON.stringify(all.map(({ statuses }) => statuses))}`,
    );
    return Object.assign({}, ...all.map(({ statuses }) => statuses));
  }

  const events = (space: Namespace) =>
    space.kubectl(
      "get",
      "events",
      "--field-selector=involvedObject.kind=HorizontalPodAutoscaler",
      "-o",
      "jsonpath={.items[*].message}",
    );

  it("are more while they work hard, and fewer again, and lose no request", async () => {
    const space = await namespace(pods.plane.kubeconfig);
    const deployments = space.target({ ...SMALL, replicas: 1, maxReplicas: 3, cpuTarget: 60, deadlineSeconds: 180 });
    await deployments.apply(pods.wanted(1));
    expect(Object.keys(await outAndIn(space, 3))).toEqual(["200"]);
    expect(await events(space)).toMatch(/cpu resource utilization \(percentage of request\) above target/);
  });

  it("are more while they are asked much, by what they count themselves", async () => {
    const space = await namespace(pods.plane.kubeconfig);
    const asked = { requestsTarget: 20, cpuTarget: 1000 };
    const deployments = space.target({
      ...SMALL,
      cpu: "1",
      replicas: 1,
      maxReplicas: 2,
      ...asked,
      deadlineSeconds: 180,
    });
    await deployments.apply(pods.wanted(1));
    expect(Object.keys(await outAndIn(space, 2))).toEqual(["200"]);
    expect(await events(space)).toMatch(/pods metric esteira_scoring_requests_per_second above target/);
  });
});

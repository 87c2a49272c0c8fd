import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Client, createClient } from "@esteira/sdk/client";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { COMMAND, flowsOf, type Kind, registerVersion, writeFlowWorld } from "../default/flow-world.testing.ts";
import { namespace } from "./namespace.ts";
import { missingForNode } from "./node.ts";
import { type PodCluster, startPodCluster } from "./pod-cluster.ts";

const programs = process.env.ESTEIRA_TEST_KUBERNETES ?? "";
const missing = await missingForNode();
if (programs !== "" && missing !== undefined) console.info(`skipped: ${missing}`);

const REGISTRY = "127.0.0.1:5000";
const FLOW = [
  "target: kubernetes",
  "gate: { file: gate.yaml, data: rows.csv, label: fraud, id: id, threshold: 0.5 }",
  "approval: true",
  "canary: { share: 0.5, requests: 5, max_failed_share: 0, max_difference: 0.001 }",
];

describe.skipIf(programs === "" || missing !== undefined)("a deployment flow to pods that a kubelet runs", () => {
  let root: string;
  let pods: PodCluster;
  let server: RunningServer;
  let client: Client;
  let flows: ReturnType<typeof flowsOf>;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "esteira-pods-flow-"));
    pods = await startPodCluster(programs);
    await writeFlowWorld(root, FLOW);
    server = await startServer({
      ...{ host: pods.place.outside, port: 0, allowAnonymous: true },
      backendStoreUri: `sqlite:///${join(root, "esteira.db")}`,
      artifactsDestination: join(root, "artifacts"),
    });
    client = createClient({ baseUrl: server.url });
    flows = flowsOf(client, () => pods.place.said("flow-work"));
  });
  afterAll(async () => {
    await pods?.end();
    await server?.close();
    await rm(root, { recursive: true, force: true });
  });

  /** The command where the cluster and its registry are. */
  const env = (): Record<string, string> => ({
    ...{ MLFLOW_TRACKING_URI: server.url, KUBECONFIG: pods.plane.kubeconfig, HOME: root, NO_COLOR: "1" },
  });
  const esteira = (...args: readonly string[]): Promise<string> => {
    const variables = Object.entries(env()).map(([name, value]) => `${name}=${value}`);
    return pods.place.run("env", [...variables, process.execPath, COMMAND, ...args]);
  };
  const register = async (kind: Kind): Promise<string> => {
    const version = await registerVersion(client, root, kind);
    await esteira("build", "-m", `models:/pix/${version}`, "-t", `${REGISTRY}/fraud/pix:${version}`);
    return version;
  };
  it("takes back the version that answers otherwise, promotes the one that does not, and goes back when told, with callers all the while", async () => {
    const { target, kubectl, name } = await namespace(pods.plane.kubeconfig);
    const deployments = target();
    const serving = async () => (await deployments.status("pix"))?.wanted.model;
    await client.registeredModels.create({ name: "pix" });
    const first = await register("good");
    // Pods that share one small machine: a flow leaves their number and size as they were deployed.
    const small = ["--replicas", "1", "--cpu", "50m", "--memory", "200Mi"];
    await esteira("deploy", "kubernetes", `models:/pix/${first}`, "-n", "pix", "--namespace", name, ...small);
    await client.registeredModels.setAlias("pix", "champion", first);
    await esteira("flow", "set", join(root, "flow.yaml"), "-m", "pix");
    const work = ["flow", "work", "--target", "kubernetes", "--namespace", name, "--lease", "10"];
    await pods.place.start("flow-work", process.execPath, [COMMAND, ...work], env());
    const url = `http://${await kubectl("get", "service", "pix", "-o", "jsonpath={.spec.clusterIP}")}`;
    await pods.known(url);
    const caller = pods.call(url, {});

    const odd = await flows.begun(await register("odd"));
    await flows.until(odd.id, ({ work: step }) => step === "approval");
    expect((await deployments.status("pix-staging"))?.state).toBe("serving");
    await client.flows.decide("pix", odd.id, "approve");
    expect(await flows.hasEnded(odd.id)).toMatchObject({ outcome: "rolled-back", former: first });
    expect(await serving()).toBe(`models:/pix/${first}`);

    const good = await flows.begun(await register("good"));
    await flows.approve(good.id);
    expect(await flows.hasEnded(good.id)).toMatchObject({ outcome: "promoted", former: first });
    expect(await serving()).toBe(`models:/pix/${good.version}`);
    expect(await deployments.status("pix-staging")).toBeUndefined();
    const { steps } = await client.flows.get("pix", good.id);
    const judged = steps.find(({ work: step, ending }) => step === "judge" && ending === "done");
    expect(judged?.result).toMatchObject({ canary: { failed: 0 }, restarts: 0 });

    await client.flows.end("pix", good.id, "rollback", "alerts doubled");
    expect(await flows.hasEnded(good.id)).toMatchObject({ outcome: "rolled-back" });
    expect(await serving()).toBe(`models:/pix/${first}`);
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe(first);
    const { statuses, variants } = await caller.end();
    console.info(`a caller during two flows and a rollback: ${JSON.stringify({ statuses, variants })}`);
    expect(Object.keys(statuses)).toEqual(["200"]);
    expect(variants.canary).toBeGreaterThan(0);
  });
});

import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type ExportFormat, exported } from "@esteira/deploy/kubernetes/exports";
import { describe, expect, it, onTestFinished } from "vitest";
import { parseAllDocuments } from "yaml";
import { type Namespace, namespace } from "./namespace.ts";
import { run } from "./run.ts";
import { startStandInNode } from "./stand-in-node.ts";

const KUBECONFIG = process.env.ESTEIRA_TEST_KUBECONFIG;
const tool = async (script: string): Promise<string> => {
  const path = fileURLToPath(new URL(`../tools/${script}`, import.meta.url));
  const found = await run("sh", [path, "--check"]).catch((error: Error) => error);
  if (!(found instanceof Error)) return found.trim();
  if (KUBECONFIG !== undefined) console.info(`skipped: ${found.message}`);
  return "";
};
const helm = await tool("helm.sh");
const gateways = await tool("gateway-api.sh");

const image = (name: string) => `registry.example/${name}@sha256:${"a".repeat(64)}`;
const WANTED = { name: "pix", model: "models:/pix/1", image: image("pix-1") };
const CANARY = { model: "models:/pix/9", share: 0.25, image: image("pix-9") };
const SETTINGS = {
  ...{ replicas: 2, maxReplicas: 5, env: { NOTE: "{{ braces }}" }, secrets: { SEAL: { secret: "seal", key: "key" } } },
  ...{ host: "pix.example.com", tlsSecret: "pix-tls", ingressClass: "nginx" },
};

/** Objects of a text, by kind and name. */
const objectsOf = (text: string): ReadonlyMap<string, unknown> =>
  new Map(
    parseAllDocuments(text).flatMap((document) => {
      const object: { kind: string; metadata: { name: string } } | null = document.toJS();
      return object === null ? [] : [[`${object.kind} ${object.metadata.name}`, object] as const];
    }),
  );

async function written({ target }: Namespace, format: ExportFormat): Promise<{ folder: string; text: string }> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-export-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const { revision, manifests } = await target(SETTINGS).drawn({ ...WANTED, canary: CANARY });
  const files = exported(format, revision, manifests);
  for (const { path, text } of files) {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), text);
  }
  return { folder, text: files.map(({ text }) => text).join("---\n") };
}

describe.skipIf(KUBECONFIG === undefined || helm === "")("the chart of a deployment", () => {
  it("is installed by Helm as the very objects, changed by its values, taken back and removed", async () => {
    const space = await namespace();
    const { folder } = await written(space, "helm");
    const { text } = await written(space, "yaml");
    const own = await mkdtemp(join(tmpdir(), "esteira-helm-"));
    onTestFinished(() => rm(own, { recursive: true, force: true }));
    const env = { ...process.env, HOME: own };
    const call = (...args: readonly string[]) =>
      run(helm, [...args, "--kubeconfig", space.kubeconfig, "--namespace", space.name], { env });
    expect(await call("lint", folder)).toContain("0 chart(s) failed");
    await call("install", "pix", folder);
    expect(objectsOf(await call("get", "manifest", "pix"))).toEqual(objectsOf(text));
    const scaled = (field: string) => space.kubectl("get", "hpa", "pix", "-o", `jsonpath={.spec.${field}}`);
    const runs = () => space.kubectl("get", "deployment", "pix", "-o", "jsonpath={..containers[0].image}");
    expect([await scaled("minReplicas"), await scaled("maxReplicas"), await runs()]).toEqual(["2", "5", WANTED.image]);
    await call("upgrade", "pix", folder, "--set", `replicas=3,maxReplicas=7,image=${image("pix-2")}`);
    expect([await scaled("minReplicas"), await scaled("maxReplicas"), await runs()]).toEqual([
      ...["3", "7", image("pix-2")],
    ]);
    await call("rollback", "pix", "1");
    expect(await runs()).toBe(WANTED.image);
    await call("uninstall", "pix", "--wait");
    const kinds = "deployments,services,hpa,pdb,networkpolicies,ingresses";
    expect(await space.kubectl("get", kinds, "-o", "name")).toBe("");
  });
});

describe.skipIf(KUBECONFIG === undefined || gateways === "")("a deployment behind a Gateway", () => {
  it("is led to by a route that the Gateway API's own definition takes", async () => {
    const node = await startStandInNode(KUBECONFIG ?? "", "behind-gateway");
    onTestFinished(() => node.end());
    const { target, kubectl } = await namespace();
    for (const kind of ["gatewayclasses", "gateways", "httproutes"])
      await kubectl("apply", "--server-side", "-f", join(gateways, `gateway.networking.k8s.io_${kind}.yaml`));
    await kubectl("wait", "--for=condition=Established", "crd/httproutes.gateway.networking.k8s.io", "--timeout=60s");
    const deployments = target({ host: "pix.example.com", gateway: "front" });
    await deployments.apply(WANTED);
    const route = JSON.parse(await kubectl("get", "httproute", "pix", "-o", "json"));
    expect(route.spec).toMatchObject({
      hostnames: ["pix.example.com"],
      parentRefs: [{ name: "front", kind: "Gateway" }],
      rules: [{ backendRefs: [{ name: "pix", kind: "Service" }] }],
    });
    expect(await deployments.plan(WANTED)).toEqual([]);
    await deployments.remove("pix");
    expect(await kubectl("get", "httproutes", "-o", "name")).toBe("");
  });
});

import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { routesWire } from "@esteira/core/wire/routes";
import { kubernetesApi } from "@esteira/deploy/kubernetes/api";
import { cluster } from "@esteira/deploy/kubernetes/cluster";
import { exported } from "@esteira/deploy/kubernetes/exports";
import { clusterAccess } from "@esteira/deploy/kubernetes/kubeconfig";
import { kubernetesTarget } from "@esteira/deploy/kubernetes/kubernetes-target";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { parse } from "yaml";
import { namespace } from "./namespace.ts";
import { run } from "./run.ts";
import { startStandInNode } from "./stand-in-node.ts";

const KUBECONFIG = process.env.ESTEIRA_TEST_KUBECONFIG;
const image = (name: string) => `registry.example/${name}@sha256:${"a".repeat(64)}`;
const wanted = (version: number, more: object = {}) => ({
  name: "pix",
  model: `models:/pix/${version}`,
  image: image(`pix-${version}`),
  ...more,
});
const FULL = {
  ...{ replicas: 2, maxReplicas: 5, requestsTarget: 100, env: { NOTE: "{{ braces }}", A: "1" }, egress: true },
  ...{ secrets: { SEAL: { secret: "seal", key: "key" } }, pullSecrets: ["registry"] },
  ...{ host: "pix.example.com", tlsSecret: "pix-tls", ingressClass: "nginx" },
};
const canary = { model: "models:/pix/9", share: 0.25, image: image("pix-9") };

describe.skipIf(KUBECONFIG === undefined)(
  "deployments on Kubernetes' own API server, controllers and scheduler",
  () => {
    let node: Awaited<ReturnType<typeof startStandInNode>>;
    beforeAll(async () => {
      node = await startStandInNode(KUBECONFIG ?? "");
    });
    afterAll(() => node.end());

    it("come about, are the same when applied again, and are listed", async () => {
      const { target, kubectl } = await namespace();
      expect(await target().plan(wanted(1))).toEqual([
        "serve models:/pix/1 as pix",
        "create NetworkPolicy pix",
        "create Deployment pix",
        "create PodDisruptionBudget pix",
        "create Service pix",
        "run 2 pods of Deployment pix",
      ]);
      expect(await kubectl("get", "all,configmaps", "-l", "app.kubernetes.io/managed-by=esteira", "-o", "name")).toBe(
        "",
      );
      const status = await target().apply(wanted(1));
      expect(status).toMatchObject({
        state: "serving",
        generation: 1,
        restarts: 0,
        wanted: { model: "models:/pix/1" },
      });
      expect(status.url).toMatch(/^http:\/\/pix\.test-\d+-\d+\.svc$/);
      expect(await target().plan(wanted(1))).toEqual([]);
      expect(await target().apply(wanted(1))).toEqual(status);
      expect(await target().list()).toEqual([status]);
      expect(await kubectl("get", "deployment", "pix", "-o", "jsonpath={.status.readyReplicas}")).toBe("2");
    });

    it("are changed, and go back to what was before", async () => {
      const { target, kubectl } = await namespace();
      await target({ replicas: 1 }).apply(wanted(1));
      const plan = await target().plan(wanted(2));
      expect(plan).toContain("serve models:/pix/2 in place of models:/pix/1");
      expect(plan).toContain(
        `change Deployment pix: spec.template.spec.containers[scorer].image from "${image("pix-1")}" to "${image("pix-2")}"`,
      );
      const changed = await target().apply(wanted(2));
      expect(changed).toMatchObject({ generation: 2, state: "serving", former: { model: "models:/pix/1" } });
      const live = await kubectl("get", "deployment", "pix", "-o", "json");
      expect(parse(live)).toMatchObject({
        metadata: {
          annotations: {
            "esteira.dev/model": "models:/pix/2",
            "esteira.dev/former-model": "models:/pix/1",
            "esteira.dev/former-image": image("pix-1"),
          },
        },
        // Said for the first change only, and kept.
        spec: { replicas: 1 },
      });
      const back = await target().rollback("pix");
      expect(back).toMatchObject({
        generation: 3,
        wanted: { model: "models:/pix/1", image: image("pix-1") },
        former: { model: "models:/pix/2" },
      });
    });

    it("whose objects have everything are accepted, and all of it goes with a remove", async () => {
      const { target, kubectl } = await namespace();
      const status = await target(FULL).apply(wanted(1, { canary, port: 8000 }));
      expect(status).toMatchObject({ state: "serving", url: "https://pix.example.com" });
      const kinds =
        "deployments,services,configmaps,ingresses,networkpolicies,horizontalpodautoscalers,poddisruptionbudgets,replicasets,pods,endpointslices";
      const names = async () =>
        (await kubectl("get", kinds, "-l", "app.kubernetes.io/instance=pix", "-o", "name")).split("\n");
      expect(await names()).toEqual(
        expect.arrayContaining([
          "ingress.networking.k8s.io/pix",
          "deployment.apps/pix-canary",
          "horizontalpodautoscaler.autoscaling/pix",
        ]),
      );
      // An Ingress that is no longer wanted, and its settings.
      await target({ host: "", tlsSecret: "", ingressClass: "", env: {} }).apply(wanted(1));
      expect(await names()).not.toContain("ingress.networking.k8s.io/pix");
      expect(await names()).not.toContain("configmap/pix-settings");
      expect(await names()).not.toContain("deployment.apps/pix-canary");
      expect(await target().remove("pix")).toBe(true);
      expect((await kubectl("get", kinds, "-l", "app.kubernetes.io/managed-by=esteira", "-o", "name")).trim()).toBe("");
      expect(await target().remove("pix")).toBe(false);
      expect(await target().status("pix")).toBeUndefined();
      await expect(target().logs("pix", 10)).rejects.toThrow("Nothing is deployed there under the name pix.");
      await expect(target().rollback("pix")).rejects.toThrow("Nothing is deployed there under the name pix.");
    });

    it("put a router behind the name that callers use, follow each change of it, and take it away at the end", async () => {
      const { target, kubectl } = await namespace();
      await target({ replicas: 3 }).apply(wanted(1));
      const leadsTo = async () =>
        (await kubectl("get", "service", "pix", "-o", "jsonpath={.spec.selector.esteira\\.dev/track}")).trim();
      const routes = async () =>
        routesWire.parse(
          JSON.parse(await kubectl("get", "configmap", "pix-routes", "-o", "jsonpath={.data.routes\\.json}")),
        );
      expect(await leadsTo()).toBe("primary");
      const young = wanted(1, { canary: { ...canary, share: 0.05 } });
      expect(await target().plan(young)).toEqual(
        expect.arrayContaining([
          "begin models:/pix/9 as the canary of 5 % of the requests",
          "create Deployment pix-router",
          'change Service pix: spec.selector.esteira.dev/track from "primary" to "router"',
        ]),
      );
      const status = await target().apply(young);
      expect(status).toMatchObject({ state: "serving", generation: 2 });
      expect(await target().plan(young)).toEqual([]);
      expect(await leadsTo()).toBe("router");
      const address = await kubectl("get", "service", "pix-canary", "-o", "jsonpath={.spec.clusterIP}");
      expect(await routes()).toMatchObject({ generation: 2, canary: { share: 0.05, url: `http://${address}:80` } });
      // Nobody answers for a router that a stand-in runs.
      expect(await target().observe("pix")).toBeUndefined();
      await target().apply(wanted(1, { canary, shadow: "models:/pix/8", shadowImage: image("pix-8") }));
      expect(await routes()).toMatchObject({
        generation: 3,
        canary: { share: 0.25 },
        shadow: { model: "models:/pix/8" },
      });
      expect(await kubectl("get", "deployment", "pix-shadow", "-o", "jsonpath={.status.readyReplicas}")).toBe("3");
      await target({ keepRouter: true }).apply(wanted(9));
      expect(await leadsTo()).toBe("router");
      expect(await kubectl("get", "deployments", "-o", "name")).not.toMatch(/canary|shadow/);
      await target({ keepRouter: false }).apply(wanted(9));
      expect(await leadsTo()).toBe("primary");
      expect(
        (await kubectl("get", "deployments,configmaps,services,networkpolicies", "-o", "name")).trim().split("\n"),
      ).toEqual([
        "deployment.apps/pix",
        "configmap/kube-root-ca.crt",
        "configmap/pix-esteira",
        "service/pix",
        "networkpolicy.networking.k8s.io/pix",
      ]);
    });

    it("that cannot be pulled, or whose process ends, say why, and what was before serves on", async () => {
      const { target, kubectl } = await namespace();
      const quick = { replicas: 1, deadlineSeconds: 8 };
      await target(quick).apply(wanted(1));
      for (const [name, reason] of [
        [
          "missing",
          /The deployment pix cannot be changed, and is as it was: pod pix-\S+: ImagePullBackOff: Back-off pulling image/,
        ],
        ["crash", /CrashLoopBackOff.*\(it ended with code 1, Error\)/],
      ] as const) {
        const notes: string[] = [];
        await expect(
          target({}, { note: (line) => notes.push(line) }).apply(wanted(2, { image: image(name) })),
        ).rejects.toThrow(reason);
        expect(notes.join("\n")).toMatch(/pix: 0 of 1 pods are ready; pod pix-/);
        expect(await target().status("pix")).toMatchObject({ state: "serving", wanted: { model: "models:/pix/1" } });
        expect(await kubectl("get", "pods", "-o", "jsonpath={.items[*].spec.containers[0].image}")).toContain(
          image("pix-1"),
        );
      }
    });

    it("that never came about leave nothing", async () => {
      const { target, kubectl } = await namespace();
      await expect(target({ deadlineSeconds: 6 }).apply(wanted(1, { image: image("missing") }))).rejects.toThrow(
        "ImagePullBackOff",
      );
      expect(
        (await kubectl("get", "all,configmaps", "-l", "app.kubernetes.io/managed-by=esteira", "-o", "name")).trim(),
      ).toBe("");
    });

    it("say what the cluster has no room for", async () => {
      const { target, kubectl } = await namespace();
      await expect(target({ replicas: 1, cpu: "1000", deadlineSeconds: 6 }).apply(wanted(1))).rejects.toThrow(
        /Unschedulable: .*Insufficient cpu/,
      );
      await kubectl("create", "quota", "few", "--hard=pods=1");
      await expect(target({ replicas: 3, deadlineSeconds: 6 }).apply(wanted(1))).rejects.toThrow(
        /the cluster makes no pods: .*exceeded quota: few/,
      );
    });

    it("are not changed by two at once", async () => {
      const { target } = await namespace();
      const first = new AbortController();
      const slow = target({ replicas: 1, deadlineSeconds: 300 }).apply(wanted(1, { image: image("missing") }), {
        signal: first.signal,
      });
      const ended = expect(slow).rejects.toThrow("that was enough");
      await expect.poll(async () => (await target().status("pix"))?.state, { timeout: 60_000 }).toBe("starting");
      await expect(target().apply(wanted(2))).rejects.toThrow(
        /^Somebody else \(.+ at .+\) is changing the deployment pix: try again later\.$/,
      );
      first.abort(new Error("that was enough"));
      await ended;
    });

    it("that were interrupted are finished by the next change", async () => {
      const { target } = await namespace();
      await target({ replicas: 1 }).apply(wanted(1));
      const stopped = new AbortController();
      const apply = target().apply(wanted(2, { image: image("missing") }), { signal: stopped.signal });
      const ended = expect(apply).rejects.toThrow("Ctrl-C");
      await expect
        .poll(async () => (await target().status("pix"))?.problem ?? "", { timeout: 60_000 })
        .toContain("ImagePullBackOff");
      stopped.abort(new Error("Ctrl-C"));
      await ended;
      expect(await target().status("pix")).toMatchObject({
        state: "starting",
        wanted: { model: "models:/pix/2" },
        former: { model: "models:/pix/1" },
      });
      expect(await target().apply(wanted(3))).toMatchObject({ state: "serving", former: { model: "models:/pix/1" } });
      expect(await target().rollback("pix")).toMatchObject({ wanted: { model: "models:/pix/1" } });
    });

    it("that were interrupted can be given up", async () => {
      const { target } = await namespace();
      await target({ replicas: 1 }).apply(wanted(1));
      const stopped = new AbortController();
      const apply = target().apply(wanted(2, { image: image("missing") }), { signal: stopped.signal });
      const ended = expect(apply).rejects.toThrow();
      await expect.poll(async () => (await target().status("pix"))?.state, { timeout: 60_000 }).toBe("starting");
      stopped.abort();
      await ended;
      expect(await target().rollback("pix")).toMatchObject({ state: "serving", wanted: { model: "models:/pix/1" } });
    });

    it("are not changed by whoever is behind the times, even when they are gone", async () => {
      const { target } = await namespace();
      await target({ replicas: 1 }).apply(wanted(1), { order: 5 });
      await expect(target().apply(wanted(2), { order: 4 })).rejects.toThrow(
        "Change 4 of the deployment pix comes after change 5, which is newer",
      );
      await target().remove("pix", { order: 6 });
      await expect(target().apply(wanted(1), { order: 5 })).rejects.toThrow("comes after change 6");
      expect(await target().list()).toEqual([]);
    });

    it("name who else sets their fields, and take them when told to", async () => {
      const { target, kubectl } = await namespace();
      await target({ replicas: 1 }).apply(wanted(1));
      await kubectl("set", "image", "deployment/pix", `scorer=${image("by-hand")}`, "--field-manager=somebody");
      await expect(target().apply(wanted(2))).rejects.toThrow(
        /^Deployment pix has fields that somebody else sets: \.spec\.template\.spec\.containers\[name="scorer"\]\.image \(conflict with "somebody".*take them with --force-conflicts\./,
      );
      expect(await target({}, { force: true }).apply(wanted(2))).toMatchObject({ wanted: { model: "models:/pix/2" } });
    });

    it("keep the pods that load or a person has asked for", async () => {
      const { target, kubectl } = await namespace();
      await target({ replicas: 2, maxReplicas: 6 }).apply(wanted(1));
      await kubectl("scale", "deployment/pix", "--replicas=4");
      await target().apply(wanted(2));
      expect(await kubectl("get", "deployment", "pix", "-o", "jsonpath={.spec.replicas}")).toBe("4");
      // Nothing scales it any more: as many as it was told.
      await target({ maxReplicas: 3, replicas: 3 }).apply(wanted(2));
      expect(await kubectl("get", "deployment", "pix", "-o", "jsonpath={.spec.replicas}")).toBe("3");
    });

    it("are drawn as files that kubectl takes", async () => {
      const { target, kubectl, name } = await namespace();
      const folder = await mkdtemp(join(tmpdir(), "esteira-export-"));
      const { revision, manifests } = await target(FULL).drawn(wanted(1, { canary }));
      for (const file of [...exported("yaml", revision, manifests), ...exported("kustomize", revision, manifests)])
        await writeFile(join(folder, file.path), file.text);
      const yaml = await readFile(join(folder, "pix.yaml"), "utf8");
      await kubectl("apply", "--dry-run=server", "--validate=strict", "-f", join(folder, "pix.yaml"));
      const built = await kubectl("kustomize", folder);
      const byName = (text: string) =>
        text
          .split(/^---$/m)
          .map((one) => JSON.stringify(sorted(parse(one))))
          .sort();
      expect(byName(built)).toEqual(byName(yaml));
      expect(yaml).toContain(`namespace: ${name}`);
      await rm(folder, { recursive: true });
    });

    it("of callers whom the cluster does not know or let are refused in words", async () => {
      const { name, kubeconfig } = await namespace();
      const text = await readFile(kubeconfig, "utf8");
      const folder = await mkdtemp(join(tmpdir(), "esteira-caller-"));
      const as = async (change: (text: string) => string) => {
        await writeFile(join(folder, "config"), change(text));
        const access = await clusterAccess({ KUBECONFIG: join(folder, "config") });
        return kubernetesTarget({ cluster: cluster(kubernetesApi(access, {}), name) });
      };
      await expect((await as((text) => text.replace("test-token", "old-token"))).status("pix")).rejects.toThrow(
        "does not know who is asking",
      );
      await expect((await as((text) => text.replace("test-token", "weak-token"))).status("pix")).rejects.toThrow(
        /refuses to show the state of the deployment pix: .*"weak" cannot get/,
      );
      const closed = await as((text) => text.replace(/server: .*/, "server: https://127.0.0.1:9"));
      await expect(closed.status("pix")).rejects.toThrow(
        /^The cluster of the context 'test' cannot be reached at https:\/\/127\.0\.0\.1:9: /,
      );
      const other = await as((text) =>
        text.replace(/certificate-authority-data: .*/, `certificate-authority-data: ${btoa("x")}`),
      );
      await expect(other.status("pix")).rejects.toThrow("cannot be reached");
      await rm(folder, { recursive: true });
      const api = kubernetesApi(await clusterAccess({ KUBECONFIG: kubeconfig }), {});
      await expect(kubernetesTarget({ cluster: cluster(api, "nowhere") }).apply(wanted(1))).rejects.toThrow(
        'namespaces "nowhere" not found',
      );
      api.close();
    });

    it("need no more than the role that the guide gives", async () => {
      const { name, kubeconfig, kubectl } = await namespace();
      const guide = await readFile("docs/how-to/deploy-to-kubernetes.md", "utf8");
      const role = /```yaml\n(apiVersion: rbac[\s\S]*?)```/.exec(guide)?.[1] ?? "";
      const folder = await mkdtemp(join(tmpdir(), "esteira-role-"));
      await writeFile(join(folder, "role.yaml"), role.replace("namespace: fraud", `namespace: ${name}`));
      await kubectl("apply", "-f", join(folder, "role.yaml"));
      await kubectl("create", "rolebinding", "deployer", "--role=esteira-deployer", "--user=weak");
      await writeFile(join(folder, "config"), (await readFile(kubeconfig, "utf8")).replace("test-token", "weak-token"));
      const api = kubernetesApi(await clusterAccess({ KUBECONFIG: join(folder, "config") }), {});
      const target = kubernetesTarget({ cluster: cluster(api, name), settings: { ...FULL, deadlineSeconds: 8 } });
      expect(await target.plan(wanted(1, { canary }))).toContain("create Deployment pix-canary");
      await target.apply(wanted(1, { canary }));
      await expect(target.apply(wanted(2, { image: image("missing") }))).rejects.toThrow("ImagePullBackOff");
      await target.apply(wanted(2));
      expect((await target.rollback("pix")).wanted.canary).toEqual(canary);
      expect(await target.list()).toHaveLength(1);
      expect(await target.remove("pix")).toBe(true);
      api.close();
      await rm(folder, { recursive: true });
    });

    it("are made, shown and ended by the command", async () => {
      const { name, kubeconfig } = await namespace();
      const esteira = (...args: readonly string[]) =>
        run(process.execPath, ["packages/cli/bin/esteira.mjs", "deploy", ...args], {
          env: { ...process.env, KUBECONFIG: kubeconfig, MLFLOW_TRACKING_URI: "http://127.0.0.1:9" },
        });
      const there = ["-n", "pix", "--namespace", name];
      const deploy = (version: number, ...more: readonly string[]) =>
        esteira(
          "kubernetes",
          `models:/pix/${version}`,
          ...there,
          "--image",
          image(`pix-${version}`),
          "--unchecked-image",
          ...more,
        );
      expect(await deploy(1, "--dry-run", "--replicas", "1")).toContain("create Deployment pix");
      expect(await deploy(1, "--replicas", "1")).toContain("models:/pix/1  serving  http://pix.");
      expect(await deploy(2, "--env", "NOTE=a=b", "--secret", "S=seal/key")).toContain("models:/pix/2  serving");
      const on = [...there, "--target", "kubernetes"];
      expect(await esteira("status", ...on)).toContain("models:/pix/2  serving");
      expect(await esteira("rollback", ...on)).toContain("models:/pix/1  serving");
      expect(await esteira("list", "--target", "kubernetes", "--namespace", name)).toContain("models:/pix/1  serving");
      const folder = await mkdtemp(join(tmpdir(), "esteira-chart-"));
      expect(await deploy(3, "--export", "helm", "-o", folder)).toContain(join(folder, "Chart.yaml"));
      await rm(folder, { recursive: true });
      expect(await esteira("remove", ...on)).toContain("pix has ended.");
      await expect(esteira("status", ...on)).rejects.toThrow("Nothing is deployed there under the name pix.");
      await expect(deploy(1, "--namespace", "Not a name")).rejects.toThrow("expected small letters");
    });
  },
);

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, item]) => [key, sorted(item)]),
  );
}

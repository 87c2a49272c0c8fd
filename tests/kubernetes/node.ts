import { access, mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { writeImage } from "@esteira/deploy/image/image";
import { packLayer } from "@esteira/deploy/image/layer";
import { openLayout } from "@esteira/deploy/oci/layout";
import type { Confinement } from "./confinement.ts";
import { type ControlPlane, until } from "./control-plane.ts";
import { run } from "./run.ts";

/** Beside what `kubernetes.sh` builds: Debian's containerd, runc, containernetworking-plugins, iptables, conntrack, docker-registry, skopeo. */
const TOOLS = ["containerd", "runc", "iptables", "conntrack", "docker-registry", "skopeo", "unshare", "nsenter", "ip"];
const PLUGINS = "/usr/lib/cni/bridge";
const REGISTRY = "127.0.0.1:5000";
const NAME = "real";

/** What a real node lacks here; undefined when nothing. */
export async function missingForNode(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "real pods need root";
  const absent: string[] = [];
  for (const tool of TOOLS) await run("sh", ["-c", 'command -v "$1"', "sh", tool]).catch(() => absent.push(tool));
  await access(PLUGINS).catch(() => absent.push("containernetworking-plugins"));
  return absent.length === 0 ? undefined : `real pods need ${absent.join(", ")}`;
}

export interface Node {
  /** Pushes an image of a layout folder to the registry that the node pulls from, and answers its reference by digest. */
  push(layout: string, tag: string, repository: string): Promise<string>;
}

/** A kubelet with containerd, a proxy and a registry, in the place where the control plane is. */
export async function startNode(place: Confinement, programs: string, plane: ControlPlane): Promise<Node> {
  const { folder, address } = place;
  const at = (...path: readonly string[]) => join(folder, ...path);
  const program = (name: string) => join(programs, name);
  for (const name of ["registry", "cni", "pods"]) await mkdir(at(name), { recursive: true });
  await writeFile(
    at("registry.yml"),
    JSON.stringify({
      version: 0.1,
      log: { level: "error", accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: at("registry") } },
      http: { addr: REGISTRY, secret: "of this test alone" },
    }),
  );
  await place.start("docker-registry", "docker-registry", ["serve", at("registry.yml")]);
  const push = async (layout: string, tag: string, repository: string): Promise<string> => {
    const name = `${REGISTRY}/${repository}`;
    await place.run("skopeo", [
      "copy",
      "--dest-tls-verify=false",
      "--digestfile",
      at("digest"),
      `oci:${layout}:${tag}`,
      `docker://${name}:${tag}`,
    ]);
    return `${name}@${(await readFile(at("digest"), "utf8")).trim()}`;
  };
  await pauseImage(at("pause"), program("pause"), at("layers"));
  await until("the registry", place, () => push(at("pause"), "v1", "pause").then(() => true));
  const pause = await push(at("pause"), "v1", "pause");
  await writeFile(at("containerd.toml"), containerd(at, pause));
  await place.start("containerd", "containerd", ["--config", at("containerd.toml")]);
  const bridge = { type: "bridge", bridge: "est0", isGateway: true, ipMasq: true, hairpinMode: true };
  const ipam = {
    type: "host-local",
    dataDir: at("addresses"),
    ranges: [[{ subnet: "10.244.0.0/24" }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  const plugins = [
    { ...bridge, ipam },
    { type: "portmap", capabilities: { portMappings: true } },
  ];
  await writeFile(at("cni", "10-est.conflist"), JSON.stringify({ cniVersion: "1.0.0", name: "est", plugins }));
  await writeFile(at("kubelet.yaml"), JSON.stringify(kubelet(at, address)));
  await until(
    "containerd",
    place,
    async () => (await place.run("ctr", ["--address", at("containerd.sock"), "version"])) !== "",
  );
  await place.start("kubelet", program("kubelet"), [
    ...[`--kubeconfig=${plane.kubeconfig}`, `--config=${at("kubelet.yaml")}`, `--root-dir=${at("kubelet")}`],
    ...[`--cert-dir=${at("kubelet-certs")}`, `--node-ip=${address}`, `--hostname-override=${NAME}`],
  ]);
  const proxy = {
    ...{ apiVersion: "kubeproxy.config.k8s.io/v1alpha1", kind: "KubeProxyConfiguration", mode: "iptables" },
    ...{ clientConnection: { kubeconfig: plane.kubeconfig }, hostnameOverride: NAME, clusterCIDR: "10.244.0.0/16" },
    ...{ conntrack: { maxPerCore: 0 }, healthzBindAddress: "127.0.0.1:10256", metricsBindAddress: "127.0.0.1:10249" },
  };
  await writeFile(at("proxy.yaml"), JSON.stringify(proxy));
  await place.start("kube-proxy", program("kube-proxy"), [`--config=${at("proxy.yaml")}`]);
  await until(
    "the node",
    place,
    async () =>
      (await plane.kubectl("get", "node", NAME, "-o", 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')) ===
      "True",
  );
  return { push };
}

/** What holds the namespaces of a pod, as an image. */
async function pauseImage(folder: string, program: string, cache: string): Promise<void> {
  const content = await readFile(program);
  const layer = await packLayer([{ kind: "file", path: "pause", mode: 0o755, size: content.length, content }], {
    ...{ cache, compression: "native", title: "pause" },
  });
  const layout = await openLayout(folder);
  const { descriptor } = await writeImage(layout, {
    platform: { os: "linux", architecture: process.arch === "x64" ? "amd64" : process.arch },
    ...{
      layers: [layer],
      env: {},
      entrypoint: ["/pause"],
      command: [],
      workingFolder: "/",
      user: "65535:65535",
      ports: [],
      labels: {},
    },
    createdAt: 0,
  });
  await layout.tag("v1", descriptor);
}

const containerd = (at: (...path: readonly string[]) => string, pause: string): string => `version = 2
root = "${at("containerd")}"
state = "${at("containerd-state")}"
[grpc]
  address = "${at("containerd.sock")}"
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${pause}"
  restrict_oom_score_adj = true
  stream_server_address = "127.0.0.1"
  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/usr/lib/cni"
    conf_dir = "${at("cni")}"
  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"
      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = false
`;

const kubelet = (at: (...path: readonly string[]) => string, address: string) => ({
  ...{
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address,
    port: 10_250,
    readOnlyPort: 0,
  },
  ...{ healthzBindAddress: "127.0.0.1", cgroupDriver: "cgroupfs", cgroupsPerQOS: true, enforceNodeAllocatable: [] },
  ...{ failSwapOn: false, failCgroupV1: false, localStorageCapacityIsolation: false },
  // It listens on a link that only this test has.
  authentication: { anonymous: { enabled: true }, webhook: { enabled: false } },
  authorization: { mode: "AlwaysAllow" },
  containerRuntimeEndpoint: `unix://${at("containerd.sock")}`,
  podLogsDir: at("pods"),
  volumePluginDir: at("volume-plugins"),
  evictionHard: { "memory.available": "10Mi", "nodefs.available": "1%", "imagefs.available": "1%" },
  ...{ imageGCHighThresholdPercent: 100, imageMinimumGCAge: "24h", registerNode: true, serializeImagePulls: false },
});

import { access, mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Confinement } from "./confinement.ts";
import { type ControlPlane, until } from "./control-plane.ts";
import type { Registry } from "./registry.ts";
import { run } from "./run.ts";

/** Beside what `kubernetes.sh` builds: Debian's containerd, runc, containernetworking-plugins, iptables, conntrack, docker-registry, skopeo. */
const TOOLS = ["containerd", "runc", "iptables", "conntrack", "docker-registry", "skopeo", "unshare", "nsenter", "ip"];
const PLUGINS = "/usr/lib/cni/bridge";

/** What a real node lacks here; undefined when nothing. */
export async function missingForNode(): Promise<string | undefined> {
  if (process.getuid?.() !== 0) return "real pods need root";
  const absent: string[] = [];
  for (const tool of TOOLS) await run("sh", ["-c", 'command -v "$1"', "sh", tool]).catch(() => absent.push(tool));
  await access(PLUGINS).catch(() => absent.push("containernetworking-plugins"));
  return absent.length === 0 ? undefined : `real pods need ${absent.join(", ")}`;
}

export interface Node {
  readonly name: string;
  /** Where its kubelet answers inside. */
  readonly url: string;
  /** As when its power is cut: its kubelet says nothing any more, and who asks its pods gets no answer, not even a refusal. */
  vanish(): Promise<void>;
}

/**
 * A kubelet with containerd, in the place where the control plane is. The first one, 0, has the proxy of them all: they have one network,
 * and links and addresses of their own.
 */
export async function startNode(
  place: Confinement,
  programs: string,
  plane: ControlPlane,
  { pause }: Registry,
  number = 0,
): Promise<Node> {
  const { folder, address } = place;
  const name = number === 0 ? "real" : `real-${number}`;
  const bridgeName = `est${number}`;
  const [port, healthzPort] = [10_250 + number * 10, 10_248 + number * 10];
  const groups = number === 0 ? undefined : `/esteira-${name}`;
  if (groups !== undefined) await makeGroups(groups);
  const at = (...path: readonly string[]) => join(folder, name, ...path);
  const program = (file: string) => join(programs, file);
  for (const path of ["cni", "pods"]) await mkdir(at(path), { recursive: true });
  await writeFile(at("containerd.toml"), containerd(at, pause));
  await place.start(`containerd-${name}`, "containerd", ["--config", at("containerd.toml")]);
  const bridge = { type: "bridge", bridge: bridgeName, isGateway: true, ipMasq: true, hairpinMode: true };
  const ipam = {
    type: "host-local",
    dataDir: at("addresses"),
    ranges: [[{ subnet: `10.244.${number}.0/24` }]],
    routes: [{ dst: "0.0.0.0/0" }],
  };
  const plugins = [
    { ...bridge, ipam },
    { type: "portmap", capabilities: { portMappings: true } },
  ];
  await writeFile(at("cni", "10-est.conflist"), JSON.stringify({ cniVersion: "1.0.0", name: bridgeName, plugins }));
  await writeFile(at("kubelet.yaml"), JSON.stringify(kubelet(at, { address, port, healthzPort, groups })));
  await until(
    "containerd",
    place,
    async () => (await place.run("ctr", ["--address", at("containerd.sock"), "version"])) !== "",
  );
  await place.start(`kubelet-${name}`, program("kubelet"), [
    ...[`--kubeconfig=${plane.kubeconfig}`, `--config=${at("kubelet.yaml")}`, `--root-dir=${at("kubelet")}`],
    ...[`--cert-dir=${at("kubelet-certs")}`, `--node-ip=${address}`, `--hostname-override=${name}`],
  ]);
  if (number === 0) await startProxy(place, program("kube-proxy"), plane, name);
  await until(
    `the node ${name}`,
    place,
    async () =>
      (await plane.kubectl("get", "node", name, "-o", 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')) ===
      "True",
  );
  return {
    name,
    url: `https://${address}:${port}`,
    async vanish() {
      await place.run("pkill", ["-KILL", "-f", `hostname-override=${name}$`]);
      await place.run("ip", ["link", "set", bridgeName, "down"]);
      // A link that is down would have the pods' addresses refused by the way out.
      await place.run("ip", ["route", "add", "blackhole", `10.244.${number}.0/24`]);
    },
  };
}

/** A kubelet wants to find its place among the groups of processes, under each controller where these have trees of their own. */
const makeGroups = (groups: string): Promise<string> =>
  run("sh", [
    "-c",
    `cd /sys/fs/cgroup; if [ -f cgroup.controllers ]; then mkdir -p .${groups}; else for c in */; do mkdir -p $c${groups}; done; fi`,
  ]);

async function startProxy(place: Confinement, program: string, plane: ControlPlane, node: string): Promise<void> {
  const file = join(place.folder, "proxy.yaml");
  const proxy = {
    ...{ apiVersion: "kubeproxy.config.k8s.io/v1alpha1", kind: "KubeProxyConfiguration", mode: "iptables" },
    ...{ clientConnection: { kubeconfig: plane.kubeconfig }, hostnameOverride: node, clusterCIDR: "10.244.0.0/16" },
    ...{ conntrack: { maxPerCore: 0 }, healthzBindAddress: "127.0.0.1:10256", metricsBindAddress: "127.0.0.1:10249" },
  };
  await writeFile(file, JSON.stringify(proxy));
  await place.start("kube-proxy", program, [`--config=${file}`]);
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

const kubelet = (
  at: (...path: readonly string[]) => string,
  {
    address,
    port,
    healthzPort,
    groups,
  }: { address: string; port: number; healthzPort: number; groups: string | undefined },
) => ({
  ...{
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address,
    port,
    readOnlyPort: 0,
  },
  ...{
    healthzBindAddress: "127.0.0.1",
    healthzPort,
    cgroupDriver: "cgroupfs",
    cgroupsPerQOS: true,
    enforceNodeAllocatable: [],
  },
  // Each removes the groups of processes of pods that it does not know: of the others too, were they in one place.
  ...(groups === undefined ? {} : { cgroupRoot: groups }),
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

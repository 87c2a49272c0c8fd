import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { until } from "./control-plane.ts";
import type { MetricsOrder } from "./metrics-server.ts";
import type { PodCluster } from "./pod-cluster.ts";
import { run } from "./run.ts";

const PORT = 9443;
const SERVER = fileURLToPath(new URL("metrics-server.ts", import.meta.url));

/** Has the cluster serve what its pods use and how many requests they answer: an autoscaler asks for both. */
export async function serveMetrics({ place, plane, nodes }: PodCluster): Promise<void> {
  const at = (name: string) => join(place.folder, name);
  const [key, certificate] = [at("metrics.key"), at("metrics.crt")];
  const pair = ["-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", certificate];
  await run("openssl", ["req", "-x509", ...pair, "-subj", "/CN=metrics", "-days", "2"]);
  const order: MetricsOrder = {
    ...{ address: place.address, port: PORT, key, certificate, api: plane.server, token: plane.token },
    kubelets: nodes.map(({ url }) => url),
  };
  const program = [
    "--conditions=@esteira/source",
    "--import",
    import.meta.resolve("tsx"),
    SERVER,
    JSON.stringify(order),
  ];
  await place.start("metrics", process.execPath, program);
  const service = { name: "metrics", namespace: "default" };
  const group = (name: string, version: string) => ({
    apiVersion: "apiregistration.k8s.io/v1",
    kind: "APIService",
    metadata: { name: `${version}.${name}` },
    spec: {
      ...{ group: name, version, groupPriorityMinimum: 100, versionPriority: 100, insecureSkipTLSVerify: true },
      service: { ...service, port: 443 },
    },
  });
  const objects = [
    {
      ...{ apiVersion: "v1", kind: "Service", metadata: service },
      spec: { ports: [{ name: "https", port: 443, targetPort: PORT }] },
    },
    {
      ...{ apiVersion: "discovery.k8s.io/v1", kind: "EndpointSlice", addressType: "IPv4" },
      metadata: { ...service, labels: { "kubernetes.io/service-name": "metrics" } },
      ports: [{ name: "https", port: PORT, protocol: "TCP" }],
      endpoints: [{ addresses: [place.address], conditions: { ready: true } }],
    },
    group("metrics.k8s.io", "v1beta1"),
    group("custom.metrics.k8s.io", "v1beta2"),
  ];
  await writeFile(at("metrics.json"), JSON.stringify({ apiVersion: "v1", kind: "List", items: objects }));
  await plane.kubectl("apply", "-f", at("metrics.json"));
  await until("the metrics", place, async () => {
    const said = await plane.kubectl("get", "apiservices", "-o", "json");
    const { items }: { items: readonly { status?: { conditions?: readonly { type: string; status: string }[] } }[] } =
      JSON.parse(said);
    return items.every(({ status }) =>
      status?.conditions?.some(({ type, status }) => type === "Available" && status === "True"),
    );
  });
}

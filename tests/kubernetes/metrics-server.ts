/**
 * What metrics-server and Prometheus' adapter are to a cluster, as one program: the API of `metrics.k8s.io` from what kubelets measure of their
 * pods, and of `custom.metrics.k8s.io` from what scorers count of their requests. Its one argument is a `MetricsOrder` as JSON.
 */
import { readFileSync } from "node:fs";
import { createServer, request } from "node:https";
import { countsIn } from "@esteira/deploy/kubernetes/scorer-metrics";
import { z } from "zod";

const orderWire = z.object({
  address: z.string(),
  port: z.number(),
  key: z.string(),
  certificate: z.string(),
  api: z.string(),
  token: z.string(),
  kubelets: z.array(z.string()),
});
export type MetricsOrder = z.output<typeof orderWire>;

const LOOK_MS = 1000;
const REQUESTS = "esteira_scoring_requests_per_second";
const order = orderWire.parse(JSON.parse(process.argv[2] ?? "{}"));

const podsWire = z.object({
  items: z.array(
    z.object({
      metadata: z.object({
        name: z.string(),
        namespace: z.string(),
        labels: z.record(z.string(), z.string()).default({}),
      }),
      status: z.object({ podIP: z.string().optional() }),
    }),
  ),
});

/** What has been used or counted up to an instant, in seconds, and how much more of it a second since the one before. */
class Rates {
  readonly #last = new Map<string, { at: number; total: number; rate: number | undefined }>();

  add(name: string, at: number, total: number): void {
    const before = this.#last.get(name);
    if (before !== undefined && at <= before.at) return;
    const rate = before && total >= before.total ? (total - before.total) / (at - before.at) : undefined;
    this.#last.set(name, { at, total, rate });
  }

  of(name: string): number | undefined {
    return this.#last.get(name)?.rate;
  }
}

const cores = new Rates();
const requests = new Rates();
const bytes = new Map<string, number>();

const get = (url: string, headers: Readonly<Record<string, string>> = {}): Promise<string> =>
  new Promise((done, fail) => {
    const asked = request(url, { headers, rejectUnauthorized: false, timeout: 5000 }, (answer) => {
      let text = "";
      answer.setEncoding("utf8").on("data", (part: string) => {
        text += part;
      });
      answer.on("end", () =>
        answer.statusCode === 200 ? done(text) : fail(new Error(`${url}: ${answer.statusCode}`)),
      );
    });
    asked.on("timeout", () => asked.destroy(new Error(`${url}: no answer`)));
    asked.on("error", fail).end();
  });

const fromApi = (path: string): Promise<string> => get(order.api + path, { authorization: `Bearer ${order.token}` });

const SERIES =
  /^pod_(cpu_usage_seconds_total|memory_working_set_bytes)\{namespace="([^"]+)",pod="([^"]+)"\} (\S+) (\d+)$/gm;

async function lookAtKubelet(url: string): Promise<void> {
  const text = await get(`${url}/metrics/resource`);
  for (const [, series, namespace, pod, value, at] of text.matchAll(SERIES)) {
    const name = `${namespace}/${pod}`;
    if (series === "memory_working_set_bytes") bytes.set(name, Number(value));
    else cores.add(name, Number(at) / 1000, Number(value));
  }
}

async function lookAtScorers(): Promise<void> {
  const { items } = podsWire.parse(
    JSON.parse(await fromApi("/api/v1/pods?labelSelector=app.kubernetes.io/managed-by=esteira")),
  );
  const looks = items.map(async ({ metadata, status }) => {
    if (status.podIP === undefined) return;
    const answer = await fetch(`http://${status.podIP}:8080/metrics`, { signal: AbortSignal.timeout(2000) });
    requests.add(
      `${metadata.namespace}/${metadata.name}`,
      performance.now() / 1000,
      countsIn(await answer.text()).requests,
    );
  });
  // A pod that begins or ends is not there to be asked.
  await Promise.allSettled(looks);
}

async function look(): Promise<void> {
  const outcomes = await Promise.allSettled([...order.kubelets.map(lookAtKubelet), lookAtScorers()]);
  for (const outcome of outcomes) if (outcome.status === "rejected") console.error(String(outcome.reason));
  setTimeout(() => void look(), LOOK_MS);
}

const window = { timestamp: () => new Date().toISOString(), seconds: 10 };

/** Names of the namespace's pods that have the labels. */
async function podsWith(namespace: string, selector: string): Promise<readonly string[]> {
  const query = new URLSearchParams({ labelSelector: selector });
  const { items } = podsWire.parse(JSON.parse(await fromApi(`/api/v1/namespaces/${namespace}/pods?${query}`)));
  return items.map(({ metadata }) => metadata.name);
}

async function podMetrics(namespace: string, selector: string) {
  const pods = await podsWith(namespace, selector);
  const items = pods.flatMap((name) => {
    const [used, held] = [cores.of(`${namespace}/${name}`), bytes.get(`${namespace}/${name}`)];
    if (used === undefined || held === undefined) return [];
    const usage = { cpu: `${Math.round(used * 1e9)}n`, memory: String(held) };
    return {
      ...{ metadata: { name, namespace }, timestamp: window.timestamp(), window: `${window.seconds}s` },
      containers: [{ name: "scorer", usage }],
    };
  });
  return { kind: "PodMetricsList", apiVersion: "metrics.k8s.io/v1beta1", metadata: {}, items };
}

async function requestMetrics(namespace: string, selector: string) {
  const pods = await podsWith(namespace, selector);
  const items = pods.flatMap((name) => {
    const rate = requests.of(`${namespace}/${name}`);
    if (rate === undefined) return [];
    return {
      describedObject: { kind: "Pod", namespace, name, apiVersion: "v1" },
      ...{ metric: { name: REQUESTS, selector: null }, timestamp: window.timestamp(), windowSeconds: window.seconds },
      value: `${Math.round(rate * 1000)}m`,
    };
  });
  return { kind: "MetricValueList", apiVersion: "custom.metrics.k8s.io/v1beta2", metadata: {}, items };
}

const resources = (groupVersion: string, name: string, kind: string) => ({
  ...{ kind: "APIResourceList", apiVersion: "v1", groupVersion },
  resources: [{ name, singularName: "", namespaced: true, kind, verbs: ["get", "list"] }],
});

async function answer(url: URL): Promise<object | undefined> {
  const selector = url.searchParams.get("labelSelector") ?? "";
  const [, , group, version, , namespace = "", , ...rest] = url.pathname.split("/");
  if (group === "metrics.k8s.io" && version === "v1beta1")
    return namespace === ""
      ? resources("metrics.k8s.io/v1beta1", "pods", "PodMetrics")
      : podMetrics(namespace, selector);
  if (group === "custom.metrics.k8s.io" && version === "v1beta2") {
    if (namespace === "") return resources("custom.metrics.k8s.io/v1beta2", `pods/${REQUESTS}`, "MetricValueList");
    if (rest.at(-1) === REQUESTS) return requestMetrics(namespace, selector);
  }
  return undefined;
}

const server = createServer({ key: readFileSync(order.key), cert: readFileSync(order.certificate) }, (asked, reply) => {
  const send = (status: number, body: object) =>
    reply.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
  answer(new URL(asked.url ?? "/", "https://metrics")).then(
    (body) => (body === undefined ? send(404, { kind: "Status", status: "Failure", code: 404 }) : send(200, body)),
    (error: unknown) => {
      console.error(error);
      send(500, { kind: "Status", status: "Failure", code: 500, message: String(error) });
    },
  );
});
server.listen(order.port, order.address);
void look();

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { stringify } from "yaml";
import type { Confinement } from "./confinement.ts";
import { run } from "./run.ts";

const READY_MS = 240_000;
const TOKEN = "test-token";

export interface ControlPlane {
  /** File of a kubeconfig whose user may do all. */
  readonly kubeconfig: string;
  readonly server: string;
  /** Of that user. */
  readonly token: string;
  kubectl(...args: readonly string[]): Promise<string>;
}

/** Kubernetes' own programs, without a node: objects are checked and controlled, and pods wait. */
export async function startControlPlane(
  place: Confinement,
  programs: string,
  {
    isImpatient = false,
  }: {
    /** Nodes that say nothing are given up after 20 s and not 50. */
    readonly isImpatient?: boolean;
  } = {},
): Promise<ControlPlane> {
  const { folder, address } = place;
  const at = (...path: readonly string[]) => join(folder, ...path);
  const program = (name: string) => join(programs, name);
  const [client, peer, secure, controllers, scheduler] = await freePorts(5);
  await run("openssl", ["genrsa", "-out", at("sa.key"), "2048"]);
  await run("openssl", ["rsa", "-in", at("sa.key"), "-pubout", "-out", at("sa.pub")]);
  await writeFile(at("tokens.csv"), `${TOKEN},admin,admin,"system:masters"\nweak-token,weak,weak\n`);
  const etcd = `http://127.0.0.1:${client}`;
  const peers = `http://127.0.0.1:${peer}`;
  await place.start("etcd", program("etcd"), [
    ...["--data-dir", at("etcd"), "--listen-client-urls", etcd, "--advertise-client-urls", etcd],
    ...["--listen-peer-urls", peers, "--initial-advertise-peer-urls", peers],
    ...["--initial-cluster", `default=${peers}`, "--unsafe-no-fsync"],
  ]);
  await mkdir(at("certs"), { recursive: true });
  await place.start("kube-apiserver", program("kube-apiserver"), [
    ...[`--etcd-servers=${etcd}`, `--cert-dir=${at("certs")}`, `--bind-address=${address}`, `--secure-port=${secure}`],
    ...[`--advertise-address=${address}`, "--service-account-issuer=https://kubernetes.default.svc"],
    ...[`--service-account-key-file=${at("sa.pub")}`, `--service-account-signing-key-file=${at("sa.key")}`],
    ...["--service-cluster-ip-range=10.96.0.0/16", "--authorization-mode=Node,RBAC"],
    ...[`--token-auth-file=${at("tokens.csv")}`, "--allow-privileged=true"],
    ...["--disable-admission-plugins=ServiceAccount", "--kubelet-preferred-address-types=InternalIP"],
    "--enable-aggregator-routing=true",
  ]);
  const server = `https://${address}:${secure}`;
  const kubeconfig = at("kubeconfig");
  await until("the API server", place, async () => {
    const ca = await readFile(at("certs", "apiserver.crt"), "utf8");
    await writeFile(kubeconfig, stringify(config(server, Buffer.from(ca).toString("base64"))));
    return (await run(program("kubectl"), ["--kubeconfig", kubeconfig, "get", "--raw", "/readyz"])) === "ok";
  });
  await place.start("kube-controller-manager", program("kube-controller-manager"), [
    ...[`--kubeconfig=${kubeconfig}`, `--service-account-private-key-file=${at("sa.key")}`],
    ...[`--root-ca-file=${at("certs", "apiserver.crt")}`, "--use-service-account-credentials=true"],
    ...["--leader-elect=false", "--bind-address=127.0.0.1", `--secure-port=${controllers}`],
    ...[`--cert-dir=${at("certs-controllers")}`, "--horizontal-pod-autoscaler-sync-period=2s"],
    ...(isImpatient ? ["--node-monitor-grace-period=20s", "--node-monitor-period=2s"] : []),
  ]);
  await place.start("kube-scheduler", program("kube-scheduler"), [
    ...[`--kubeconfig=${kubeconfig}`, "--leader-elect=false", "--bind-address=127.0.0.1"],
    ...[`--secure-port=${scheduler}`, `--cert-dir=${at("certs-scheduler")}`],
  ]);
  const kubectl = (...args: readonly string[]) =>
    run(program("kubectl"), ["--kubeconfig", kubeconfig, ...args], { env: { ...process.env, HOME: folder } });
  await until(
    "the controllers",
    place,
    async () => (await kubectl("get", "namespace", "default", "-o", "name")) !== "",
  );
  return { kubeconfig, server, token: TOKEN, kubectl };
}

const config = (server: string, ca: string) => ({
  apiVersion: "v1",
  kind: "Config",
  "current-context": "test",
  contexts: [{ name: "test", context: { cluster: "test", user: "test", namespace: "default" } }],
  clusters: [{ name: "test", cluster: { server, "certificate-authority-data": ca } }],
  users: [{ name: "test", user: { token: TOKEN } }],
});

/** Asks until it is so; a program that has ended meanwhile says why it never will be. */
export async function until(what: string, place: Confinement, ask: () => Promise<boolean>): Promise<void> {
  let last: unknown;
  for (const deadline = performance.now() + READY_MS; performance.now() < deadline; await sleep(250)) {
    try {
      if (await ask()) return;
    } catch (error) {
      last = error;
    }
    await place.check();
  }
  throw new Error(
    `${what}: not ready within ${READY_MS / 1000} s (${last instanceof Error ? last.message : "no answer"})`,
  );
}

export async function freePorts(count: number): Promise<readonly number[]> {
  const servers = await Promise.all(
    Array.from(
      { length: count },
      () =>
        new Promise<ReturnType<typeof createServer>>((done) => {
          const server = createServer().listen(0, "127.0.0.1", () => done(server));
        }),
    ),
  );
  return Promise.all(
    servers.map((server) => {
      const address = server.address();
      return new Promise<number>((done) =>
        server.close(() => done(typeof address === "object" ? (address?.port ?? 0) : 0)),
      );
    }),
  );
}

import { type ChildProcess, spawn } from "node:child_process";
import { mkdir, readdir } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { findPostgres, type PostgresCluster, startCluster } from "@esteira/store/testing/postgres-cluster";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findOracle } from "../compat/oracle.ts";
import { type Gateway, startGateway } from "../s3/gateway.ts";
import { Balancer, type FleetServer, startServerProcess } from "./fleet.ts";

const MEGABYTE = 1024 * 1024;
const CLIENT = {
  // A request that fails is to be seen, not tried again.
  MLFLOW_HTTP_REQUEST_MAX_RETRIES: "0",
  MLFLOW_ENABLE_PROXY_MULTIPART_UPLOAD: "true",
  MLFLOW_MULTIPART_UPLOAD_MINIMUM_FILE_SIZE: String(5 * MEGABYTE),
  MLFLOW_MULTIPART_UPLOAD_CHUNK_SIZE: String(5 * MEGABYTE),
  MLFLOW_DISABLE_TELEMETRY: "true",
  GIT_PYTHON_REFRESH: "quiet",
};

const [postgres, oracle, gateway] = [await findPostgres(), findOracle(), await startGateway()];
const missing = [postgres, oracle, gateway].flatMap((one) => ("missing" in one ? one.missing : []));

/** The real client and two servers on one PostgreSQL and one bucket, behind a balancer that knows no sessions. */
describe.skipIf(missing.length > 0)(
  `the real client and a fleet${missing.length === 0 ? "" : ` (skipped: ${missing.join(", ")})`}`,
  () => {
    let cluster: PostgresCluster;
    let balancer: Balancer | undefined;
    let client: SteadyClient | undefined;
    const servers: FleetServer[] = [];

    beforeAll(async () => {
      if ("missing" in postgres) return;
      cluster = await startCluster(postgres.bin);
      await cluster.createDatabase("mlflow");
    });
    afterAll(async () => {
      client?.kill();
      await balancer?.close();
      for (const server of servers) server.kill();
      await cluster?.remove();
      if (!("missing" in gateway)) await gateway.stop();
    });

    async function start({ env }: Gateway): Promise<FleetServer> {
      const args = ["--backend-store-uri", cluster.uri("mlflow"), "--artifacts-destination", "s3://fleet/artifacts"];
      const server = await startServerProcess([...args, "--drain-seconds", "5"], env);
      servers.push(server);
      return server;
    }

    test("log through a rolling restart, large files in parts, without one failed request", {
      timeout: 900_000,
    }, async () => {
      if ("missing" in gateway || "missing" in oracle) return;
      await mkdir(join(gateway.folder, "fleet"));
      const first = [await start(gateway), await start(gateway)];
      balancer = await Balancer.start(first.map(({ url }) => url));
      client = new SteadyClient(oracle.python, balancer.url, gateway.env);
      await client.rounds(3);
      const next: FleetServer[] = [];
      for (const old of first) {
        const replacement = await start(gateway);
        next.push(replacement);
        balancer.add(replacement.url);
        await client.rounds(2);
        const ended = old.end();
        await client.rounds(2);
        expect(await ended).toBe(0);
        balancer.remove(old.url);
        await client.rounds(2);
      }
      const seen = await client.end();
      expect(seen).toEqual({ rounds: expect.any(Number), failures: [], differences: [] });
      expect(seen.rounds).toBeGreaterThanOrEqual(15);
      const uploads = await Promise.all(next.map(({ url }) => uploadsBegun(url)));
      expect(uploads.reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
      // Uploads that nobody has ended would stay in the bucket unseen.
      const left = await readdir(join(gateway.folder, "fleet"), { recursive: true });
      expect(left.filter((name) => name.endsWith("large.bin"))).toHaveLength(seen.rounds);
    });
  },
);

/** How many uploads in parts a server has begun, by its own count. */
async function uploadsBegun(url: string): Promise<number> {
  const counts = await (await fetch(`${url}/metrics`)).text();
  const lines = counts.matchAll(
    /^esteira_http_request_duration_seconds_count\{.*mpu\/create.*status="200".*\} (\d+)$/gm,
  );
  return [...lines].reduce((sum, [, count]) => sum + Number(count), 0);
}

interface Seen {
  readonly rounds: number;
  readonly failures: readonly string[];
  readonly differences: readonly unknown[];
}

/** `steady-client.py` as a process. */
class SteadyClient {
  readonly #child: ChildProcess;
  #said = "";

  constructor(python: string, url: string, env: Readonly<Record<string, string>>) {
    const script = fileURLToPath(new URL("steady-client.py", import.meta.url));
    this.#child = spawn(python, [script], {
      cwd: tmpdir(),
      env: { ...process.env, ...env, ...CLIENT, MLFLOW_TRACKING_URI: url },
      stdio: ["pipe", "pipe", "pipe"],
    });
    for (const stream of [this.#child.stdout, this.#child.stderr]) {
      stream?.setEncoding("utf8").on("data", (part: string) => {
        this.#said += part;
      });
    }
  }

  /** Resolves when it has gone so many rounds more. */
  async rounds(count: number): Promise<void> {
    const goal = this.#gone() + count;
    await this.#until(() => this.#gone() >= goal);
  }

  /** Lets it end its round and read everything back. */
  async end(): Promise<Seen> {
    this.#child.stdin?.end();
    const seen = () => /^SEEN (.*)$/m.exec(this.#said)?.[1];
    await this.#until(() => seen() !== undefined);
    return JSON.parse(seen() ?? "{}");
  }

  kill(): void {
    this.#child.kill("SIGKILL");
  }

  #gone(): number {
    return this.#said.match(/^ROUND /gm)?.length ?? 0;
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#child.exitCode !== null) throw new Error(`the client ended:\n${this.#said.slice(-4000)}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}
